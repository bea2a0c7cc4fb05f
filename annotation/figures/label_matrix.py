"""The judgments of a project as arrays: what the statistics read.

One row per judgment and pair of responses: which task, which pair, who, and what they said; beside
them what figures are broken down by. The rows come by COPY and are never objects, so that a million
judgments take seconds. Nothing is computed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotation.figures.label_rows import (
    MOST_PLACES,
    Ints,
    codes,
    judgments_of,
    lists,
    shapes_of,
    tasks_of,
)
from annotation.stats.rankings import weak_order
from annotation.task_kinds.base import STRENGTHS, Outcome
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Membership, Project, Role

FIRST, SECOND, TIE = 0, 1, 2
"""What can be said of a pair i < j: i is better, j is better, neither is."""

UNKNOWN = -1
"""Of `shown_first`: the order is not known."""

UNASKED = -128
"""Of `signed`: a preference without a strength."""

MONDAY = date(1970, 1, 5)
"""The first day of week 0."""


Parsed = tuple[list[Outcome], list[float] | None]
"""What an answer says: its comparisons, and the mid-ranks of the responses where they form any."""


def _no_ints() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Tasks:
    """What is known of each task with a judgment; parallel to the numbers 0 .. tasks - 1.

    ``language``, ``criterion`` index into the lists of the same plural; ``tag`` and ``tag_task``
    are one entry per task and tag. ``sources`` names what responses come from.
    """

    id: Ints = field(default_factory=_no_ints)
    language: Ints = field(default_factory=_no_ints)
    criterion: Ints = field(default_factory=_no_ints)
    tag: Ints = field(default_factory=_no_ints)
    tag_task: Ints = field(default_factory=_no_ints)
    languages: list[str] = field(default_factory=list)
    criteria: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rankings:
    """One row per judgment that puts three or more responses in order.

    ``ranks`` (n, K): mid-ranks, 1 is best, nan where an item has fewer responses than K.
    """

    task: Ints
    labeler: Ints
    ranks: NDArray[np.float64]


@dataclass(frozen=True)
class LabelMatrix:
    """Parallel arrays of length n, one entry per judgment and pair.

    ``unit`` numbers the pairs of responses over all tasks, ``task`` the tasks (both from 0, dense),
    ``labeler`` indexes into ``labelers`` (``p:id`` of a person or ``i:name`` of an imported one),
    ``judgment`` numbers the judgments. ``signed`` is the preference on a scale from 4 (the first is
    significantly better) over 0 (tie) to -4, UNASKED without a strength. ``week`` counts weeks from
    MONDAY. ``shown_first`` says which of the pair stood first on screen. Of each unit,
    ``unit_task`` is its task, ``unit_places`` (units, 2) the places i < j of its two responses and
    ``unit_sources`` (units, 2) their sources, -1 for the bar of being good enough.
    """

    unit: Ints
    task: Ints
    labeler: Ints
    said: Ints
    labelers: list[str]
    judgments: int
    judgment: Ints = field(default_factory=_no_ints)
    signed: Ints = field(default_factory=_no_ints)
    week: Ints = field(default_factory=_no_ints)
    shown_first: Ints = field(default_factory=_no_ints)
    unit_task: Ints = field(default_factory=_no_ints)
    unit_sources: Ints = field(default_factory=_no_ints)
    unit_places: Ints = field(default_factory=_no_ints)
    about: Tasks = field(default_factory=Tasks)
    rankings: Rankings | None = None
    researchers: frozenset[int] = frozenset()
    """Labelers, by their index, who hold the role of a researcher."""

    @property
    def tasks(self) -> int:
        """How many tasks have a judgment."""
        return int(self.task.max()) + 1 if len(self.task) else 0

    @property
    def units(self) -> int:
        """How many pairs of responses have a judgment."""
        return int(self.unit.max()) + 1 if len(self.unit) else 0

    def where(self, rows: NDArray[np.bool]) -> LabelMatrix:
        """The same matrix with only those entries; tasks and units keep their numbers."""
        parallel = ("unit", "task", "labeler", "said", "judgment", "signed", "week", "shown_first")
        kept = {name: getattr(self, name) for name in parallel}
        return replace(self, **{n: a[rows] for n, a in kept.items() if len(a) == len(rows)})


def week_name(week: int) -> str:
    """A week as ISO 8601 names it: ``2026-W47``."""
    year, number, _day = (MONDAY + timedelta(weeks=week)).isocalendar()
    return f"{year}-W{number:02}"


def read(project: Project) -> LabelMatrix:
    """All current judgments that take part in the consensus.

    A gold task takes part with the answers that were counted before it became gold.
    """
    judgments, tasks = judgments_of(project), tasks_of(project)
    at, ids, task = _dense(judgments["task"], tasks["id"])
    shapes, shape = shapes_of(tasks["kind"], tasks["sources"])
    answers, answer = codes(judgments["answer"])
    wanted = answer.astype(np.int64) * len(shapes) + shape[at[task]]
    distinct, which = np.unique(wanted, return_inverse=True)
    parsed = [
        _parsed(answers[code // len(shapes)], *shapes[code % len(shapes)]) for code in distinct
    ]
    names, labeler = codes(judgments["labeler"])
    parts = _expanded(parsed, which)
    judgment = parts.judgment
    unit, unit_task, places = _units(task[judgment], parts.i, parts.j)
    people = Membership.objects.filter(project=project, role=Role.RESEARCHER)
    researchers = {f"p:{person}" for person in people.values_list("person_id", flat=True)}
    about, unit_sources = _about(project, tasks, at, unit_task, places)
    return LabelMatrix(
        unit=unit,
        task=task[judgment].astype(np.int32),
        labeler=labeler[judgment],
        said=parts.said,
        labelers=names,
        judgments=len(which),
        judgment=judgment,
        signed=parts.signed,
        week=_weeks(judgments["day"])[judgment],
        shown_first=_shown_first(judgments["shown"], judgment, parts.i, parts.j),
        unit_task=unit_task,
        unit_sources=unit_sources,
        unit_places=places,
        about=replace(about, id=ids),
        rankings=_rankings(parsed, which, task, labeler),
        researchers=frozenset(n for n, name in enumerate(names) if name in researchers),
    )


def _dense(task_of: pa.ChunkedArray, ids: pa.ChunkedArray) -> tuple[Ints, Ints, Ints]:
    """Rows of the tasks that have judgments, their ids, and of each judgment its task's number."""
    known, asked = ids.to_numpy(), task_of.to_numpy()
    used, number = np.unique(asked, return_inverse=True)
    return np.searchsorted(known, used), used, number


