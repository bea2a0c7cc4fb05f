"""Learning how reliable labelers are from all answers of a project, and keeping what was learned.

Besides what takes part in the consensus, answers to gold items are read: what is right there is
known. `answers_of` runs on any connection, so that an export learns from exactly the moment it
reads. What is made of it is `annotation.consensus.aggregating`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, Max
from django.utils import timezone

from annotation.consensus.methods.aggregate import said_of
from annotation.consensus.methods.base import ADJUDICATOR, GOLD, Answers, Reliabilities
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.models import Judgment, KeptFigures
from annotation.stats.bootstrap import IntArray
from annotation.stats.crowd_comparisons import comparisons
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

FIGURES = "reliability"
NOTICEABLE = 0.01
"""By how much somebody's reliability must have moved before all consensus is computed again."""

REST_SECONDS, REST_FACTOR = 60.0, 20.0
"""A fit is kept for at least a minute, and for twenty times as long as it took."""

SPEAKING = (
    Judgment.Standing.COUNTED,
    Judgment.Standing.IMPORTED,
    Judgment.Standing.ADJUDICATION,
)
"""The standings that take part in a consensus and in an export."""

_ADJUDICATION = str(Judgment.Standing.ADJUDICATION)

CHOICES = (
    *("languages", "tags", "since", "until"),
    *("criteria", "sources", "labelers", "without_labelers"),
)
"""What answers can be chosen by: the labelers by pseudonym or imported name."""

LABELER_KEY = (
    "CASE WHEN j.person_id IS NULL THEN 'i:' || j.imported_labeler ELSE 'p:' || j.person_id END"
)
"""How a labeler is known, in SQL."""

_ANSWERS = f"""
    SELECT t.id, t.kind,
        COALESCE(placed.responses, 0),
        COALESCE(g.answer::text, E'\\x01'), {LABELER_KEY}, j.standing, j.answer::text
    FROM annotation_task t
    JOIN annotation_prompt p ON p.id = t.prompt_id
    JOIN annotation_judgment j ON j.task_id = t.id AND j.is_current
    LEFT JOIN annotation_gold g ON g.task_id = t.id
    LEFT JOIN labelers_person l ON l.id = j.person_id
    LEFT JOIN (
        SELECT tr.task_id, count(*) responses FROM annotation_taskresponse tr
        JOIN annotation_task o ON o.id = tr.task_id AND o.project_id = %(project)s
        GROUP BY tr.task_id
    ) placed ON placed.task_id = t.id
    WHERE t.project_id = %(project)s AND t.state <> 'retired'
    AND (j.standing = ANY(%(standings)s) AND (NOT t.is_gold OR t.counted > 0)
        OR j.standing = 'gold' AND g.answer IS NOT NULL)
    AND (%(languages)s::text[] IS NULL OR p.language = ANY(%(languages)s))
    AND (%(tags)s::text[] IS NULL OR p.tags::text[] && %(tags)s)
    AND (%(since)s::timestamptz IS NULL OR j.created_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR j.created_at < %(until)s::timestamptz)
    AND (%(criteria)s::text[] IS NULL OR t.criterion = ANY(%(criteria)s))
    AND (%(sources)s::text[] IS NULL OR EXISTS (
        SELECT 1 FROM annotation_taskresponse tr
        JOIN annotation_response r ON r.id = tr.response_id
        JOIN annotation_responsesource s ON s.id = r.source_id
        WHERE tr.task_id = t.id AND s.name = ANY(%(sources)s)))
    AND (%(labelers)s::text[] IS NULL
        OR COALESCE(l.pseudonym, j.imported_labeler) = ANY(%(labelers)s))
    AND (%(without_labelers)s::text[] IS NULL
        OR COALESCE(l.pseudonym, j.imported_labeler) <> ALL(%(without_labelers)s))
    ORDER BY t.id, j.id
"""  # noqa: S608 - written here; values are parameters


@dataclass(frozen=True)
class Kept:
    """The fit that the stored consensus of a project goes by, and since when."""

    reliabilities: Reliabilities | None
    fitted_at: datetime | None


def speaker(key: str, standing: str) -> str:
    """The key under which somebody's answer of this standing takes part."""
    return ADJUDICATOR + key if standing == _ADJUDICATION else key


