"""Changes of very many items: begun by an admin, done in the background piece by piece.

Here they are written down; `going_on` does them.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from annotation.models import LongChange
from labelers.models import Person, Project

FIELDS = {LongChange.Kind.OVERLAP: "overlap", LongChange.Kind.ORDER: "next_by"}
"""By kind: the field that asks for such a change."""


def begin(
    *,
    project: Project,
    kind: str,
    detail: dict[str, Any],
    total: int,
    begun_by: Person | None,
    in_background: bool,
) -> LongChange:
    """Write a change down and have it done. Must be called in the transaction of the deed.

    Raises:
        ValidationError: one of the kind is under way in the project.
    """
    try:
        with transaction.atomic():
            change = LongChange.objects.create(
                project=project, kind=kind, detail=detail, total=total, created_by=begun_by
            )
    except IntegrityError as problem:
        said = _("Such a change is under way; wait until it is done.")
        field = FIELDS.get(kind)
        raise ValidationError({field: said} if field else said) from problem
    if in_background:
        job = app.configure_task("annotation.go_on", queue="light", lock=f"change.{change.pk}")
        job.defer(change=change.pk)
    return change


def latest(project: Project, kind: str) -> QuerySet[LongChange]:
    """The changes of a kind, newest first."""
    return LongChange.objects.filter(project=project, kind=kind).select_related("created_by")
