"""Payrolls: a period is closed into rows that never change; corrections come in the next one.

What somebody gets is what is due to them in all, rounded once, less what earlier payrolls gave. So
nothing is rounded twice, an answer that was on its way while a period was closed is paid in the
next one, and so is (or is taken back) whatever was voided or restored since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.grading import Grade, grade_judgment
from annotation.models import Judgment, PayRate, Payroll, PayrollRow
from annotation.pay.earning import Due, due_by_person
from annotation.pay.money import Money, to_minor
from annotation.pay.rating_work import rate_at
from labelers import audit, notifying
from labelers.models import Person, Project

LEAST_COMPARISONS = 5
"""Below this many comparisons with known answers there is no bonus for agreeing with them."""


@dataclass(frozen=True)
class Row:
    """What one person would get by the payroll, in smallest units."""

    person: int
    items: int
    seconds: Decimal
    earned: int
    adjustment: int
    bonus: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.earned + self.adjustment + self.bonus

    @property
    def hours(self) -> float:
        """The active hours that count for pay."""
        return float(self.seconds) / 3600


@dataclass(frozen=True)
class Period:
    """What closing at ``until`` would make: the rows, in the order of people's keys."""

    since: datetime | None
    until: datetime
    currency: str
    rows: list[Row]

    @property
    def total(self) -> Money:
        """What all get together."""
        return Money(sum(row.total for row in self.rows), self.currency)


def preview(*, project: Project, until: datetime | None = None) -> Period:
    """What closing the present period at `until`, or now, would make; changes nothing.

    Raises:
        ValidationError: by field; there is no rate, or `until` is no time of the period.
    """
    until = until or timezone.now()
    last = project.payrolls.first()
    since = last.until if last else None
    rate = rate_at(project, until)
    if rate is None:
        raise ValidationError({"until": _("Say what is paid first: no rate holds at that time.")})
    if until > timezone.now():
        raise ValidationError({"until": _("This time is still to come; give an earlier one.")})
    if since is not None and until <= since:
        raise ValidationError({"until": _("This time lies in a closed period; give a later one.")})
    due = due_by_person(project=project, since=since, until=until)
    given = _given_before(project)
    people = sorted(due.keys() | given.keys())
    nothing = Due(0, Decimal(0), Decimal(0), Decimal(0))
    scores = _gold_scores(project, since, until) if rate.bonus_percent else {}
    rows = [
        _row(person, due.get(person, nothing), given.get(person, 0), rate, scores.get(person))
        for person in people
    ]
    return Period(since, until, rate.currency, [row for row in rows if row.items or row.adjustment])


def _given_before(project: Project) -> dict[int, int]:
    rows = PayrollRow.objects.filter(payroll__project=project).order_by()
    sums = rows.values_list("person").annotate(given=Sum(F("earned") + F("adjustment")))
    return dict(sums)


def _row(person: int, due: Due, given: int, rate: PayRate, score: Grade | None) -> Row:
    before = to_minor(due.before, rate.currency)
    earned = to_minor(due.in_all, rate.currency) - before
    # What is to be taken back comes off later pay, never below nothing; the rest stays to be taken.
    adjustment = max(before - given, -earned)
    return Row(
        person, due.items, due.seconds, earned, adjustment, _bonus(earned + adjustment, rate, score)
    )


def _bonus(amount: int, rate: PayRate, score: Grade | None) -> int:
    if score is None or score.judged < LEAST_COMPARISONS or amount <= 0:
        return 0
    if score.right / score.judged < rate.bonus_score:
        return 0
    exact = amount * rate.bonus_percent / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _gold_scores(project: Project, since: datetime | None, until: datetime) -> dict[int, Grade]:
    """By person: how the answers to gold of the period agree with what was expected."""
    in_period = Q(created_at__lt=until) & (Q(created_at__gte=since) if since else Q())
    answers = Judgment.objects.filter(
        in_period,
        task__project=project,
        task__gold__retired_at=None,
        is_current=True,
        standing=Judgment.Standing.GOLD,
    ).select_related("task__gold")
    scores: dict[int, Grade] = {}
    for judgment in answers.iterator(chunk_size=2000):
        if judgment.person_id is not None:
            held = scores.get(judgment.person_id, Grade())
            scores[judgment.person_id] = held + grade_judgment(judgment)
    return scores


@transaction.atomic
def close_period(*, project: Project, closed_by: Person, until: datetime | None = None) -> Payroll:
    """Close the present period at `until`, or now, and tell everybody what they get.

    Raises:
        ValidationError: by field; as `preview`, or there is nothing to pay or to take back.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    period = preview(project=project, until=until)
    if not period.rows:
        raise ValidationError({"until": _("Nobody has earned anything in this period.")})
    last = project.payrolls.first()
    made = Payroll.objects.create(
        project=project,
        number=last.number + 1 if last else 1,
        since=period.since,
        until=period.until,
        currency=period.currency,
        closed_by=closed_by,
    )
    PayrollRow.objects.bulk_create(
        PayrollRow(
            payroll=made,
            person_id=row.person,
            items=row.items,
            seconds=row.seconds,
            earned=row.earned,
            adjustment=row.adjustment,
            bonus=row.bonus,
            total=row.total,
        )
        for row in period.rows
    )
    audit.record(
        actor=closed_by,
        action="payroll.closed",
        project=project,
        subject=f"payroll:{made.number}",
        until=made.until.isoformat(),
        rows=len(period.rows),
        total=str(period.total.amount),
        currency=made.currency,
    )
    for row in made.rows.select_related("person"):
        amount = f"{Money(row.total, made.currency).amount} {made.currency}"
        notifying.notify(
            person=row.person,
            project=project,
            kind="pay_approved",
            detail={"amount": amount, "count": row.items},
        )
    return made
