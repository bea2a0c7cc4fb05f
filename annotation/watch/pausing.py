"""Stopping a labeler's work in a project, and letting them work again.

Both tell the labeler; what they have answered stays as it is. When the figures do it is `watching`;
taking answers out is `voiding`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import assigning
from annotation.models import Assignment, Watch
from labelers import audit, notifying, qualifying
from labelers.models import Membership, Person, Project, Qualification, Role

LONGEST_REASON = 1000
Stage = Qualification.Stage


def may_be_paused(project: Project, person: Person) -> bool:
    """Whether `person` is a labeler at work: admins and adjudicators are not paused by figures."""
    if qualifying.is_exempt(project=project, person=person):
        return False
    is_labeler = Membership.objects.filter(project=project, person=person, role=Role.LABELER)
    return is_labeler.exists() and not is_paused(project, person)


def is_paused(project: Project, person: Person) -> bool:
    """Whether `person` is suspended in `project`."""
    records = Qualification.objects.filter(project=project, person=person)
    return records.filter(stage=Stage.SUSPENDED).exists()


@transaction.atomic
def pause(
    *,
    project: Project,
    person: Person,
    paused_by: Person | None,
    reason: str,
    scores: dict[str, Any] | None = None,
) -> None:
    """Stop giving `person` work in `project`, give back what they hold, and tell them and admins.

    ``paused_by`` is None where the figures did it. What they have answered stays as it is.

    Raises:
        ValidationError: no reason, too long a one, or they are paused already.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("reason: say why; the labeler reads it."))
    if len(reason) > LONGEST_REASON:
        raise ValidationError(_("reason: at most %d characters.") % LONGEST_REASON)
    if "\0" in reason:
        raise ValidationError(_("reason: it contains a NUL character; remove it."))
    before = Qualification.objects.select_for_update().filter(project=project, person=person)
    record = before.first()
    if record is not None and record.stage == Stage.SUSPENDED:
        raise ValidationError(_("This labeler is paused already."))
    kept = {} if record is None else record.scores
    stage = "" if record is None else record.stage
    pausing = {"at": timezone.now().isoformat(), "stage_before": stage, **(scores or {})}
    qualifying.record_stage(
        project=project,
        person=person,
        stage=Stage.SUSPENDED,
        recorded_by=paused_by,
        scores={**kept, "pausing": pausing},
        reason=reason,
    )
    audit.record(
        actor=paused_by,
        action="labeler.paused",
        project=project,
        subject=f"person:{person.pk}",
        reason=reason,
        **(scores or {}),
    )
    _give_back(project, person)
    notifying.notify(person=person, project=project, kind="paused", detail={"note": reason})
    notifying.notify_admins(
        project=project,
        kind="labeler_paused",
        detail={"labeler": person.username, "key": f"p:{person.pk}"},
    )


def _give_back(project: Project, person: Person) -> None:
    """End the leases of `person`, so that others get the items at once; drafts stay."""
    now = timezone.now()
    Assignment.objects.filter(
        person=person, task__project=project, state=Assignment.State.LIVE
    ).update(expires_at=now - timedelta(seconds=1))
    assigning.release_expired(project=project)


@transaction.atomic
def resume(*, project: Project, person: Person, resumed_by: Person) -> None:
    """Let a paused labeler work again; only what they answer from now on is evidence.

    Raises:
        ValidationError: they are not paused.
    """
    record = (
        Qualification.objects.select_for_update()
        .filter(project=project, person=person, stage=Stage.SUSPENDED)
        .first()
    )
    if record is None:
        raise ValidationError(_("This labeler is not paused."))
    # Nobody is let in by being paused: who had not come through the screening goes on with it.
    unknown = Stage.INVITED if project.is_screened else Stage.QUALIFIED
    before = record.scores.get("pausing", {}).get("stage_before", "") or unknown
    qualifying.record_stage(
        project=project, person=person, stage=before, recorded_by=resumed_by, lifts=True
    )
    Watch.objects.update_or_create(
        project=project, person=person, defaults={"since": timezone.now()}
    )
    audit.record(
        actor=resumed_by,
        action="labeler.resumed",
        project=project,
        subject=f"person:{person.pk}",
    )
    notifying.notify(person=person, project=project, kind="may_work_again")
