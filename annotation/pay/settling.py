"""What becomes of a payroll's rows: paid, or refused with a reason, which can be taken back.

Amounts never change here; see `closing`.
"""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Payroll, PayrollRow
from annotation.pay.money import Money
from labelers import audit, notifying
from labelers.models import Person

LONGEST_REASON = 1000
State = PayrollRow.State


@transaction.atomic
def mark_paid(*, payroll: Payroll, marked_by: Person, rows: Collection[int] | None = None) -> int:
    """Write down that rows of `payroll` were paid: those named, or all that are to be paid.

    Returns how many became paid; who had been paid or refused stays so. Their labelers are told.
    """
    Payroll.objects.select_for_update(no_key=True).get(pk=payroll.pk)
    found = payroll.rows.filter(state=State.APPROVED)
    if rows is not None:
        found = found.filter(pk__in=rows)
    paid = list(found.select_related("person"))
    found.filter(pk__in=[row.pk for row in paid]).update(
        state=State.PAID, settled_by=marked_by, settled_at=timezone.now()
    )
    if paid:
        audit.record(
            actor=marked_by,
            action="payroll.paid",
            project=payroll.project,
            subject=f"payroll:{payroll.number}",
            rows=len(paid),
            total=str(Money(sum(row.total for row in paid), payroll.currency).amount),
        )
    for row in paid:
        _tell(row, payroll, "pay_paid")
    return len(paid)


@transaction.atomic
def refuse(*, row: PayrollRow, refused_by: Person, reason: str) -> PayrollRow:
    """Refuse to pay a row that is to be paid; the labeler reads the reason and may appeal.

    It is not paid by a later payroll either, unless the refusal is taken back.

    Raises:
        ValidationError: without a reason, or it was paid or refused before.
    """
    reason = reason.strip()
    if not reason or "\0" in reason:
        raise ValidationError({"reason": _("Say why; the labeler reads it.")})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": _("At most 1000 characters are kept; shorten it.")})
    return _move(row, State.APPROVED, State.REFUSED, refused_by, reason)


@transaction.atomic
def take_back_refusal(*, row: PayrollRow, taken_back_by: Person) -> PayrollRow:
    """Have a refused row paid after all; the labeler is told.

    Raises:
        ValidationError: it is not refused.
    """
    return _move(row, State.REFUSED, State.APPROVED, taken_back_by, "")


def _move(row: PayrollRow, before: str, after: str, actor: Person, reason: str) -> PayrollRow:
    locked = PayrollRow.objects.select_for_update(of=("self",)).select_related(
        "payroll__project", "person"
    )
    found = locked.get(pk=row.pk)
    if found.state != before:
        raise ValidationError(_("This row is %s by now.") % found.get_state_display())
    found.state, found.reason = after, reason
    found.settled_by, found.settled_at = actor, timezone.now()
    found.save(update_fields=["state", "reason", "settled_by", "settled_at"])
    audit.record(
        actor=actor,
        action="payment.refused" if after == State.REFUSED else "payment.approved",
        project=found.payroll.project,
        subject=f"payment:{found.pk}",
        person=found.person_id,
        **({"reason": reason} if reason else {}),
    )
    _tell(found, found.payroll, "pay_refused" if after == State.REFUSED else "pay_restored")
    return found


def _tell(row: PayrollRow, payroll: Payroll, kind: str) -> None:
    amount = f"{Money(row.total, payroll.currency).amount} {payroll.currency}"
    notifying.notify(
        person=row.person,
        project=payroll.project,
        kind=kind,
        detail={"amount": amount, **({"note": row.reason} if row.reason else {})},
    )
