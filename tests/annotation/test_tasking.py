"""Candidates become prompts, responses, tasks, gold and imported judgments, each once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from annotation import assigning, tasking
from annotation.candidates import Candidate, KnownAnswer
from annotation.models import Gold, Judgment, Response, ResponseSource, Task
from labelers.models import AuditEvent
from tests.annotation.making import candidate, make_tasks
from tests.at_once import at_once


def add(project, *candidates, **options):
    return tasking.add_candidates(project=project, added_by=None, candidates=candidates, **options)


def test_a_pairwise_project_compares_every_two_responses(project):
    counts = add(project, candidate(1, k=4))
    assert counts == {
        "prompts": 1,
        "responses": 4,
        "tasks": 6,
        "gold": 0,
        "judgments": 0,
        "repeated": 0,
        "closed": 0,
        "opened": 0,
        "too_few": 0,
        "unfit": 0,
    }
    assert all(task.placed.count() == 2 for task in project.tasks.all())


def test_a_ranking_project_ranks_k_responses_at_once(project_factory):
    project = project_factory(kind="ranking", kind_options={"k": 4})
    add(project, candidate(1, k=6))
    assert [task.placed.count() for task in project.tasks.all()] == [4]


def test_adding_the_same_again_makes_nothing(project):
    add(project, candidate(1, known=[KnownAnswer([1, 2])]))
    counts = add(project, candidate(1, known=[KnownAnswer([1, 2])]))
    assert {name for name, count in counts.items() if count} == {"repeated"}
    assert Task.objects.count() == Judgment.objects.count() == 1


def test_the_canonical_order_does_not_depend_on_the_order_given(project, project_factory):
    other = project_factory("other")
    given = candidate(1)
    add(project, given)
    add(other, Candidate(given.prompt, list(reversed(given.responses))))
    texts = [
        [placed.response.messages for placed in task.placed.select_related("response")]
        for task in Task.objects.order_by("id")
    ]
    assert texts[0] == texts[1]


def test_known_answers_become_imported_judgments_in_canonical_order(project):
    add(project, candidate(1, known=[KnownAnswer([2, 1], "better", "rater-7", "clearer")]))
    judgment = Judgment.objects.get()
    placed = judgment.task.placed.select_related("response")
    chosen = placed[0 if judgment.answer["choice"] == "a" else 1].response
    assert chosen.messages[0]["content"] == "Answer 1 to 1."
    assert judgment.answer["strength"] == "better"
    assert (judgment.standing, judgment.imported_labeler, judgment.reason) == (
        "imported",
        "rater-7",
        "clearer",
    )
    assert judgment.person is None


def test_responses_that_read_the_same_are_not_compared(project):
    same = [{"role": "assistant", "content": "Yes."}]
    counts = add(project, Candidate([{"role": "user", "content": "?"}], [(same, "a"), (same, "b")]))
    assert (counts["tasks"], counts["too_few"]) == (0, 1)
    assert Response.objects.count() == 2


def test_gold_tasks_keep_their_answer_and_explanation(project):
    add(project, candidate(1, gold=KnownAnswer([1, 2]), explanation="It is right."))
    gold = Gold.objects.get()
    assert (gold.task.is_gold, gold.explanation) == (True, "It is right.")


def test_prompts_alone_make_no_tasks(project):
    counts = add(project, candidate(1, k=0), make_tasks=False)
    assert counts == {"prompts": 1, "responses": 0}


def test_a_prompt_twice_in_one_batch_is_one_prompt(project):
    counts = add(project, candidate(1), candidate(1, k=3))
    assert (counts["prompts"], counts["responses"], counts["tasks"]) == (1, 3, 3)


def test_sources_are_registered_once_with_their_detail(project):
    for _ in range(2):
        tasking.register_source(
            project=project, name="run 3", kind="generated", detail={"temperature": 0.7}
        )
    assert ResponseSource.objects.get().detail == {"temperature": 0.7}


def test_every_batch_is_written_down(project):
    make_tasks(project, 3)
    event = AuditEvent.objects.get(action="tasks.added")
    assert event.detail["tasks"] == 3


@pytest.mark.django_db(transaction=True)
def test_the_same_rows_from_two_files_at_once_are_stored_once(project):
    made = []

    def bring_in():
        known = [KnownAnswer([1, 2])]
        made.append(add(project, *(candidate(n, known=known) for n in range(200))))

    assert at_once(*[bring_in] * 3) == []
    for name in ("prompts", "tasks", "judgments"):
        assert sum(counts[name] for counts in made) == 200
    assert Task.objects.count() == Judgment.objects.count() == 200


def test_each_criterion_asks_for_itself(project_factory):
    options = {"criteria": ["helpful", "harmless"]}
    project = project_factory("by-criterion", kind_options=options)
    known = [KnownAnswer([2, 1], "better", "ann", criterion="harmless")]
    tasks = make_tasks(project, 1, known=known, gold=KnownAnswer([1, 2], criterion="helpful"))
    assert [(task.criterion, task.is_gold) for task in tasks] == [
        ("helpful", True),
        ("harmless", False),
    ]
    # What is known by one criterion says nothing of the other.
    (judgment,) = Judgment.objects.all()
    assert judgment.task == tasks[1]


@pytest.mark.parametrize(
    ("kind", "options", "k", "sizes"),
    [
        ("best_of", {"k": 3}, 5, [3]),
        ("rating", {"k": 9}, 5, [5]),
        ("thumbs", {}, 3, [1, 1, 1]),
        ("demonstration", {}, 3, [0]),
        ("demonstration", {"edit": True}, 3, [1, 1, 1]),
        ("prompt_writing", {}, 0, [0]),
        ("conversation", {}, 0, [0]),
    ],
)
def test_every_kind_makes_tasks_of_its_own_size(project_factory, kind, options, k, sizes):
    project = project_factory("of-a-kind", kind=kind, kind_options=options)
    tasks = make_tasks(project, 1, k=k)
    assert [task.placed.count() for task in tasks] == sizes


def test_who_said_what_when_and_how_fast_is_kept(project):
    at = datetime(2016, 1, 31, 16, 59, tzinfo=UTC)
    known = KnownAnswer([1, 2], None, "w1", "clear", seconds=12.5, at=at, shown=[1, 0])
    add(project, candidate(1, known=[known, KnownAnswer([1, 1], labeler="w2")]))
    first, second = Judgment.objects.order_by("imported_labeler")
    assert (first.created_at, first.seconds) == (at, 12.5)
    placed = list(first.task.placed.select_related("response"))
    shown = [placed[place].response.messages[0]["content"] for place in first.display_order]
    assert shown == ["Answer 1 to 1.", "Answer 0 to 1."]
    assert (second.seconds, second.display_order) == (None, [])
    assert second.created_at > at


def test_the_first_answer_of_a_labeler_stays_and_the_others_are_counted(project):
    counts = add(
        project,
        candidate(1, known=[KnownAnswer([1, 2], labeler="w1"), KnownAnswer([2, 1], labeler="w1")]),
        candidate(1, known=[KnownAnswer([1, 1], labeler="w1"), KnownAnswer([2, 1], labeler="w2")]),
    )
    assert (counts["judgments"], counts["repeated"]) == (2, 2)
    first = Judgment.objects.get(imported_labeler="w1")
    placed = first.task.placed.select_related("response")
    chosen = placed[0 if first.answer["choice"] == "a" else 1].response
    assert chosen.messages[0]["content"] == "Answer 0 to 1."


@pytest.mark.parametrize(
    ("kind", "options", "k", "said", "kept"),
    [
        ("thumbs", {}, 1, {"good": False}, {"good": False}),
        ("best_of", {}, 6, {"best": 5}, "Answer 5 to 1."),
        ("best_of", {"none": False}, 3, {"best": None}, {"best": None}),
        ("ranking", {"ties": False}, 3, {"ranks": [1, 1, 3]}, ["Answer 0 to 1.", "Answer 1 to 1."]),
        ("demonstration", {"least": 9}, 0, {"text": " Short "}, {"text": "Short"}),
        ("pairwise", {"tie": False}, 2, {"choice": "tie"}, {"choice": "tie", "strength": None}),
    ],
)
def test_an_answer_of_any_kind_is_kept_in_canonical_order(
    project_factory, kind, options, k, said, kept
):
    project = project_factory("of-a-kind", kind=kind, kind_options=options)
    add(project, candidate(1, k=k, known=[KnownAnswer(answer=said, labeler="w1")]))
    judgment = Judgment.objects.get()
    texts = [p.response.messages[0]["content"] for p in judgment.task.placed.order_by("position")]
    if isinstance(kept, str):
        assert texts[judgment.answer["best"]] == kept
    elif isinstance(kept, list):
        first = [
            text for text, rank in zip(texts, judgment.answer["ranks"], strict=True) if rank < 2
        ]
        assert sorted(first) == kept
    else:
        assert judgment.answer == kept


def test_scores_stay_with_their_responses(project_factory):
    project = project_factory("rated", kind="rating")
    said = {"scores": [1, 4, 7]}
    add(project, candidate(1, k=3, known=[KnownAnswer(answer=said, labeler="w1")]))
    judgment = Judgment.objects.get()
    texts = [p.response.messages[0]["content"] for p in judgment.task.placed.order_by("position")]
    assert dict(zip(texts, judgment.answer["scores"], strict=True)) == {
        "Answer 0 to 1.": 1,
        "Answer 1 to 1.": 4,
        "Answer 2 to 1.": 7,
    }


@pytest.mark.parametrize(
    ("kind", "answer", "kept", "explanation"),
    [
        ("thumbs", {"good": True}, {"good": True}, "Why."),
        ("demonstration", {"text": "So."}, None, "Why.\n\nSo."),
        ("demonstration", None, None, "Why."),
    ],
)
def test_gold_of_any_kind(project_factory, kind, answer, kept, explanation):
    project = project_factory("of-a-kind", kind=kind)
    gold = KnownAnswer(answer=answer, field="gold.")
    add(project, candidate(1, k=1, gold=gold, explanation="Why."))
    found = Gold.objects.get()
    assert (found.answer, found.explanation, found.task.is_gold) == (kept, explanation, True)


def test_what_a_kind_cannot_hold_is_counted(project_factory):
    project = project_factory("best", kind="best_of")
    known = [KnownAnswer([1, 1, 2], labeler="w1"), KnownAnswer([1, 2, 3], labeler="w2")]
    counts = add(project, candidate(1, k=3, known=known))
    assert (counts["judgments"], counts["unfit"]) == (1, 1)


@pytest.mark.parametrize(
    ("ask_people", "name", "asked"),
    [(True, "w1", True), (None, "w1", False), (None, "", True), (False, "", False)],
)
def test_whom_items_are_given_to(project, labeler, ask_people, name, asked):
    known = [KnownAnswer([1, 2], labeler=name)]
    counts = add(project, candidate(1, known=known), ask_people=ask_people)
    assert counts["closed"] == (not asked)
    task = Task.objects.get()
    assert (task.state == "open", task.overlap > 0) == (asked, asked)
    given = assigning.next_assignment(project=project, person=labeler)
    assert (given is not None) == asked


def test_items_for_nobody_are_opened_on_request(project, labeler):
    known = [KnownAnswer([1, 2], labeler="w1")]
    add(project, candidate(1, known=known), ask_people=None)
    counts = add(project, candidate(1, known=known), ask_people=True)
    assert (counts["opened"], counts["tasks"]) == (1, 0)
    task = Task.objects.get()
    assert (task.state, task.overlap, task.free_slots) == ("open", 1, 1)
    assert assigning.next_assignment(project=project, person=labeler) is not None


def test_a_batch_costs_as_many_queries_whoever_answered(project, django_assert_max_num_queries):
    def batch(items, labelers):
        return [
            candidate(item, known=[KnownAnswer([1, 2], labeler=f"w{who}")])
            for item in range(items)
            for who in range(labelers)
        ]

    with django_assert_max_num_queries(30):
        counts = add(project, *batch(20, 40))
    assert counts["judgments"] == 800
