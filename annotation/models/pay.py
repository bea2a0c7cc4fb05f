"""Pay: rates that hold from a date, and payrolls, whose figures never change.

Money is exact everywhere: rates are decimals of the currency with four places, what a payroll gives
is a whole number of the currency's smallest unit. How it comes about is `annotation.pay`.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotation.pay.money import Money
from labelers.models import Person, Project

NOT_NEGATIVE = [MinValueValidator(0)]


def _rate() -> models.DecimalField:
    return models.DecimalField(max_digits=12, decimal_places=4, default=0, validators=NOT_NEGATIVE)


class PayRate(models.Model):
    """One version of what a project pays; it holds for items first answered from ``holds_from`` on.

    ``per_turn`` is for each turn that somebody writes in a conversation, ``per_item`` for every
    other item. ``per_hour`` pays active time, of which an item counts ``cap_seconds`` at most.
    ``bonus_percent`` is added to a period's pay of who agrees with at least ``bonus_score`` of the
    known answers in it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pay_rates")
    holds_from = models.DateTimeField()
    currency = models.CharField(max_length=3)
    per_item = _rate()
    per_turn = _rate()
    per_hour = _rate()
    cap_seconds = models.PositiveIntegerField(
        default=600, validators=[MinValueValidator(1), MaxValueValidator(24 * 3600)]
    )
    pays_training = models.BooleanField(default=False)
    pays_exam = models.BooleanField(default=False)
    pays_second_looks = models.BooleanField(default=True)
    bonus_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[*NOT_NEGATIVE, MaxValueValidator(200)],
    )
    bonus_score = models.FloatField(
        default=0.9, validators=[MinValueValidator(0.5), MaxValueValidator(1)]
    )
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-holds_from", "-id"]

    def __str__(self) -> str:
        return f"pay of {self.project} from {self.holds_from:%Y-%m-%d}"


class Payroll(models.Model):
    """A closed period of a project, from the end of the one before to ``until``."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="payrolls")
    number = models.PositiveIntegerField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    currency = models.CharField(max_length=3)
    closed_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="payrolls_closed"
    )
    closed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="payrolls_are_numbered")
        ]

    def __str__(self) -> str:
        return f"payroll {self.number} of {self.project}"


class PayrollRow(models.Model):
    """What one person gets by one payroll, in the currency's smallest unit.

    ``earned`` is for the items of the period, ``adjustment`` what changed since in earlier ones
    (negative where work was voided), ``bonus`` on top; ``total`` is all three. The figures are
    locked by a trigger; only the state moves.
    """

    class State(models.TextChoices):
        APPROVED = "approved", _("To be paid")
        PAID = "paid", _("Paid")
        REFUSED = "refused", _("Refused")

    payroll = models.ForeignKey(Payroll, on_delete=models.CASCADE, related_name="rows")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="payroll_rows")
    items = models.PositiveIntegerField()
    seconds = models.DecimalField(max_digits=12, decimal_places=1)
    earned = models.BigIntegerField()
    adjustment = models.BigIntegerField(default=0)
    bonus = models.BigIntegerField(default=0)
    total = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.APPROVED)
    reason = models.CharField(max_length=1000, blank=True)
    settled_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="payroll_rows_settled"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["person_id"]
        constraints = [
            models.UniqueConstraint(fields=["payroll", "person"], name="one_row_each_in_a_payroll"),
            models.CheckConstraint(
                condition=Q(total=models.F("earned") + models.F("adjustment") + models.F("bonus")),
                name="a_payroll_row_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.payroll}"

    @property
    def hours(self) -> float:
        """The active hours that were paid for."""
        return float(self.seconds) / 3600

    @property
    def money(self) -> Money:
        """The total in the payroll's currency."""
        return Money(self.total, self.payroll.currency)
