"""The queue of second looks: what is in it, in which order, and what it says of each item."""

from __future__ import annotations

import pytest

from annotation.consensus import aggregating
from annotation.models import Judgment, Prompt, Report, Task
from annotation.review import second_looks
from annotation.review.second_looks import Narrowing, Worth
from tests.annotation.making import make_tasks

SLIGHTLY_A = {"choice": "a", "strength": "slightly"}
SLIGHTLY_B = {"choice": "b", "strength": "slightly"}
PLAINLY_A = {"choice": "a", "strength": "better"}
PLAINLY_B = {"choice": "b", "strength": "significantly"}
TIE = {"choice": "tie", "strength": None}


@pytest.fixture
def judge(project, person_factory):
    return person_factory("jun", project, "adjudicator")


@pytest.fixture
def said(project):
    """Make items by what was said of each: `said([A, B], [A, A])`."""

    def make(*items, k=2):
        tasks = make_tasks(project, len(items), k=k)
        for task, answers in zip(tasks, items, strict=True):
            for number, answer in enumerate(answers):
                Judgment.objects.create(
                    task=task,
                    imported_labeler=f"w{number}",
                    standing="imported",
                    answer=answer,
                    display_order=[],
                )
        aggregating.refresh_consensus(project=project)
        return tasks

    return make


def queue(project, person, **narrowing):
    found = second_looks.queue_of(project=project, person=person, narrowing=Narrowing(**narrowing))
    assert found.waiting == len(found.items)
    return found.items


def test_the_more_disputed_comes_first_and_the_undisputed_not_at_all(project, judge, said):
    plain, slight, lean, _same, _single = said(
        [PLAINLY_A, PLAINLY_B],
        [SLIGHTLY_A, SLIGHTLY_B],
        [SLIGHTLY_A, SLIGHTLY_A, SLIGHTLY_B],
        [TIE, TIE],
        [PLAINLY_A],
    )
    found = queue(project, judge)
    assert [worth.task for worth in found] == [plain.pk, slight.pk, lean.pk]
    assert [worth.strong for worth in found] == [True, False, False]
    assert [worth.undecided for worth in found] == [True, True, False]
    first = found[0]
    # split 1, closeness 1, undecided 0.5, strong 0.75
    assert first.score == pytest.approx(3.25)
    # p = 3/5 against 2/5: closeness 0.8; two of three pairs disagree
    assert found[2].score == pytest.approx(0.8 + 2 / 3)


def test_a_circle_is_worth_a_look(project_factory, person_factory):
    project = project_factory("ranked", kind="ranking", kind_options={"k": 3}, gold_rate=0)
    person = person_factory("jun", project, "adjudicator")
    (task,) = make_tasks(project, 1, k=3)
    for number, ranks in enumerate([[1, 2, 3], [2, 3, 1], [3, 1, 2]]):
        Judgment.objects.create(
            task=task,
            imported_labeler=f"w{number}",
            standing="imported",
            answer={"ranks": ranks},
            display_order=[],
        )
    aggregating.refresh_consensus(project=project)
    (worth,) = queue(project, person, why="cycle")
    assert worth.cycle
    assert "The comparisons contradict each other and give no order." in worth.why()


def test_reports_and_single_answers_of_value_are_in_it(project, judge, said, labeler):
    reported, valued, _plain = said([PLAINLY_A, PLAINLY_A], [PLAINLY_A], [PLAINLY_A])
    Report.objects.create(task=reported, person=labeler, reason="broken")
    Task.objects.filter(pk=valued.pk).update(priority=3)
    found = {worth.task: worth for worth in queue(project, judge)}
    assert set(found) == {reported.pk, valued.pk}
    assert found[reported.pk].why() == ["1 person reported it."]
    assert found[valued.pk].why() == [
        "Only one person has answered it.",
        "Training would learn much from it.",
    ]
    assert [worth.task for worth in queue(project, judge, why="reported")] == [reported.pk]


def test_rare_languages_and_tags_count(project, judge, said):
    tasks = said(*[[SLIGHTLY_A, SLIGHTLY_B]] * 21)
    last = tasks[-1]
    Prompt.objects.filter(project=project).update(language="en", tags=["chat"])
    Prompt.objects.filter(pk=last.prompt_id).update(language="ja")
    found = queue(project, judge)
    assert (found[0].task, found[0].rare, found[1].rare) == (last.pk, True, False)
    assert [worth.task for worth in queue(project, judge, language="ja")] == [last.pk]
    assert len(queue(project, judge, tag="chat")) == 21
    assert second_looks.choices_of(project) == {"languages": ["en", "ja"], "tags": ["chat"]}


def test_gold_and_what_was_taken_out_are_never_in_it(project, judge, said):
    gold, retired = said([PLAINLY_A, PLAINLY_B], [PLAINLY_A, PLAINLY_B])
    Task.objects.filter(pk=gold.pk).update(is_gold=True)
    Task.objects.filter(pk=retired.pk).update(state="retired")
    assert queue(project, judge) == []


def test_pages_of_the_queue_follow_each_other(project, judge, said):
    said(*[[SLIGHTLY_A, SLIGHTLY_B]] * 3)
    first = second_looks.queue_of(project=project, person=judge, limit=2)
    second = second_looks.queue_of(project=project, person=judge, limit=2, offset=2)
    assert (len(first.items), len(second.items), first.waiting, second.waiting) == (2, 1, 3, 3)


def test_another_project_is_not_looked_into(project, judge, said, project_factory):
    said([PLAINLY_A, PLAINLY_B])
    assert queue(project_factory("other"), judge) == []


def test_an_uncertain_consensus_is_in_it_even_where_all_agree(project, judge, said):
    sure, unsure, tied = said([PLAINLY_A, PLAINLY_A], [PLAINLY_A, PLAINLY_A], [TIE, TIE])
    for task, p_i, p_tie in ((sure, 0.9, 0.0), (unsure, 0.62, 0.0), (tied, 0.1, 0.8)):
        (comparison,) = task.consensus.comparisons
        comparison |= {"p_i": p_i, "p_j": 1 - p_i - p_tie, "p_tie": p_tie}
        task.consensus.comparisons = [comparison]
        task.consensus.save()
    (worth,) = queue(project, judge)
    assert (worth.task, worth.why()) == (unsure.pk, ["The likelier side holds only 62%."])


def test_every_part_is_said():
    everything = Worth(1, 1.0, 0.5, 0.8, True, True, True, 2, 1.0, True, 1)
    assert everything.why() == [
        "Labelers disagree: 50% of their pairs say different things.",
        "Plain preferences stand against each other.",
        "The answers together decide for neither side.",
        "The comparisons contradict each other and give no order.",
        "2 people reported it.",
        "Only one person has answered it.",
        "Training would learn much from it.",
        "Its language or one of its tags is rare here.",
    ]
