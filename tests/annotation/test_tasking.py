"""Candidates become prompts, responses, tasks, gold and imported judgments, each once."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from annotation import tasking
from annotation.candidates import Candidate, KnownAnswer
from annotation.models import Gold, Judgment, Response, ResponseSource, Task
from labelers.models import AuditEvent
from tests.annotation.making import candidate, make_tasks


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
        "too_few": 0,
    }
    assert all(task.placed.count() == 2 for task in project.tasks.all())


def test_a_ranking_project_ranks_k_responses_at_once(project_factory):
    project = project_factory(kind="ranking", kind_options={"k": 4})
    add(project, candidate(1, k=6))
    assert [task.placed.count() for task in project.tasks.all()] == [4]


def test_adding_the_same_again_makes_nothing(project):
    add(project, candidate(1, known=[KnownAnswer([1, 2])]))
    counts = add(project, candidate(1, known=[KnownAnswer([1, 2])]))
    assert set(counts.values()) == {0}
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
    made, errors = [], []

    def bring_in():
        try:
            known = [KnownAnswer([1, 2])]
            made.append(add(project, *(candidate(n, known=known) for n in range(200))))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=bring_in) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
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
