"""The funnel that a project's candidates make together: stages, the time they take, and weeks.

Counts only; who is where stands in `journeys`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from annotation.entry import hiring
from annotation.entry.journeys import Journey, journeys_of
from annotation.models.screening import ScreeningPolicy
from labelers.consenting import form_in_force
from labelers.models import Project, Role
from labelers.queries import open_invitations


@dataclass(frozen=True)
class Step:
    """One stage: how many came so far, and the median hours it took those who did."""

    name: str
    title: Any
    count: int
    hours: float | None = None


@dataclass(frozen=True)
class Week:
    """Those who came in one week (``2026-W47``), and what has become of them."""

    week: str
    came: int
    examined: int
    passed: int
    failed: int
    waiting: int


@dataclass(frozen=True)
class Funnel:
    """A project's candidates together; ``open_places`` are invitations that nobody used yet.

    ``hours_in_all`` is the median from coming to passing.
    """

    steps: list[Step]
    weeks: list[Week]
    open_places: int
    hours_in_all: float | None


REACHED: dict[str, tuple[Any, Callable[[Journey], bool]]] = {
    "invited": (_("Came"), lambda j: True),
    "consented": (_("Consented"), lambda j: j.consented_at is not None),
    "surveyed": (_("Past the survey"), lambda j: j.surveyed),
    "quizzed": (_("Quiz passed"), lambda j: j.quizzed),
    "trained": (_("Trained"), lambda j: j.trained > 0),
    "examined": (_("Began an exam"), lambda j: bool(j.exams)),
    "passed": (_("Passed"), lambda j: j.passed),
    "failed": (_("Not accepted"), lambda j: j.failed),
    "waiting": (_("Waits for a decision"), lambda j: j.waits),
    "working": (_("Working"), lambda j: j.works and j.passed),
}


def funnel_of(project: Project, journeys: Sequence[Journey] | None = None) -> Funnel:
    """How many came how far, and how long it took; what the policy leaves out is missing."""
    found = journeys_of(project) if journeys is None else journeys
    left_out = _left_out(project, hiring.policy_of(project))
    hours = {
        "consented": _hours(found, lambda j: j.came_at, lambda j: j.consented_at),
        "trained": _hours(found, lambda j: j.training_from, lambda j: j.training_to),
        "examined": _hours(
            found, lambda j: j.exam and j.exam.started_at, lambda j: j.exam and j.exam.finished_at
        ),
        "waiting": _hours(found, _left_to_admins_at, lambda j: j.exam and j.exam.decided_at),
    }
    places = open_invitations(project).filter(role=Role.LABELER)
    return Funnel(
        steps=[
            Step(name, title, sum(map(reached, found)), hours.get(name))
            for name, (title, reached) in REACHED.items()
            if name not in left_out
        ],
        weeks=_weeks(found),
        open_places=places.aggregate(n=Sum(F("max_uses") - F("uses"), default=0))["n"],
        hours_in_all=_hours(found, lambda j: j.came_at, lambda j: j.passed_at),
    )


def _left_out(project: Project, policy: ScreeningPolicy) -> set[str]:
    asked = {
        "consented": form_in_force(project) is not None,
        "surveyed": policy.asks_survey,
        "quizzed": bool(policy.quiz),
        "trained": policy.training_items > 0,
        "examined": policy.has_exam,
        "waiting": policy.has_exam,
    }
    return {name for name, is_asked in asked.items() if not is_asked}


def _left_to_admins_at(journey: Journey) -> datetime | None:
    exam = journey.exam
    return exam.finished_at if exam and exam.decided_by_id else None


def _hours(
    journeys: Iterable[Journey],
    begin: Callable[[Journey], datetime | None],
    end: Callable[[Journey], datetime | None],
) -> float | None:
    """The median hours between two moments, of those who have both."""
    spans = [
        max(0.0, (last - first).total_seconds() / 3600)
        for first, last in ((begin(journey), end(journey)) for journey in journeys)
        if first is not None and last is not None
    ]
    return median(spans) if spans else None


def _weeks(journeys: Iterable[Journey]) -> list[Week]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for journey in journeys:
        year, week, _day = journey.came_at.isocalendar()
        count = counts[f"{year}-W{week:02}"]
        for name in ("invited", "examined", "passed", "failed", "waiting"):
            count[name] += REACHED[name][1](journey)
    return [
        Week(
            week,
            *(counts[week][name] for name in ("invited", "examined", "passed")),
            counts[week]["failed"],
            counts[week]["waiting"],
        )
        for week in sorted(counts)
    ]
