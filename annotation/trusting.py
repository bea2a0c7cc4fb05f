"""Labelers who are trusted with contested items: named by an admin, or known by their gold score.

`contesting` makes items that only they are given; how those are kept from others is `finding`'s.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, FloatField, OuterRef, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext as _

from annotation.models import TrustedLabeler, Watch
from labelers import audit
from labelers.models import Person, Project, Role

TRUSTED = """
    (EXISTS (SELECT 1 FROM annotation_trustedlabeler y
        WHERE y.project_id = s.project_id AND y.person_id = %(person)s)
     OR CASE WHEN s.trusted_from IS NULL THEN false ELSE coalesce((
        SELECT (w.figures #>> '{gold,low}')::float8 FROM annotation_watch w
        WHERE w.project_id = s.project_id AND w.person_id = %(person)s) >= s.trusted_from, false)
     END)
"""
"""Whether ``person`` is trusted in the project of the settings ``s``: part of a statement."""

NAMED, BY_GOLD = "named", "gold"


def trusted(person: Person) -> Q:
    """Of tasks: whether `person` is trusted in their project."""
    named = TrustedLabeler.objects.filter(project=OuterRef("project"), person=person)
    good = Watch.objects.filter(project=OuterRef("project"), person=person)
    return Q(Exists(named)) | Q(Exists(good.filter(_above_the_bar())))


def _above_the_bar() -> Q:
    """Of watches: whether the gold score is surely above what the project asks for trust."""
    low = Cast(KT("figures__gold__low"), FloatField())
    return Q(GreaterThanOrEqual(low, F("project__settings__trusted_from")))


def trusted_in(project: Project) -> dict[int, str]:
    """Who is trusted in `project`: a person's key with `NAMED` or `BY_GOLD`."""
    good = Watch.objects.filter(_above_the_bar(), project=project)
    found = dict.fromkeys(good.values_list("person_id", flat=True), BY_GOLD)
    named = TrustedLabeler.objects.filter(project=project)
    return found | dict.fromkeys(named.values_list("person_id", flat=True), NAMED)


@transaction.atomic
def set_trusted(*, project: Project, person: Person, trusted: bool, set_by: Person) -> bool:
    """Trust a labeler with contested items whatever their score, or no longer; whether it changed.

    Raises:
        ValidationError: they are no labeler of the project.
    """
    if trusted and not project.memberships.filter(person=person, role=Role.LABELER).exists():
        raise ValidationError(_("Only a labeler of this project can be trusted in it."))
    if trusted:
        changed = TrustedLabeler.objects.get_or_create(
            project=project, person=person, defaults={"marked_by": set_by}
        )[1]
    else:
        mine = TrustedLabeler.objects.filter(project=project, person=person)
        changed = bool(mine.delete()[0])
    if changed:
        audit.record(
            actor=set_by,
            action="labeler.trusted" if trusted else "labeler.not_trusted",
            project=project,
            subject=f"person:{person.pk}",
        )
    return changed
