"""The answers of a project as watching reads them: who said what when, and how it stood on screen.

Rows come by COPY as columns and equal answers are read once, so that 1e5 answers take a second.
Nothing is judged here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotation.consensus.aggregating import SPEAKING
from annotation.figures.label_rows import codes, copied
from annotation.models import Judgment
from annotation.stats.habits import time_to_skim
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

STANDINGS = (*SPEAKING, Judgment.Standing.SURPLUS, Judgment.Standing.GOLD)
DENSE = ("ja", "zh", "ko")
"""Languages whose letters say as much as three of the others."""

NO_PLACE = -1
_PLACES = 16

_ANSWERS = """
    SELECT j.id, j.task_id AS task,
        coalesce('p:' || j.person_id, 'i:' || j.imported_labeler) AS labeler,
        j.answer::text AS answer, t.kind, j.display_order::text AS shown,
        coalesce(CASE WHEN g.retired_at IS NULL THEN g.answer::text END, '') AS gold,
        j.standing, coalesce(j.seconds, 'NaN') AS seconds,
        extract(epoch FROM j.created_at)::float8 AS at
    FROM annotation_task t JOIN annotation_judgment j ON j.task_id = t.id
    LEFT JOIN annotation_gold g ON g.task_id = t.id AND t.is_gold
    WHERE t.project_id = {project} AND t.kind = ANY({kinds}) AND j.is_current
        AND (j.standing = ANY({standings}) OR j.standing = 'practice' AND EXISTS (
            SELECT FROM annotation_assignment a
            WHERE a.task_id = j.task_id AND a.person_id = j.person_id AND a.exam_id IS NOT NULL))
    ORDER BY j.id
"""

_LENGTHS = """
    SELECT t.id, p.language, (
        SELECT coalesce(sum(length(m->>'content')), 0) FROM jsonb_array_elements(p.messages) m
    ) AS prompt, coalesce(r.lengths, '') AS lengths
    FROM annotation_task t JOIN annotation_prompt p ON p.id = t.prompt_id
    LEFT JOIN (
        SELECT tr.task_id, string_agg((
            SELECT coalesce(sum(length(m->>'content')), 0)
            FROM jsonb_array_elements(r.messages) m)::text, ',' ORDER BY tr.position) AS lengths
        FROM annotation_taskresponse tr JOIN annotation_response r ON r.id = tr.response_id
        JOIN annotation_task t ON t.id = tr.task_id WHERE t.project_id = {project}
        GROUP BY tr.task_id
    ) r ON r.task_id = t.id
    WHERE t.project_id = {project} AND t.kind = ANY({kinds})
        AND EXISTS (SELECT FROM annotation_judgment j WHERE j.task_id = t.id)
    ORDER BY t.id
