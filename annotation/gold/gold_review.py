"""Which gold items should go, whether there are enough of them, and whether they are balanced.

Everything here is read and proposed; an admin decides (`keeping_gold`). `look_at_gold` runs in the
background and tells admins once of what is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Q, TextField
from django.db.models.functions import Cast, Coalesce, Length
from django.utils import timezone

from annotation.gold.gold_evidence import Evidence, evidence_of, in_force
from annotation.models import (
    Assignment,
    Gold,
    Guidelines,
    Judgment,
    KeptFigures,
    ProjectSettings,
    TaskResponse,
)
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import notifying
from labelers.models import Project, Qualification

OLD = timedelta(days=90)
VERY_OLD = timedelta(days=180)
ACTIVE = timedelta(days=14)
FEW_LEFT = 5
"""A labeler with fewer unseen gold items will soon be asked none."""

ONE_SIDED = 0.6
LEAST_COMPARISONS = 10
TOLD = "gold_told"


def stale(project: Project) -> Any:
    """The gold in force that nobody has affirmed for half a year, or for a quarter of one since the
    guidelines changed."""
    now = timezone.now()
    held = Gold.objects.filter(task__project=project, task__is_gold=True, retired_at=None)
    held = held.annotate(held_at=Coalesce("affirmed_at", "created_at"))
    changed = Guidelines.objects.filter(project=project).aggregate(at=Max("created_at"))["at"]
    old = Q(held_at__lt=now - VERY_OLD)
    if changed is not None:
        old |= Q(held_at__lt=now - OLD) & Q(held_at__lt=changed)
    return held.filter(old)


def contradicted(evidence: dict[int, Evidence]) -> list[int]:
    """The tasks whose gold good labelers contradict."""
    return [task for task, found in evidence.items() if found.is_contradicted]


def to_retire(project: Project, evidence: dict[int, Evidence]) -> dict[int, list[str]]:
    """By task: why its gold should be looked at, ``contradicted`` or ``stale``."""
    reasons: dict[int, list[str]] = {task: ["contradicted"] for task in contradicted(evidence)}
    for task in stale(project).values_list("task_id", flat=True):
        reasons.setdefault(task, []).append("stale")
    return reasons


@dataclass(frozen=True)
class Pool:
    """How far the gold reaches: of ``gold`` items in force, what is left for ``labelers`` active in
    the last two weeks. ``least`` is what the one with fewest has; ``few`` have nearly none."""

    gold: int
    labelers: int
    least: int | None
    median: int | None
    few: int

    @property
    def is_low(self) -> bool:
        """Whether somebody will be asked less gold than wanted."""
        return self.gold > 0 and self.few > 0


def pool_of(project: Project) -> Pool:
    """How far the gold of `project` reaches."""
    gold = in_force(project).count()
    suspended = Qualification.objects.filter(
        project=project, stage=Qualification.Stage.SUSPENDED
    ).values("person")
    active = set(
        Judgment.objects.filter(
            task__project=project,
            is_current=True,
            person__isnull=False,
            created_at__gte=timezone.now() - ACTIVE,
        )
        .exclude(person__in=suspended)
        .values_list("person", flat=True)
        .distinct()
    )
    seen = dict(
        Assignment.objects.filter(task__in=in_force(project).values("task"), person__in=active)
        .exclude(state=Assignment.State.EXPIRED)
        .values_list("person")
        .annotate(n=Count("id"))
    )
    left = sorted(gold - seen.get(person, 0) for person in active)
    return Pool(
        gold=gold,
        labelers=len(left),
        least=left[0] if left else None,
        median=left[len(left) // 2] if left else None,
        few=sum(some < FEW_LEFT for some in left),
    )


@dataclass(frozen=True)
class Balance:
    """How often a simple rule would meet the gold: always the longer response, or, where one is
    judged by itself, always good. ``difficulty`` counts items by band."""

    longer: int
    compared: int
    good: int
    judged_alone: int
    difficulty: dict[str, int]

    @property
    def longer_share(self) -> float | None:
        """What somebody would score who always takes the longer one."""
        return self.longer / self.compared if self.compared else None

    @property
    def good_share(self) -> float | None:
        """What somebody would score who always says good."""
        return self.good / self.judged_alone if self.judged_alone else None

    @property
    def is_one_sided(self) -> bool:
        """Whether one of these rules, or its opposite, does clearly better than guessing."""
        pairs = ((self.longer_share, self.compared), (self.good_share, self.judged_alone))
        return any(
            share is not None and n >= LEAST_COMPARISONS and max(share, 1 - share) > ONE_SIDED
            for share, n in pairs
        )


def balance_of(project: Project) -> Balance:
    """How the gold of `project` is balanced by length and by difficulty."""
    rows = in_force(project).values_list("task_id", "task__kind", "answer", "difficulty")
    lengths = _lengths(project)
    longer = compared = good = alone = 0
    bands: Counter[str] = Counter()
    for task, kind, answer, difficulty in rows:
        bands[band_of(difficulty)] += 1
        sizes = lengths.get(task, [])
        for outcome in TASK_KINDS[kind].outcomes(answer, len(sizes)):
            if outcome.winner is None:
                continue
            if outcome.j >= len(sizes):
                # The bar of being good enough stands behind the responses.
                alone += 1
                good += outcome.winner == outcome.i
            elif sizes[outcome.i] != sizes[outcome.j]:
                other = outcome.i + outcome.j - outcome.winner
                compared += 1
                longer += sizes[outcome.winner] > sizes[other]
    return Balance(longer, compared, good, alone, dict(bands))


def _lengths(project: Project) -> dict[int, list[int]]:
    """By gold task: the lengths of its responses in canonical order."""
    found: dict[int, list[int]] = {}
    placed = (
        TaskResponse.objects.filter(task__in=in_force(project).values("task"))
        .order_by("task", "position")
        .annotate(size=Length(Cast("response__messages", TextField())))
    )
    for task, size in placed.values_list("task_id", "size"):
        found.setdefault(task, []).append(size)
    return found


def band_of(difficulty: float | None) -> str:
    """``easy`` where an average labeler fails less than one in ten, ``hard`` above three in ten;
    ``unknown`` before there is evidence."""
    if difficulty is None:
        return "unknown"
    return "easy" if difficulty < -2.2 else "hard" if difficulty > -0.85 else "medium"


# ----------------------------------------------------------------------------- in the background


def look_at_all(projects: Iterable[Project]) -> int:
    """Look at the gold of every project that has some; how many notices were called for."""
    return sum(look_at_gold(project=project) for project in projects)


@transaction.atomic
def look_at_gold(*, project: Project) -> int:
    """Tell admins of gold that newly should be looked at, and when it begins to run out."""
    if not in_force(project).exists():
        return 0
    told, _created = KeptFigures.objects.select_for_update().get_or_create(
        project=project, name=TOLD, defaults={"figures": {"retire": [], "low": False}}
    )
    propose = sorted(to_retire(project, evidence_of(project)))
    wants_gold = ProjectSettings.objects.filter(project=project, gold_rate__gt=0).exists()
    low = wants_gold and pool_of(project).is_low
    kinds = []
    if set(propose) - set(told.figures["retire"]):
        kinds.append("gold_proposed")
    if low and not told.figures["low"]:
        kinds.append("gold_low")
    for kind in kinds:
        notifying.notify_admins(project=project, kind=kind)
    told.figures, told.computed_at = {"retire": propose, "low": low}, timezone.now()
    told.save(update_fields=["figures", "computed_at"])
    return len(kinds)


def last_shown(tasks: Iterable[int]) -> dict[int, Any]:
    """By task: when somebody was given it last."""
    given = Assignment.objects.filter(task__in=tasks).values_list("task")
    return dict(given.annotate(at=Max(F("leased_at"))))
