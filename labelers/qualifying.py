"""Writing down how far a labeler has come in a project, and reading it back.

Whoever measures (annotation's screening) calls `record_stage`; nothing here looks at judgments.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from labelers import audit
from labelers.models import Person, Project, Qualification


@transaction.atomic
def record_stage(
    *,
    project: Project,
    person: Person,
    stage: str,
    recorded_by: Person | None,
    scores: dict[str, Any] | None = None,
    reason: str = "",
) -> Qualification:
    """Set the stage of `person` in `project`, with the scores that led to it."""
    qualification, _created = Qualification.objects.update_or_create(
        project=project,
        person=person,
        defaults={"stage": stage, "reason": reason}
        | ({"scores": scores} if scores is not None else {}),
    )
    audit.record(
        actor=recorded_by,
        action="qualification.recorded",
        project=project,
        subject=f"person:{person.pk}",
        stage=stage,
        reason=reason,
    )
    return qualification


def may_work(*, project: Project, person: Person) -> bool:
    """Whether `person` may be given work: yes, until somebody wrote down `suspended`."""
    return not Qualification.objects.filter(
        project=project, person=person, stage=Qualification.Stage.SUSPENDED
    ).exists()
