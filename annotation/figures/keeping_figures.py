"""Figures of quality that are kept, so that a page of a million judgments opens at once.

A background job measures large projects again when they have changed (`keep_changed`, every 20 s);
a small one is measured on the spot when somebody looks. Every deed that figures depend on writes
its audit row, so the newest row of a project tells cheaply whether anything happened. What is
measured is `measuring`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from annotation.figures import measuring
from annotation.models import KeptFigures
from labelers.models import AuditEvent, Project

SMALL = 2_000
"""Up to so many judgments a project is measured while a page waits."""

FRESH_SECONDS = 60
SETTLING = timedelta(seconds=60)
"""Figures younger than the last deed by less than this are measured once more: transactions end
later than they begin, and the consensus follows the answers."""


@dataclass(frozen=True)
class Basis:
    """What figures rest on: a mark that changes with every deed, and when the last one was."""

    mark: str
    changed_at: datetime | None
    is_small: bool


@dataclass(frozen=True)
class Kept:
    """One set of figures as a page shows it; ``figures`` is None while they are first measured."""

    figures: dict[str, Any] | None
    computed_at: datetime | None = None
    is_current: bool = True
    """False while newer figures are being measured."""


def figures(*, project: Project, name: str) -> Kept:
    """The figures of that name (`measuring.NAMES`), never older than a change of a minute ago.

    A large project's are measured in the background and meanwhile shown as they were.
    """
    kept = KeptFigures.objects.filter(project=project, name=name).first()
    now = timezone.now()
    basis = basis_of(project)
    if kept is not None and _is_fresh(kept, basis, now):
        return Kept(kept.figures, kept.computed_at)
    if basis.is_small:
        keep(project=project)
        kept = KeptFigures.objects.get(project=project, name=name)
        return Kept(kept.figures, kept.computed_at)
    keep_soon(project)
    return Kept(kept.figures, kept.computed_at, is_current=False) if kept else Kept(None)


def keep(*, project: Project) -> float:
    """Measure everything and keep it; returns the seconds that it took.

    The basis is noted before the first row is read: what comes meanwhile is measured again.
    """
    basis = basis_of(project)
    began_at, began = timezone.now(), time.perf_counter()
    found = measuring.measure(project)
    seconds = time.perf_counter() - began
    with transaction.atomic():
        for name, values in found.items():
            KeptFigures.objects.update_or_create(
                project=project,
                name=name,
                defaults={
                    "figures": values,
                    "basis": basis.mark,
                    "seconds": seconds,
                    "computed_at": began_at,
                },
            )
    return seconds


def keep_soon(project: Project) -> bool:
    """Have the figures measured in the background; False where that is already asked for."""
    lock = f"annotation.figures.{project.pk}"
    job = app.configure_task(
        "annotation.keep_figures", queue="light", lock=lock, queueing_lock=lock
    )
    try:
        with transaction.atomic():
            job.defer(project=project.pk)
    except AlreadyEnqueued:
        return False
    return True


def keep_changed() -> int:
    """Ask for new figures of every large project that has changed; returns how many.

    A small one is measured when somebody looks, however many of them change at once.
    """
    asked = 0
    for project in Project.objects.exclude(state=Project.State.ARCHIVED):
        kept = KeptFigures.objects.filter(project=project, name=measuring.NAMES[0]).first()
        basis = basis_of(project)
        if basis.is_small:
            continue
        if kept is None or kept.basis != basis.mark or not _has_settled(kept, basis):
            asked += keep_soon(project)
    return asked


def basis_of(project: Project) -> Basis:
    """What the figures of a project rest on now: two index look-ups, whatever its size.

    The judgments themselves are counted, too, where they are few.
    """
    newest = (
        AuditEvent.objects.filter(project=project, is_reading=False)
        .order_by("-id")
        .values_list("id", "at")
        .first()
    )
    event, at = newest or (0, None)
    judgments, last, current = _few(project)
    is_small = judgments <= SMALL
    counted = f".{judgments}.{last}.{current}" if is_small else ""
    return Basis(f"{event}{counted}", at, is_small)


_FEW = """
    SELECT count(*), coalesce(max(id), 0), count(*) FILTER (WHERE is_current) FROM (
        SELECT j.id, j.is_current FROM annotation_task t
        JOIN annotation_judgment j ON j.task_id = t.id
        WHERE t.project_id = %s LIMIT %s
    ) few
"""


def _few(project: Project) -> tuple[int, int, int]:
    """Count, newest id and current ones among the judgments, no more than tell it from SMALL."""
    with connection.cursor() as cursor:
        cursor.execute(_FEW, [project.pk, SMALL + 1])
        count, last, current = cursor.fetchone()
    return count, last, current


def _has_settled(kept: KeptFigures, basis: Basis) -> bool:
    return basis.changed_at is None or kept.computed_at > basis.changed_at + SETTLING


def _is_fresh(kept: KeptFigures, basis: Basis, now: datetime) -> bool:
    young = now - kept.computed_at < timedelta(seconds=FRESH_SECONDS)
    if kept.basis != basis.mark:
        # A small project's page follows every answer.
        return young and not basis.is_small
    return young or _has_settled(kept, basis)
