"""A labeler's own work in a project: how much, when, how well it agrees with gold, and which items.

Nothing here may tell a labeler which items are gold: they count like all others, and the agreement
with gold speaks of whole days that are over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import kind_words, queries, wording
from annotation.grading import Grade, grade_judgment
from annotation.models import Assignment, Judgment, ProjectSettings, Report
from annotation.stats.bootstrap import wilson_interval
from annotation.task_kinds.base import inverse
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.work_counts import STORED
from labelers.models import Person, Project

CHARTED_DAYS = 30
PAGE_SIZE = 50
LEAST_COMPARISONS = 5
"""Below this many comparisons with gold an agreement would say more about chance."""

MEASURED = (Judgment.Standing.GOLD, Judgment.Standing.WITHDRAWN)
"""What answers to gold given unseen are; one that was taken back was given all the same."""


@dataclass(frozen=True)
class Amount:
    """How many items, and the active seconds spent on them."""

    items: int
    seconds: float

    @property
    def minutes(self) -> int:
        """The whole minutes."""
        return round(self.seconds / 60)

    @property
    def hours(self) -> float:
        """The hours, for pay."""
        return self.seconds / 3600


@dataclass(frozen=True)
class Figures:
    """Work by time; ``days`` are the last 30, ``months`` all with work, newest first."""

    today: Amount
    week: Amount
    in_all: Amount
    days: list[tuple[date, Amount]]
    months: list[tuple[date, Amount]]


def stored(person: Person, project: Project) -> Any:
    """The answers of `person` in `project` that stand."""
    return Judgment.objects.filter(
        person=person, task__project=project, is_current=True, standing__in=STORED
    )


def listed(person: Person, project: Project) -> Any:
    """The answers of `person` in `project` that stand, and those that an admin voided."""
    shown = Q(is_current=True, standing__in=STORED) | Q(standing=Judgment.Standing.VOIDED)
    return Judgment.objects.filter(shown, person=person, task__project=project)


def figures_of(*, person: Person, project: Project) -> Figures:
    """How much `person` has done in `project`, by the days of the server's time zone.

    An item counts on the day of its first answer, so that correcting it later changes no month
    that may have been paid; time counts when it was spent, on withdrawn answers too.
    """
    mine = Judgment.objects.filter(person=person, task__project=project)
    first = (
        Judgment.objects.filter(person=person, task=OuterRef("task"))
        .exclude(standing=Judgment.Standing.WITHDRAWN)
        .order_by("revision")
        .values("created_at")[:1]
    )
    items = dict(
        stored(person, project)
        .annotate(first=Subquery(first))
        .values_list(TruncDate("first"))
        .annotate(Count("id"))
    )
    seconds = dict(
        mine.exclude(standing=Judgment.Standing.VOIDED)
        .values_list(TruncDate("created_at"))
        .annotate(Sum("seconds", default=0.0))
    )
    by_day = {day: Amount(items.get(day, 0), seconds.get(day, 0.0)) for day in {*items, *seconds}}
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    first = today - timedelta(days=CHARTED_DAYS - 1)
    months = groupby(sorted(by_day, reverse=True), key=lambda day: day.replace(day=1))
    return Figures(
        today=by_day.get(today, Amount(0, 0.0)),
        week=_sum(amount for day, amount in by_day.items() if day >= monday),
        in_all=_sum(by_day.values()),
        days=[
            (day, by_day.get(day, Amount(0, 0.0)))
            for day in (first + timedelta(days=n) for n in range(CHARTED_DAYS))
        ],
        months=[(month, _sum(by_day[day] for day in days)) for month, days in months],
    )


def _sum(amounts: Any) -> Amount:
    found = list(amounts)
    return Amount(sum(a.items for a in found), sum(a.seconds for a in found))


@dataclass(frozen=True)
class GoldScore:
    """The share of comparisons that agree with gold, with its 95% Wilson interval."""

    value: float
    low: float
    high: float
    comparisons: int


def gold_score(*, person: Person, project: Project) -> GoldScore | None:
    """How `person` agrees with gold, None below 5 comparisons; ties of either side are left out.

    Of each gold item counts what they said last on the day they first answered it, once that day
    is over. So neither the next answer nor an undone or corrected one moves the score, which would
    tell that its item is gold.
    """
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    answers = (
        Judgment.objects.filter(
            person=person,
            task__project=project,
            task__is_gold=True,
            task__gold__retired_at=None,
            created_at__lt=midnight,
        )
        .order_by("task_id", "revision")
        .select_related("task__gold")
    )
    score = Grade()
    for _task, group in groupby(answers, key=lambda judgment: judgment.task_id):
        revisions = list(group)
        # An item may have become gold after it was answered, and answers may have been voided.
        if all(found.standing in MEASURED for found in revisions):
            score += grade_judgment(_last_of_first_day(revisions))
    if score.judged < LEAST_COMPARISONS:
        return None
    low, high = wilson_interval(score.right, score.judged)
    return GoldScore(score.right / score.judged, low, high, score.judged)


def _last_of_first_day(revisions: Sequence[Judgment]) -> Judgment:
    day = timezone.localdate(revisions[0].created_at)
    return [found for found in revisions if timezone.localdate(found.created_at) == day][-1]


@dataclass(frozen=True)
class RecentItem:
    """One answer, as its labeler finds it again. `correctable` is whether it may be changed now;
    `voided` is why it no longer counts, empty where it does."""

    judgment: int
    assignment: int
    at: datetime
    revision: int
    kind: str
    criterion: str
    prompt: str
    is_covered: bool
    answer: str
    seconds: float | None
    correctable_until: datetime
    correctable: bool
    voided: str = ""

    @property
    def excerpt(self) -> str:
        """How its prompt begins, empty where the text stays covered until it is asked for."""
        return "" if self.is_covered else self.prompt


def recent_items(
    *, person: Person, project: Project, before: int | None = None, limit: int | None = None
) -> list[RecentItem]:
    """The latest answers of `person`, newest first, or those before the judgment `before`."""
    answers = listed(person, project).select_related("task__prompt", "voiding")
    answers = answers.defer("voiding__before").order_by("-id")
    if before is not None:
        answers = answers.filter(pk__lt=before)
    found = list(answers[: limit or PAGE_SIZE])
    tasks = [judgment.task_id for judgment in found]
    settings = ProjectSettings.objects.get(project=project)
    assignments = dict(
        Assignment.objects.filter(person=person, task__in=tasks).values_list("task_id", "id")
    )
    # The window for corrections begins with the first answer.
    first = dict(
        Judgment.objects.filter(person=person, task__in=tasks)
        .exclude(standing=Judgment.Standing.WITHDRAWN)
        .values_list("task_id")
        .annotate(Min("created_at"))
    )
    disturbing = set(
        Report.objects.filter(
            task__in=tasks, decision="", reason=Report.Reason.DISTURBING
        ).values_list("task_id", flat=True)
    )
    window, now = timedelta(seconds=settings.correction_seconds), timezone.now()
    wants_cover = bool(person.preferences.get("cover_first"))
    is_open = project.state == Project.State.ACTIVE
    return [
        RecentItem(
            judgment=judgment.pk,
            assignment=assignments[judgment.task_id],
            at=judgment.created_at,
            revision=judgment.revision,
            kind=str(wording.KINDS[judgment.task.kind]),
            criterion=judgment.task.criterion,
            prompt=kind_words.excerpt(judgment.task.prompt.messages[-1]["content"]),
            is_covered=wants_cover
            or judgment.task_id in disturbing
            or queries.starts_covered(judgment.task, settings),
            answer=kind_words.answer_in_words(_on_screen(judgment)),
            seconds=judgment.seconds,
            correctable_until=first[judgment.task_id] + window,
            correctable=is_open and judgment.is_current and first[judgment.task_id] + window > now,
            voided=_why_voided(judgment),
        )
        for judgment in found
    ]


def _why_voided(judgment: Judgment) -> str:
    if judgment.standing != Judgment.Standing.VOIDED:
        return ""
    return judgment.voiding.reason if judgment.voiding else _("An admin took it out.")


def _on_screen(judgment: Judgment) -> dict[str, Any]:
    kind = TASK_KINDS[judgment.task.kind]
    return kind.reorder(judgment.answer, inverse(judgment.display_order))