"""


@dataclass(frozen=True)
class Work:
    """Answers (n,) in the order they were given, and their comparisons (m,).

    ``labeler`` indexes into ``keys``. ``place`` (n,) is where the preferred response stood on
    screen, of ``places``; NO_PLACE where no single one was preferred. ``skim`` (n,): seconds in
    which the text cannot be read. Of each comparison, ``answer`` (m,) is its answer, ``unit`` its
    number over all tasks, ``said`` 0 or 1 (``tied`` ones say 0), ``gold`` the right one or -1,
    ``longer`` 1 or 0 where the longer text was or was not preferred, -1 where that is no question.
    """

    id: Ints
    task: Ints
    labeler: Ints
    keys: list[str]
    standing: NDArray[np.str_]
    seconds: Floats
    at: Floats
    place: Ints
    places: Ints
    skim: Floats
    answer: Ints
    unit: Ints
    said: Ints
    tied: NDArray[np.bool_]
    gold: Ints
    longer: Ints


@dataclass(frozen=True)
class _Parsed:
    """What one answer says: (i, j, said, tied, gold) by comparison, and the preferred place."""

    rows: list[tuple[int, int, int, int, int]]
    place: int
    places: int


def read(project: Project) -> Work:
    """All answers of `project` that say something about their labelers, exams included."""
    text = pa.dictionary(pa.int32(), pa.string())
    types = {"id": pa.int64(), "task": pa.int64()}
    types |= dict.fromkeys(("labeler", "answer", "kind", "shown", "gold", "standing"), text)
    types |= {"seconds": pa.float64(), "at": pa.float64()}
    table = copied(
        _ANSWERS, types, project=project.pk, standings=[str(standing) for standing in STANDINGS]
    )
    keys, labeler = codes(table["labeler"])
    standings, standing = codes(table["standing"])
    parsed, which = _parse(table)
    answer, columns = _expand(parsed, which)
    task = table["task"].to_numpy()
    i, j, said, tied, gold = columns
    _, unit = np.unique((task[answer] * _PLACES + i) * _PLACES + j, return_inverse=True)
    tasks, lengths, skim = _lengths(project)
    at = np.searchsorted(tasks, task)
    return Work(
        id=table["id"].to_numpy(),
        task=task,
        labeler=labeler.astype(np.int64),
        keys=keys,
        standing=np.array([*standings, ""])[standing],
        seconds=table["seconds"].to_numpy(),
        at=table["at"].to_numpy(),
        place=np.array([each.place for each in parsed] or [0])[which],
        places=np.array([each.places for each in parsed] or [0])[which],
        skim=skim[at] if len(task) else np.zeros(0),
        answer=answer,
        unit=unit.astype(np.int64),
        said=said,
        tied=tied == 1,
        gold=gold,
        longer=_longer(lengths, at[answer], i, j, np.where(tied == 1, -1, said)),
    )


def _parse(table: pa.Table) -> tuple[list[_Parsed], Ints]:
    """The distinct answers, read once each, and which of them every row is."""
    texts, numbers = [], []
    for name in ("answer", "kind", "shown", "gold"):
        found, number = codes(table[name])
        texts.append(found)
        numbers.append(number.astype(np.int64))
    if not len(numbers[0]):
        return [], np.zeros(0, dtype=np.int64)
    code = numbers[0]
    for found, number in zip(texts[1:], numbers[1:], strict=True):
        code = code * len(found) + number
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    rows = zip(*(number[first] for number in numbers), strict=True)
    parsed = [
        _parse_one(*(found[place] for found, place in zip(texts, row, strict=True))) for row in rows
    ]
    return parsed, which.astype(np.int64)


def _parse_one(answer: str, kind: str, shown: str, gold: str) -> _Parsed:
    order = json.loads(shown)
    outcomes = TASK_KINDS[kind].outcomes(json.loads(answer), len(order))
    right: dict[tuple[int, int], int | None] = {}
    expected = json.loads(gold) if gold else None
    if expected is not None:
        right = {(o.i, o.j): o.winner for o in TASK_KINDS[kind].outcomes(expected, len(order))}
    rows = []
    won = [0] * (len(order) + 1)
    for o in outcomes:
        known = right.get((o.i, o.j))
        gold_says = -1 if known is None else int(known == o.j)
        rows.append((o.i, o.j, int(o.winner == o.j), int(o.winner is None), gold_says))
        if o.winner is not None and o.winner < len(won):
            won[o.winner] += 1
    k = len(order)
    best = [canonical for canonical in range(k) if k > 1 and won[canonical] == k - 1]
    return _Parsed(rows, order.index(best[0]) if best else NO_PLACE, k)


def _expand(parsed: list[_Parsed], which: Ints) -> tuple[Ints, list[Ints]]:
    """Comparison by comparison: its answer, and the columns of `_Parsed.rows`."""
    flat = np.array([row for each in parsed for row in each.rows], dtype=np.int64).reshape(-1, 5)
    sizes = np.array([len(each.rows) for each in parsed], dtype=np.int64)
    many = sizes[which]
    answer = np.repeat(np.arange(len(which)), many)
    within = np.arange(len(answer)) - np.repeat(np.cumsum(many) - many, many)
    starts = np.cumsum(sizes) - sizes
    rows = flat[starts[which[answer]] + within] if len(answer) else flat[:0]
    return answer, list(rows.T)


def _lengths(project: Project) -> tuple[Ints, Ints, Floats]:
    """By task: its id, the lengths of its responses (T, places), and the seconds to skim it."""
    text = pa.dictionary(pa.int32(), pa.string())
    types: dict[str, Any] = {"id": pa.int64(), "language": text, "prompt": pa.int64()}
    table = copied(_LENGTHS, {**types, "lengths": pa.string()}, project=project.pk)
    languages, language = codes(table["language"])
    lengths = np.zeros((table.num_rows, _PLACES), dtype=np.int64)
    for row, listed in enumerate(table["lengths"].to_pylist()):
        found = [int(length) for length in listed.split(",") if length][:_PLACES]
        lengths[row, : len(found)] = found
    total = lengths.sum(axis=1) + table["prompt"].to_numpy()
    dense = np.array([name.split("-")[0] in DENSE for name in languages] or [False])[language]
    skim = [
        time_to_skim(0 if thick else int(letters), int(letters) if thick else 0)
        for letters, thick in zip(total, dense, strict=True)
    ]
    return table["id"].to_numpy(), lengths, np.array(skim, dtype=np.float64)


def _longer(lengths: Ints, at: Ints, i: Ints, j: Ints, said: Ints) -> Ints:
    """1 or 0: whether the longer of two responses was preferred; -1 where they are about as long,
    one of them is no response, or none was preferred."""
    if not len(at):
        return np.zeros(0, dtype=np.int64)
    of_i, of_j = lengths[at, i], lengths[at, j]
    longest = np.maximum(of_i, of_j)
    asked = (said >= 0) & (np.minimum(of_i, of_j) > 0) & (np.abs(of_i - of_j) * 10 >= longest)
    return np.where(asked, (of_j > of_i).astype(np.int64) == said, -1).astype(np.int64)
