"""Looking at items: a page of those that were asked for, and everything about one of them.

Pages are cut by where the last one ended, so that a deep page costs what the first one does. Only
reads; who may look is for the views, because answers stand here with names.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.utils.translation import gettext as _

from annotation.explore import item_filters
from annotation.explore.item_filters import DISAGREEMENT, FilterError, Filters
from annotation.grading import grade
from annotation.kind_words import excerpt, letter
from annotation.models import Judgment, Task, TaskResponse
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

PAGE = 25
SCANNED_AT_ONCE = 200
MOST_SCANNED = 20
EXCERPT = 160


@dataclass(frozen=True)
class Part:
    """How many answers prefer one thing: ``name`` is a letter, "good", "bad", "tie" or "none"."""

    name: str
    count: int
    share: float
    offset: float


@dataclass(frozen=True)
class Item:
    """One row of the list. ``split`` is empty where people write."""

    task: Task
    excerpt: str
    sources: list[str]
    answers: int
    split: list[Part]
    agreement: float | None


@dataclass(frozen=True)
class Page:
    """Some items, and the cursor of the next page if there is one."""

    items: list[Item]
    next_cursor: str


def page_of_items(
    *, project: Project, filters: Filters, cursor: str = "", size: int = PAGE
) -> Page:
    """The items that `filters` ask for, from where `cursor` says.

    Raises:
        FilterError: a filter names what is not there, or the cursor was not made here.
    """
    found = item_filters.matching(project, filters)
    if filters.wrong:
        tasks, more = _answered_wrongly(found, filters, cursor, size)
    else:
        tasks = list(_after(found, filters, cursor)[: size + 1])
        more = len(tasks) > size
        tasks = tasks[:size]
    next_cursor = _cursor_of(tasks[-1], filters) if tasks and more else ""
    return Page(_items(tasks), next_cursor)


def all_items(*, project: Project, filters: Filters) -> Iterator[Item]:
    """Every item that `filters` ask for, some hundred in memory at a time."""
    cursor = ""
    while True:
        page = page_of_items(project=project, filters=filters, cursor=cursor, size=500)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def _after(tasks: QuerySet[Task], filters: Filters, cursor: str) -> QuerySet[Task]:
    """`tasks` in their order, from behind `cursor`."""
    tasks = tasks.select_related("prompt", "consensus", "gold")
    if filters.order == DISAGREEMENT:
        place = (F("consensus__agreement"), F("consensus__task_id"))
        if cursor:
            tasks = tasks.filter(TupleGreaterThan(place, _place(cursor, 2)))
        return tasks.order_by("consensus__agreement", "consensus__task_id")
    if cursor:
        tasks = tasks.filter(pk__lt=int(_place(cursor, 1)[0]))
    return tasks.order_by("-pk")


def _cursor_of(task: Task, filters: Filters) -> str:
    if filters.order == DISAGREEMENT:
        return f"{task.consensus.agreement!r}_{task.pk}"
    return str(task.pk)


def _place(cursor: str, parts: int) -> tuple[Any, ...]:
    """Where the last page ended: a task, or an agreement and a task."""
    *agreement, number = cursor.split("_")
    try:
        place = (*map(float, agreement), int(number) if len(number) < 19 else -1)
    except ValueError:
        place = ()
    if len(place) != parts or not all(math.isfinite(part) and part >= 0 for part in place):
        raise FilterError("cursor", _("This page is not there; begin with the first one."))
    return place


def _answered_wrongly(
    tasks: QuerySet[Task], filters: Filters, cursor: str, size: int
) -> tuple[list[Task], bool]:
    """Gold that somebody (the labeler, where one is named) answered against what is expected.

    Whether an answer is wrong is for its kind to say, so gold is read in turn until a page is full,
    but not without end.
    """
    found: list[Task] = []
    for _round in range(MOST_SCANNED):
        scanned = list(_after(tasks, filters, cursor)[:SCANNED_AT_ONCE])
        wrong = _wrong_ids(scanned, filters)
        found += [task for task in scanned if task.pk in wrong]
        if len(found) > size:
            return found[:size], True
        if len(scanned) < SCANNED_AT_ONCE:
            return found, False
        cursor = _cursor_of(scanned[-1], filters)
    return found, bool(found)


def _wrong_ids(tasks: Sequence[Task], filters: Filters) -> set[int]:
    expected = {task.pk: task for task in tasks if hasattr(task, "gold") and task.gold.answer}
    sizes = Counter(
        TaskResponse.objects.filter(task__in=expected).values_list("task_id", flat=True)
    )
    judgments = Judgment.objects.filter(task__in=expected, is_current=True)
    if filters.labeler:
        who, name = filters.labeler[0], filters.labeler[2:]
        judgments = (
            judgments.filter(person=int(name))
            if who == "p"
            else judgments.filter(imported_labeler=name, person=None)
        )
    wrong = set()
    for task_id, answer in judgments.values_list("task_id", "answer"):
        task = expected[task_id]
        kind = TASK_KINDS[task.kind]
        graded = grade(kind=kind.name, given=answer, expected=task.gold.answer, k=sizes[task_id])
        if graded.right < graded.judged:
            wrong.add(task_id)
    return wrong


def _items(tasks: Sequence[Task]) -> list[Item]:
    ids = [task.pk for task in tasks]
    answers: dict[int, list[dict[str, Any]]] = defaultdict(list)
    judgments = Judgment.objects.filter(task__in=ids, is_current=True).order_by("pk")
    for task_id, answer in judgments.values_list("task_id", "answer"):
        answers[task_id].append(answer)
    sources: dict[int, list[str]] = defaultdict(list)
    placed = TaskResponse.objects.filter(task__in=ids).order_by("position")
    for task_id, name in placed.values_list("task_id", "response__source__name"):
        sources[task_id].append(name)
    return [
        Item(
            task=task,
            excerpt=excerpt(text_of(task.prompt.messages), EXCERPT),
            sources=sources[task.pk],
            answers=len(answers[task.pk]),
            split=split_of(task.kind, answers[task.pk], len(sources[task.pk])),
            agreement=agreement_of(task),
        )
        for task in tasks
    ]


def text_of(messages: Sequence[dict[str, str]]) -> str:
    """What was asked last: the last turn that says something."""
    return next((turn["content"] for turn in reversed(messages) if turn["content"].strip()), "")


def agreement_of(task: Task) -> float | None:
    """The share of labeler pairs who said the same of it; None before two have answered."""
    return task.consensus.agreement if hasattr(task, "consensus") else None


def split_of(kind: str, answers: Sequence[dict[str, Any]], k: int) -> list[Part]:
    """How the answers divide by what each of them prefers to everything it compares it with."""
    known = TASK_KINDS[kind]
    names = ["good", "bad"] if known.has_bar else [letter(place) for place in range(k)]
    counts: Counter[str] = Counter()
    for answer in answers:
        outcomes = known.outcomes(answer, k)
        best = {outcome.winner for outcome in outcomes}
        for outcome in outcomes:
            best -= {outcome.i, outcome.j} - {outcome.winner}
        best.discard(None)
        counts[names[best.pop()] if len(best) == 1 else "tie" if outcomes else "none"] += 1
    if set(counts) <= {"none"} and known.name != "best_of":
        return []
    total, offset, parts = sum(counts.values()), 0.0, []
    for name in [*names, "tie", "none"]:
        share = counts[name] / total
        if counts[name] or name in names:
            parts.append(Part(name, counts[name], share, offset))
        offset += share
    return parts