def answers_of(cursor: CursorWrapper, conditions: Mapping[str, Any]) -> Answers:
    """All answers that meet `conditions` as arrays.

    These are ``project``, ``standings``, and `CHOICES`, each of which may be None. Rows come by
    COPY as columns, and each distinct answer is read once.
    """
    rows = _columns(cursor, conditions)
    names: dict[str, int] = {}
    columns: list[list[IntArray]] = [[] for _ in range(5)]
    bars: set[bool] = set()
    if rows.num_rows:
        _lay_out(rows, names, columns, bars)
    task, first, second, labeler, said = (
        np.concatenate([np.zeros(0, dtype=np.int64), *column]) for column in columns
    )
    found = comparisons(task, first, second, labeler, said)
    return Answers(found, list(names), symmetric=bars != {True})


def fit(answers: Answers, method: str) -> Reliabilities | None:
    """What `method` learns of the labelers; None where it has nothing to learn."""
    learn = CONSENSUS_METHODS[method].fit
    return learn(answers) if learn else None


def everything_of(project: Project) -> dict[str, Any]:
    """The conditions that all of a project's answers meet."""
    nothing = dict.fromkeys(CHOICES)
    return {"project": project.pk, "standings": [str(s) for s in SPEAKING], **nothing}


def fitted(project: Project, *, at_once: bool = False) -> Kept:
    """The fit that the consensus of `project` goes by, renewed where answers came and it moved.

    A new fit that says of nobody anything noticeably new is thrown away, so that consensus that is
    stored stays as it is. `at_once` does not let the last one rest first.
    """
    method = project.settings.consensus_method
    if CONSENSUS_METHODS[method].fit is None:
        return Kept(None, None)
    basis = basis_of(project, method)
    kept = KeptFigures.objects.filter(project=project, name=FIGURES).first()
    known = _read(kept, method)
    if kept is not None and known is not None:
        rest = max(REST_SECONDS, REST_FACTOR * kept.seconds)
        tried = datetime.fromisoformat(kept.figures["tried_at"])
        waits = timezone.now() < tried + timedelta(seconds=rest)
        if kept.basis == basis or (waits and not at_once):
            return Kept(known, kept.computed_at)
    began = time.monotonic()
    with connection.cursor() as cursor:
        new = fit(answers_of(cursor, everything_of(project)), method)
    assert new is not None  # noqa: S101 - a method that fits was asked
    return _keep(project, new, known, kept, basis, time.monotonic() - began)


def moved(old: Reliabilities, new: Reliabilities) -> float:
    """By how much the reliability of anybody moved, at most."""
    if old.method != new.method or old.shared.get("model") != new.shared.get("model"):
        return 1.0
    keys = {*old.labelers, *new.labelers, "\0"}
    return max(abs(old.of(k)["reliability"] - new.of(k)["reliability"]) for k in keys)


@transaction.atomic
def _keep(
    project: Project,
    new: Reliabilities,
    known: Reliabilities | None,
    kept: KeptFigures | None,
    basis: str,
    seconds: float,
) -> Kept:
    now = timezone.now()
    fitted_at = now
    if kept is not None and known is not None and moved(known, new) < NOTICEABLE:
        new, fitted_at = known, kept.computed_at
    KeptFigures.objects.update_or_create(
        project=project,
        name=FIGURES,
        defaults={
            "figures": {**new.as_dict(), "tried_at": now.isoformat()},
            "basis": basis,
            "seconds": seconds,
            "computed_at": fitted_at,
        },
    )
    return Kept(new, fitted_at)


def _read(kept: KeptFigures | None, method: str) -> Reliabilities | None:
    if kept is None or kept.figures.get("method") != method:
        return None
    figures = kept.figures
    return Reliabilities(figures["method"], figures["shared"], figures["labelers"])


def basis_of(project: Project, method: str) -> str:
    """What a fit rests on: the method, the newest answer and how many there are."""
    standings = [*SPEAKING, Judgment.Standing.GOLD]
    read = Judgment.objects.filter(
        task__project=project, is_current=True, standing__in=standings
    ).aggregate(newest=Max("id"), n=Count("id"))
    return f"{method}:{read['newest']}:{read['n']}"


_TEXT = pa.dictionary(pa.int32(), pa.string())
_TYPES = {
    **{"task": pa.int64(), "kind": _TEXT, "responses": pa.int64(), "known": _TEXT},
    **{"labeler": _TEXT, "standing": _TEXT, "answer": _TEXT},
}
_NOTHING = "\x01"
"""What stands for no known answer: no JSON holds it."""


