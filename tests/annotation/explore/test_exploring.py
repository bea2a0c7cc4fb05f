"""Pages of items: complete, without repeats, in order, and with what the answers say."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation import tasking
from annotation.candidates import KnownAnswer
from annotation.consensus import aggregating
from annotation.explore import exploring, item_filters
from annotation.explore.exploring import split_of
from annotation.explore.item_filters import FilterError
from annotation.models import Judgment, Task
from tests.annotation.making import candidate, make_tasks


def judged(project, votes: dict[int, str]) -> None:
    """Items with a vote for the first or second response of the candidate per letter."""
    ranks = {"a": [1, 2], "b": [2, 1], "t": [1, 1]}
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            candidate(
                number,
                known=[KnownAnswer(ranks[v], labeler=f"w{who}") for who, v in enumerate(said)],
            )
            for number, said in votes.items()
        ],
    )
    aggregating.refresh_consensus(project=project)


def walk(project, size=2, **given):
    """The excerpts of every page."""
    filters, cursor, pages = item_filters.parse(given), "", []
    while True:
        page = exploring.page_of_items(project=project, filters=filters, cursor=cursor, size=size)
        pages.append([item.excerpt for item in page.items])
        cursor = page.next_cursor
        if not cursor:
            return pages


def test_the_newest_come_first_and_every_item_once(project):
    make_tasks(project, 5)
    numbers = [[f"Question {n}?" for n in page] for page in ([5, 4], [3, 2], [1])]
    assert walk(project) == numbers


def test_the_most_disputed_come_first_and_the_undisputed_not_at_all(project):
    judged(project, {1: "aaaa", 2: "aaab", 3: "aabb", 4: "aabb", 5: "a", 6: "abt"})
    pages = walk(project, order="disagreement")
    assert pages == [["Question 6?", "Question 3?"], ["Question 4?", "Question 2?"]]


def test_a_full_last_page_is_the_last(project):
    make_tasks(project, 4)
    assert len(walk(project)) == 2


@pytest.mark.parametrize("cursor", ["x", "-1", "1_2", "9" * 30, "1; --", "nan_3", "1_2_3"])
@pytest.mark.parametrize("order", ["newest", "disagreement"])
def test_a_cursor_that_was_not_made_here_is_refused(project, cursor, order):
    if order == "disagreement" and cursor == "1_2":
        cursor = "1_2_"
    with pytest.raises(FilterError) as refused:
        exploring.page_of_items(
            project=project, filters=item_filters.parse({"order": order}), cursor=cursor
        )
    assert refused.value.name == "cursor"


def test_gold_answered_wrongly_by_anybody_or_by_one(project, person_factory):
    good, bad = (person_factory(name, project, "labeler") for name in ("good", "bad"))
    project.settings.gold_rate = 0.5
    project.settings.save()
    tasks = make_tasks(project, 3, gold=KnownAnswer([1, 2]))
    for person in (good, bad):
        for _item in tasks:
            answer_gold(person, project, right=person is good)

    def wrong(**given):
        return [number for page in walk(project, wrong="1", **given) for number in page]

    assert len(wrong()) == 3
    assert len(wrong(labeler=f"p:{bad.pk}")) == 3
    assert wrong(labeler=f"p:{good.pk}") == []


def answer_gold(person, project, right: bool) -> None:
    done = Judgment.objects.filter(person=person).values("task")
    task = Task.objects.filter(project=project, is_gold=True).exclude(pk__in=done).first()
    order = [0, 1]
    expected = task.gold.answer["choice"]
    choice = expected if right else {"a": "b", "b": "a"}[expected]
    Judgment.objects.create(
        task=task,
        person=person,
        standing="gold",
        answer={"choice": choice, "strength": "better"},
        display_order=order,
        client_id=uuid.uuid4(),
    )


@pytest.mark.parametrize(
    ("kind", "answers", "k", "parts"),
    [
        (
            "pairwise",
            [{"choice": c, "strength": None} for c in ("a", "a", "b", "tie")],
            2,
            [("A", 2), ("B", 1), ("tie", 1)],
        ),
        ("thumbs", [{"good": True}, {"good": False}, {"good": True}], 1, [("good", 2), ("bad", 1)]),
        (
            "ranking",
            [{"ranks": [1, 2, 3]}, {"ranks": [1, 1, 3]}, {"ranks": [2, 3, 1]}],
            3,
            [("A", 1), ("B", 0), ("C", 1), ("tie", 1)],
        ),
        ("best_of", [{"best": 1}, {"best": None}], 2, [("A", 0), ("B", 1), ("none", 1)]),
        ("rating", [{"scores": [1, 5]}], 2, [("A", 0), ("B", 1)]),
        ("demonstration", [{"text": "x"}], 0, []),
        ("pairwise", [], 2, []),
    ],
)
def test_answers_divide_by_what_they_prefer(kind, answers, k, parts):
    found = split_of(kind, answers, k)
    assert [(part.name, part.count) for part in found] == parts
    assert sum(part.share for part in found) == pytest.approx(1 if parts else 0)


def test_a_page_costs_the_same_however_many_items(project):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            exploring.page_of_items(project=project, filters=item_filters.parse({}), size=25)
        return len(captured)

    judged(project, {1: "ab"})
    few = queries()
    judged(project, dict.fromkeys(range(2, 20), "abab"))
    assert queries() == few


def test_a_deep_page_reads_no_more_than_the_first(project):
    """The database starts where the last page ended, instead of counting up to it."""
    judged(project, dict.fromkeys(range(1, 30), "ab"))
    with connection.cursor() as cursor:
        # So few rows that any plan would do: only the order of some index is left to the planner.
        for other in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            cursor.execute(f"SET LOCAL enable_{other} = off")
        for order, begins in (("newest", "id <"), ("disagreement", "ROW(")):
            filters = item_filters.parse({"order": order})
            first = exploring.page_of_items(project=project, filters=filters, size=5)
            tasks = item_filters.matching(project, filters)
            plan = exploring._after(tasks, filters, first.next_cursor)[:5].explain()
            conditions = [line for line in plan.splitlines() if "Index Cond:" in line]
            assert any(begins in condition for condition in conditions), plan
