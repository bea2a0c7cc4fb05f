"""Watching labelers at work: figures kept up in the background, and stopping work that fell off.

`refresh` measures a project, stores what it found and pauses whose evidence is beyond the
threshold, where the project wants that (`pausing`). What is measured is `watch_figures`; habits are
shown as signals and never pause anybody.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from annotation.figures import keeping_figures
from annotation.models import Gold, KeptFigures, ProjectSettings, Watch
from annotation.stats.ongoing import findings_of
from annotation.watch import pausing, watched_work, written_work
from annotation.watch.watch_figures import Measured, measure
from annotation.watch.watched_work import Work
from labelers import notifying
from labelers.models import Person, Project

FIGURES = "watching"
"""The name of what is kept about a project as a whole."""

SETTLING = timedelta(seconds=60)
"""Transactions end later than they begin: so long after a deed a project is measured again."""

REST = 10
"""A project is left alone for so many times as long as measuring it took."""


@dataclass(frozen=True)
class Refreshed:
    """What one refresh did: labelers measured, and who was paused."""

    labelers: int
    paused: tuple[int, ...] = ()


def refresh_changed() -> int:
    """Refresh every project in which something happened; returns how many that were."""
    projects = Project.objects.exclude(state=Project.State.ARCHIVED)
    due = [project for project in projects if _is_due(project)]
    for project in due:
        refresh(project=project)
    return len(due)


def _is_due(project: Project) -> bool:
    kept = KeptFigures.objects.filter(project=project, name=FIGURES).first()
    if kept is None:
        return True
    basis = keeping_figures.basis_of(project)
    if timezone.now() - kept.computed_at < timedelta(seconds=REST * kept.seconds):
        return False
    settled = basis.changed_at is None or kept.computed_at > basis.changed_at + SETTLING
    return kept.basis != basis.mark or not settled


def refresh(*, project: Project) -> Refreshed:
    """Measure everybody's work in `project`, keep the figures, pause who has clearly fallen.

    Reads one state of the project, locks nothing while it computes, and can be repeated.
    """
    began, began_at = time.perf_counter(), timezone.now()
    basis = keeping_figures.basis_of(project)
    watches = {watch.person_id: watch for watch in Watch.objects.filter(project=project)}
    since = {pk: watch.since for pk, watch in watches.items()}
    with transaction.atomic():
        work = watched_work.read(project)
    measured = _measured(work, since)
    figures = {
        int(key[2:]): found for key, found in measured.figures.items() if key.startswith("p:")
    }
    _add_written(project, figures, watches)
    with transaction.atomic():
        _tell_of_copies(project, figures, watches)
        _store(project, figures, watches)
        _store_difficulty(project, measured.difficulty)
        KeptFigures.objects.update_or_create(
            project=project,
            name=FIGURES,
            defaults={
                "figures": _of_project(measured),
                "basis": basis.mark,
                "seconds": time.perf_counter() - began,
                "computed_at": began_at,
            },
        )
    paused = _pause_fallen(project, measured, work.keys, since)
    return Refreshed(len(figures), tuple(paused))


def _measured(work: Work, since: dict[int, datetime | None]) -> Measured:
    begin = {f"p:{pk}": at.timestamp() for pk, at in since.items() if at}
    return measure(work, begin)


def _add_written(
    project: Project, figures: dict[int, dict[str, Any]], watches: dict[int, Watch]
) -> None:
    """Add habits of writing, read again only of those who wrote enough more."""
    for person, wrote in written_work.writers(project).items():
        only_written = measured_nothing() | {
            "answers": wrote.count,
            "last_at": wrote.last_at.timestamp(),
        }
        found = figures.setdefault(person, only_written)
        before = watches[person].figures.get("written", {}) if person in watches else {}
        if before.get("mark") != wrote.mark:
            signals = written_work.signals_of(project=project, person=person)
            before = {"mark": wrote.mark, "signals": signals}
        found["written"] = before
        found["signals"] += before["signals"]


def _tell_of_copies(
    project: Project, figures: dict[int, dict[str, Any]], watches: dict[int, Watch]
) -> None:
    """Tell admins, once for each two, that somebody seems to repeat somebody; pauses nobody."""
    for person, found in figures.items():
        known = watches[person].figures.get("told", []) if person in watches else []
        copied = [each["whom"] for each in found["copies"] if each["who"] == f"p:{person}"]
        new = [whom for whom in copied if whom not in known]
        found["told"] = [*known, *new]
        for whom in new:
            names = Person.objects.in_bulk([person, int(whom[2:])])
            notifying.notify_admins(
                project=project,
                kind="labeler_repeats",
                detail={
                    "labeler": names[person].username,
                    "name": names[int(whom[2:])].username,
                    "key": f"p:{person}",
                },
            )


def measured_nothing() -> dict[str, Any]:
    """The figures of somebody who compares nothing."""
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    return {
        "answers": 0,
        "gold": nothing,
        "consensus": nothing,
        "corrected": nothing,
        "rolling": {"gold": [], "consensus": []},
        "paths": {},
        "signals": [],
        "copies": [],
        "sides": {},
        "pairs": [],
    }


def _store(project: Project, figures: dict[int, dict[str, Any]], watches: dict[int, Watch]) -> None:
    """Keep the figures that changed; somebody whose answers are gone has none."""
    now = timezone.now()
    gone = {pk: measured_nothing() for pk in watches if pk not in figures}
    changed = []
    for person, found in (figures | gone).items():
        mark = sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:32]
        before = watches.get(person)
        if before is None or before.basis != mark:
            changed.append(
                Watch(project=project, person_id=person, figures=found, basis=mark, computed_at=now)
            )
    Watch.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["project", "person"],
        update_fields=["figures", "basis", "computed_at"],
        batch_size=100,
    )


def _store_difficulty(project: Project, difficulty: dict[int, float]) -> None:
    """Keep how hard gold is; what moved by less than a hundredth stays."""
    moved = []
    for gold in Gold.objects.filter(task__project=project, task__in=difficulty):
        found = difficulty[gold.task_id]
        if gold.difficulty is None or abs(gold.difficulty - found) >= 0.01:
            gold.difficulty = found
            moved.append(gold)
    Gold.objects.bulk_update(moved, ["difficulty"], batch_size=500)


def _of_project(measured: Measured) -> dict[str, Any]:
    imported = {key: found for key, found in measured.figures.items() if key.startswith("i:")}
    return {
        "usual": round(measured.watched.usual, 4),
        "poor": round(measured.watched.poor, 4),
        "imported": imported,
    }


def _pause_fallen(
    project: Project, measured: Measured, keys: list[str], since: dict[int, datetime | None]
) -> list[int]:
    if not ProjectSettings.objects.get(project=project).pauses_on_fall:
        return []
    paused = []
    for finding in findings_of(measured.watched):
        key = keys[finding.labeler]
        if not finding.pauses or not key.startswith("p:"):
            continue
        person = Person.objects.get(pk=int(key[2:]))
        scores = {
            "why": finding.reason,
            "after": finding.after,
            "evidence": round(finding.evidence, 2),
            "threshold": round(finding.threshold, 2),
            "usual": round(measured.watched.usual, 4),
            **{name: measured.figures[key][name] for name in ("gold", "consensus", "corrected")},
        }
        if _pause_if_unchanged(project, person, scores, since.get(person.pk)):
            paused.append(person.pk)
    return paused


@transaction.atomic
def _pause_if_unchanged(
    project: Project, person: Person, scores: dict[str, Any], since: datetime | None
) -> bool:
    """Pause on evidence, unless an admin let them work again while it was gathered."""
    watch = Watch.objects.select_for_update().get(project=project, person=person)
    if watch.since != since or not pausing.may_be_paused(project, person):
        return False
    # The labeler reads it, in a language that the job does not have.
    with translation.override(person.language):
        reason = _(
            "Many of your latest answers differ from known answers and from what others said."
        )
    pausing.pause(project=project, person=person, paused_by=None, reason=reason, scores=scores)
    return True
