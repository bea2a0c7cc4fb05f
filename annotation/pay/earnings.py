"""A labeler's own earnings: by day and month, and what is pending, to be paid, paid or refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db.models import F, Sum
from django.utils import timezone

from annotation.models import PayRate, PayrollRow
from annotation.pay.earning import Day, days_of
from annotation.pay.money import Money, to_minor
from annotation.pay.rating_work import rate_at
from labelers.models import Person, Project

SHOWN_DAYS = 62
State = PayrollRow.State


@dataclass(frozen=True)
class Earned:
    """What the items first answered on a day, or in a month named by its first day, are worth."""

    day: date
    items: int
    seconds: Decimal
    money: Money

    @property
    def hours(self) -> float:
        """The active hours that count for pay."""
        return float(self.seconds) / 3600


@dataclass(frozen=True)
class Earnings:
    """Everything one person has earned in a project.

    ``pending`` is in no payroll yet, and what the next one would add; below nothing it is what will
    be taken off later pay. ``coming`` is the next version of the rate, if one is set.
    """

    rate: PayRate | None
    coming: PayRate | None
    pending: Money
    approved: Money
    paid: Money
    refused: Money
    days: list[Earned]
    months: list[Earned]
    rows: list[PayrollRow]


def earnings_of(*, person: Person, project: Project) -> Earnings | None:
    """What `person` has earned in `project`; None where the project has never said what it pays."""
    now = timezone.now()
    newest = project.pay_rates.first()
    if newest is None:
        return None
    currency = newest.currency
    days = days_of(person=person, project=project)
    rows = PayrollRow.objects.filter(payroll__project=project, person=person)
    given = rows.aggregate(sum=Sum(F("earned") + F("adjustment"), default=0))["sum"]
    due = to_minor(sum((day.amount for day in days), Decimal(0)), currency)
    by_state = dict(rows.order_by().values_list("state").annotate(Sum("total")))
    months = groupby(days, key=lambda day: day.day.replace(day=1))
    return Earnings(
        rate=rate_at(project, now),
        coming=project.pay_rates.filter(holds_from__gt=now).last(),
        pending=Money(due - given, currency),
        approved=Money(by_state.get(State.APPROVED, 0), currency),
        paid=Money(by_state.get(State.PAID, 0), currency),
        refused=Money(by_state.get(State.REFUSED, 0), currency),
        days=[_sum(day.day, [day], currency) for day in days[:SHOWN_DAYS]],
        months=[_sum(month, list(of_month), currency) for month, of_month in months],
        rows=list(rows.select_related("payroll").order_by("-payroll__number")),
    )


def _sum(day: date, days: list[Day], currency: str) -> Earned:
    return Earned(
        day,
        sum(one.items for one in days),
        sum((one.seconds for one in days), Decimal(0)),
        Money(to_minor(sum((one.amount for one in days), Decimal(0)), currency), currency),
    )