def _columns(cursor: CursorWrapper, conditions: Mapping[str, Any]) -> pa.Table:
    buffer = BytesIO()
    with cursor.cursor.copy(f"COPY ({_ANSWERS}) TO STDOUT (FORMAT csv)", conditions) as copy:
        for piece in copy:
            buffer.write(piece)
    if not buffer.tell():
        return pa.table({name: pa.array([], kind) for name, kind in _TYPES.items()})
    buffer.seek(0)
    return pyarrow.csv.read_csv(
        buffer,
        read_options=pyarrow.csv.ReadOptions(column_names=list(_TYPES), block_size=1 << 26),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=_TYPES, strings_can_be_null=False),
    )


def _lay_out(
    rows: pa.Table, names: dict[str, int], columns: list[list[IntArray]], bars: set[bool]
) -> None:
    """Fill `names`, `columns` (task, first, second, labeler, said) and `bars` from `rows`.

    Where the answer of a task is known, gold is one of those who spoke, after all others.
    """
    task = rows["task"].to_numpy()
    starts = np.flatnonzero(np.diff(task, prepend=task[0] - 1))
    ends = np.append(starts[1:], len(task))
    texts, answer = _codes(rows["answer"])
    knowns, known = _codes(rows["known"])
    kinds, kind = _codes(rows["kind"])
    shape = kind * 64 + rows["responses"].to_numpy()
    who = _speakers(rows)
    is_known = np.array([text != _NOTHING for text in knowns])[known[starts]]
    # The rows of gold, put behind those of their tasks.
    order = np.argsort(np.concatenate([np.arange(len(task)), ends[is_known] - 0.5]), kind="stable")
    at = np.concatenate([np.arange(len(task)), starts[is_known]])[order]
    golden = (np.arange(len(order)) >= len(task))[order]
    speaker_of = np.where(golden, len(who[0]), who[1][at])
    met, first_met = np.unique(speaker_of, return_index=True)
    in_order = met[np.argsort(first_met)]
    every = [*who[0], GOLD]
    names.update({every[code]: number for number, code in enumerate(in_order.tolist())})
    number = np.zeros(len(every), dtype=np.int64)
    number[in_order] = np.arange(len(in_order))
    text = np.where(golden, len(texts) + known[at], answer[at])
    codes, which = np.unique(shape[at] * (len(texts) + len(knowns)) + text, return_inverse=True)
    read = [_said_in(kinds, code, texts, knowns) for code in codes.tolist()]
    sizes = np.array([len(found) for found in read], dtype=np.int64)
    flat = np.array([row for found in read for row in found], dtype=np.int64).reshape(-1, 3)
    many = sizes[which]
    row = np.repeat(np.arange(len(at)), many)
    within = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    i, j, said = flat[(np.cumsum(sizes) - sizes)[which[row]] + within].T
    values = (task[at[row]], i, j, number[speaker_of[row]], said)
    for column, found in zip(columns, values, strict=True):
        column.append(found)
    spoke = np.unique(kind[at[row[~golden[row]]]])
    bars.update(TASK_KINDS[kinds[code]].has_bar for code in spoke.tolist())


def _said_in(
    kinds: list[str], code: int, texts: list[str], knowns: list[str]
) -> list[tuple[int, int, int]]:
    """What one distinct answer, or known answer, says: (first, second, what)."""
    shape, text = divmod(code, len(texts) + len(knowns))
    golden = text >= len(texts)
    answer = json.loads(knowns[text - len(texts)] if golden else texts[text])
    outcomes = TASK_KINDS[kinds[shape // 64]].outcomes(answer, shape % 64)
    # A tie in gold is neutral, as it is where answers are graded.
    return [(o.i, o.j, said_of(o)) for o in outcomes if not (golden and o.winner is None)]


def _codes(column: pa.ChunkedArray) -> tuple[list[str], IntArray]:
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0)
    return whole.dictionary.to_pylist(), whole.indices.to_numpy().astype(np.int64)


def _speakers(rows: pa.Table) -> tuple[list[str], IntArray]:
    """Who spoke in each row, as a number, and the key of each number."""
    keys, key = _codes(rows["labeler"])
    standings, standing = _codes(rows["standing"])
    distinct, which = np.unique(key * len(standings) + standing, return_inverse=True)
    spoken = [
        speaker(keys[code // len(standings)], standings[code % len(standings)])
        for code in distinct.tolist()
    ]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(spoken))}
    return list(numbers), np.array([numbers[name] for name in spoken])[which]
