"""Learning how reliable labelers are from all answers of a project, and keeping what was learned.

Besides what takes part in the consensus, answers to gold items are read: what is right there is
known. `answers_of` runs on any connection, so that an export learns from exactly the moment it
reads. What is made of it is `annotation.consensus.aggregating`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, Max
from django.utils import timezone

from annotation.consensus.methods.aggregate import Spoken, laid_out
from annotation.consensus.methods.base import ADJUDICATOR, GOLD, Answers, Reliabilities
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.models import Judgment, KeptFigures
from annotation.task_kinds.base import Outcome
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
_FETCH = 5000

LABELER_KEY = (
    "CASE WHEN j.person_id IS NULL THEN 'i:' || j.imported_labeler ELSE 'p:' || j.person_id END"
)
"""How a labeler is known, in SQL."""

_ANSWERS = f"""
    SELECT t.id, t.kind,
        COALESCE(placed.responses, 0),
        g.answer::text, {LABELER_KEY}, j.standing, j.answer::text
    FROM annotation_task t
    JOIN annotation_prompt p ON p.id = t.prompt_id
    JOIN annotation_judgment j ON j.task_id = t.id AND j.is_current
    LEFT JOIN annotation_gold g ON g.task_id = t.id
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

    These are ``project``, ``standings``, and ``languages``, ``tags``, ``since``, ``until``, each of
    which may be None.
    """
    cursor.execute(_ANSWERS, conditions)
    bars: set[bool] = set()
    answers = laid_out(_tasks(_rows(cursor), bars))
    return Answers(answers.comparisons, answers.names, symmetric=bars != {True})


def fit(answers: Answers, method: str) -> Reliabilities | None:
    """What `method` learns of the labelers; None where it has nothing to learn."""
    learn = CONSENSUS_METHODS[method].fit
    return learn(answers) if learn else None


def everything_of(project: Project) -> dict[str, Any]:
    """The conditions that all of a project's answers meet."""
    nothing = dict.fromkeys(("languages", "tags", "since", "until"))
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
    with connection.chunked_cursor() as cursor:
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


def _rows(cursor: CursorWrapper) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_FETCH):
        yield from rows


def _tasks(rows: Iterator[tuple[Any, ...]], bars: set[bool]) -> Iterator[tuple[int, Spoken]]:
    """What was said of every task; where its answer is known, gold is one of those who spoke."""
    for (pk, name, responses, known), group in groupby(rows, key=lambda row: row[:4]):
        kind = TASK_KINDS[name]
        answers: list[list[Outcome]] = []
        labelers: list[str] = []
        for *_, key, standing, answer in group:
            answers.append(kind.outcomes(json.loads(answer), responses))
            labelers.append(speaker(key, standing))
        if any(answers):
            bars.add(kind.has_bar)
        if known is not None:
            sure = kind.outcomes(json.loads(known), responses)
            # A tie in gold is neutral, as it is where answers are graded.
            answers.append([outcome for outcome in sure if outcome.winner is not None])
            labelers.append(GOLD)
        yield pk, Spoken(answers, labelers, kind.compared(responses))
