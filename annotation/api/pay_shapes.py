"""What the API of pay sends and takes: rates, periods, payrolls, earnings. The views: `pay`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.models import PayRate, Payroll, PayrollRow
from annotation.pay import rating_work, settling
from annotation.pay.money import CURRENCIES, to_decimal


class RateSerializer(serializers.ModelSerializer):
    """What a project pays for items first answered from ``holds_from`` on.

    Rates are decimals of the currency; ``bonus_score`` is the share of comparisons with known
    answers from which on ``bonus_percent`` comes on top of a period.
    """

    currency = serializers.ChoiceField(sorted(CURRENCIES))
    holds_from = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Empty or null: from now on."
    )

    class Meta:
        model = PayRate
        fields = ["id", "currency", "holds_from", *rating_work.FIELDS, "created_at"]
        read_only_fields = ["id", "created_at"]


class PeriodRowSerializer(serializers.Serializer):
    """What one person would get by closing the open period; money in the payroll's currency."""

    person = serializers.IntegerField()
    items = serializers.IntegerField()
    hours = serializers.FloatField()
    earned = serializers.SerializerMethodField()
    adjustment = serializers.SerializerMethodField()
    bonus = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()

    def _money(self, minor: int) -> str:
        return str(to_decimal(minor, self.context["currency"]))

    def get_earned(self, row: Any) -> str:
        """For the items of the period."""
        return self._money(row.earned)

    def get_adjustment(self, row: Any) -> str:
        """What has changed since in earlier periods."""
        return self._money(row.adjustment)

    def get_bonus(self, row: Any) -> str:
        """For agreeing with known answers."""
        return self._money(row.bonus)

    def get_total(self, row: Any) -> str:
        """All of it."""
        return self._money(row.total)


class PayrollRowSerializer(PeriodRowSerializer):
    """What one person gets by a payroll; ``worker_id`` is empty for who came from no market."""

    id = serializers.IntegerField(source="pk")
    person = serializers.IntegerField(source="person_id")
    pseudonym = serializers.CharField(source="person.pseudonym")
    worker_id = serializers.SerializerMethodField()
    state = serializers.ChoiceField(PayrollRow.State.choices)
    reason = serializers.CharField(allow_blank=True)
    settled_at = serializers.DateTimeField(allow_null=True)

    def get_worker_id(self, row: PayrollRow) -> str:
        """The id at the crowd market."""
        worker = self.context["workers"].get(row.person_id)
        return worker.worker if worker else ""


class PeriodSerializer(serializers.Serializer):
    """The open period as it would be closed."""

    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField()
    currency = serializers.ChoiceField(sorted(CURRENCIES))
    rows = PeriodRowSerializer(many=True)


class PayrollSerializer(serializers.ModelSerializer):
    """A closed payroll."""

    class Meta:
        model = Payroll
        fields = ["number", "since", "until", "currency", "closed_at"]
        read_only_fields = fields


class WholePayrollSerializer(PayrollSerializer):
    """A closed payroll with everybody in it."""

    rows = PayrollRowSerializer(many=True)

    class Meta(PayrollSerializer.Meta):
        fields = [*PayrollSerializer.Meta.fields, "rows"]
        read_only_fields = fields


class NewPayrollSerializer(serializers.Serializer):
    """Until when the period lasts; now where nothing is said."""

    until = serializers.DateTimeField(required=False, allow_null=True)


class PaidSerializer(serializers.Serializer):
    """The rows that were paid; all that are to be paid where none are named."""

    rows = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        required=False,
        max_length=10_000,
    )


class RefusalSerializer(serializers.Serializer):
    """Why somebody is not paid; the labeler reads it."""

    reason = serializers.CharField(max_length=settling.LONGEST_REASON)


class EarnedSerializer(serializers.Serializer):
    """What the items of a day, or of a month named by its first day, are worth."""

    day = serializers.DateField()
    items = serializers.IntegerField()
    hours = serializers.FloatField()
    amount = serializers.CharField(source="money.amount")


class OwnPayrollSerializer(serializers.Serializer):
    """One's own row of a payroll."""

    id = serializers.IntegerField(source="pk")
    payroll = serializers.IntegerField(source="payroll.number")
    until = serializers.DateTimeField(source="payroll.until")
    items = serializers.IntegerField()
    amount = serializers.CharField(source="money.amount")
    state = serializers.ChoiceField(PayrollRow.State.choices)
    reason = serializers.CharField(allow_blank=True)


class EarningsSerializer(serializers.Serializer):
    """One's own earnings: in no payroll yet, to be paid, paid and refused, as decimals."""

    currency = serializers.CharField(source="pending.currency")
    pending = serializers.CharField(source="pending.amount")
    approved = serializers.CharField(source="approved.amount")
    paid = serializers.CharField(source="paid.amount")
    refused = serializers.CharField(source="refused.amount")
    rate = RateSerializer(allow_null=True)
    coming = RateSerializer(allow_null=True)
    days = EarnedSerializer(many=True)
    months = EarnedSerializer(many=True)
    payrolls = OwnPayrollSerializer(source="rows", many=True)