def _weeks(days: pa.ChunkedArray) -> Ints:
    # 1970-01-01 was a Thursday: day 4 is the first Monday.
    weeks: Ints = ((days.to_numpy() - 4) // 7).astype(np.int32)
    return weeks


def _parsed(answer: str, kind: str, k: int) -> Parsed:
    found = json.loads(answer)
    outcomes = TASK_KINDS[kind].outcomes(found, k)
    ranks: list[float] | None = None
    if TASK_KINDS[kind].compared(k) >= 3 and len(outcomes) == k * (k - 1) // 2:
        order = weak_order(k, [(o.i, o.j, _sign(o)) for o in outcomes])
        ranks = [r + (order.count(r) - 1) / 2 for r in order] if order else None
    return outcomes, ranks


def _sign(outcome: Outcome) -> int:
    return 0 if outcome.winner is None else 1 if outcome.winner == outcome.i else -1


def _signed(outcome: Outcome) -> int:
    if outcome.winner is None:
        return 0
    if outcome.strength is None:
        return UNASKED
    return _sign(outcome) * (len(STRENGTHS) - STRENGTHS.index(outcome.strength))


@dataclass(frozen=True)
class _Parts:
    """One entry per judgment and comparison."""

    judgment: Ints
    i: Ints
    j: Ints
    said: Ints
    signed: Ints


def _expanded(parsed: list[Parsed], which: Ints) -> _Parts:
    """The comparisons of all judgments, `which` saying what each of them said."""
    flat = [outcome for outcomes, _ranks in parsed for outcome in outcomes]
    sizes = np.array([len(outcomes) for outcomes, _ranks in parsed], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sizes) else sizes
    many = sizes[which] if len(sizes) else _no_ints()
    judgment = np.repeat(np.arange(len(which), dtype=np.int32), many)
    within = np.arange(len(judgment)) - np.repeat(np.cumsum(many) - many, many)
    at = starts[which[judgment]] + within if len(judgment) else _no_ints()
    said = [{0: TIE, 1: FIRST, -1: SECOND}[_sign(outcome)] for outcome in flat]
    columns: list[Iterable[int]] = [[o.i for o in flat], [o.j for o in flat], said]
    columns.append([_signed(outcome) for outcome in flat])
    return _Parts(judgment, *(np.array(column, dtype=np.int16)[at] for column in columns))


def _units(task: Ints, i: Ints, j: Ints) -> tuple[Ints, Ints, Ints]:
    """The number of each pair, and of each number its task and its two places (units, 2)."""
    key = (task.astype(np.int64) * MOST_PLACES + i) * MOST_PLACES + j
    distinct, unit = np.unique(key, return_inverse=True)
    places = np.column_stack([distinct // MOST_PLACES % MOST_PLACES, distinct % MOST_PLACES])
    return unit.astype(np.int32), (distinct // MOST_PLACES**2).astype(np.int32), places


def _shown_first(shown: pa.ChunkedArray, judgment: Ints, i: Ints, j: Ints) -> Ints:
    """FIRST where response i stood before response j on screen, SECOND, or UNKNOWN."""
    texts, code = codes(shown)
    place = np.full((len(texts) + 1, MOST_PLACES), UNKNOWN, dtype=np.int16)
    for row, text in enumerate(texts):
        for position, canonical in enumerate(json.loads(text)[:MOST_PLACES]):
            place[row, canonical] = position
    of_i, of_j = place[code[judgment], i], place[code[judgment], j]
    order = np.where(of_i < of_j, FIRST, SECOND)
    return np.where((of_i < 0) | (of_j < 0), UNKNOWN, order).astype(np.int8)


def _rankings(parsed: list[Parsed], which: Ints, task: Ints, labeler: Ints) -> Rankings | None:
    width = max((len(ranks) for _outcomes, ranks in parsed if ranks), default=0)
    if not width:
        return None
    table = np.full((len(parsed), width), np.nan)
    for row, (_outcomes, ranks) in enumerate(parsed):
        if ranks:
            table[row, : len(ranks)] = ranks
    ranked = ~np.isnan(table[:, 0])[which]
    return Rankings(task[ranked], labeler[ranked], table[which[ranked]])


def _about(
    project: Project, tasks: pa.Table, at: Ints, unit_task: Ints, places: Ints
) -> tuple[Tasks, Ints]:
    """The tasks in rows `at`, and the sources of the two responses of every unit."""
    languages, language = codes(tasks["language"])
    criteria, criterion = codes(tasks["criterion"])
    tags, tag, tag_task = lists(tasks["tags"], at)
    named = dict(project.response_sources.order_by("id").values_list("id", "name"))
    known = {source: number for number, source in enumerate(named)}
    orders, listed = codes(tasks["sources"])
    place = np.full((len(orders) + 1, MOST_PLACES), UNKNOWN, dtype=np.int32)
    for row, text in enumerate(orders):
        found = [known[int(source)] for source in text.split(",") if source]
        place[row, : len(found)] = found
    rows = listed[at][unit_task] if len(unit_task) else _no_ints()
    unit_sources = place[rows[:, None], places] if len(rows) else np.zeros((0, 2), dtype=np.int32)
    about = Tasks(
        language=language[at],
        criterion=criterion[at],
        tag=tag,
        tag_task=tag_task,
        languages=languages,
        criteria=criteria,
        tags=tags,
        sources=list(named.values()),
    )
    return about, unit_sources
