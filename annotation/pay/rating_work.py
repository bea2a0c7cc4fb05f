"""Setting what a project pays. A change is a new version; what was done before keeps its rate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import PayRate
from annotation.pay.money import CURRENCIES
from labelers import audit
from labelers.models import Person, Project

FIELDS = (
    *("per_item", "per_turn", "per_hour", "cap_seconds"),
    *("pays_training", "pays_exam", "pays_second_looks", "bonus_percent", "bonus_score"),
)
AT_ONCE = timedelta(minutes=5)
"""How old a time may be that a form gives for now."""


def rate_at(project: Project, at: datetime) -> PayRate | None:
    """The rate that holds for an item first answered then, None where none does."""
    return project.pay_rates.filter(holds_from__lte=at).first()


@transaction.atomic
def set_rate(
    *,
    project: Project,
    set_by: Person,
    currency: str,
    holds_from: datetime | None = None,
    **fields: Any,
) -> PayRate:
    """Store what `project` pays from `holds_from` on, or from now.

    Only the first version may hold from a time that is over. Of two from the same time the later
    one holds.

    Raises:
        ValidationError: by field.
    """
    # The project's row orders two admins, and a rate and the closing of a period.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if unknown := fields.keys() - set(FIELDS):
        raise TypeError(f"no fields of a rate: {sorted(unknown)}")
    now = timezone.now()
    starts = now if holds_from is None else holds_from
    _check(project, currency, starts, now)
    made = PayRate(
        project=project, currency=currency, holds_from=starts, created_by=set_by, **fields
    )
    made.full_clean(exclude=["project", "created_by"])
    made.save()
    audit.record(
        actor=set_by,
        action="pay_rate.set",
        project=project,
        subject=f"pay_rate:{made.pk}",
        currency=currency,
        holds_from=starts.isoformat(),
        **{name: str(getattr(made, name)) for name in FIELDS},
    )
    return made


def _check(project: Project, currency: str, starts: datetime, now: datetime) -> None:
    if currency not in CURRENCIES:
        known = ", ".join(sorted(CURRENCIES))
        raise ValidationError({"currency": _("Choose one of %s.") % known})
    first = project.pay_rates.last()
    if first is None:
        if starts.year < 2000:
            raise ValidationError({"holds_from": _("This is too long ago; give a later time.")})
        return
    if currency != first.currency:
        said = _("This project pays in %s; make another project to pay in another currency.")
        raise ValidationError({"currency": said % first.currency})
    if starts < now - AT_ONCE:
        said = _("What was done before keeps its rate: give a time that is still to come.")
        raise ValidationError({"holds_from": said})
