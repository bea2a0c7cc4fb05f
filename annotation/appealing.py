"""Appeals: what a labeler says against a decision on their work, once each, and the answer to it.

Four decisions can be appealed: answers that were voided, a payment that was refused, a suspension,
and not being accepted after the exam. Reversing one undoes it through the function that belongs to
it; upholding leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from annotation.entry import hiring
from annotation.models import Appeal, Exam, PayrollRow, Voiding
from annotation.pay import settling
from annotation.pay.money import Money
from annotation.watch import pausing, restoring
from labelers import audit, notifying
from labelers.models import Person, Project, Qualification

LONGEST_TEXT = 4000
About, State = Appeal.About, Appeal.State
Stage = Qualification.Stage


@dataclass(frozen=True)
class Decision:
    """A decision on somebody's work that stands, why it was made, and their appeal, if any."""

    about: str
    subject: str
    at: datetime
    reason: str
    amount: str = ""
    voiding: Voiding | None = None
    payment: PayrollRow | None = None
    appeal: Appeal | None = None

    @property
    def title(self) -> str:
        """What was decided, in the viewer's language."""
        return str(About(self.about).label)


def decisions_of(*, person: Person, project: Project) -> list[Decision]:
    """The decisions on the work of `person` that can be appealed or were, newest first."""
    appeals = {
        appeal.subject: appeal for appeal in Appeal.objects.filter(project=project, person=person)
    }
    found = [
        Decision(**{**decision, "appeal": appeals.get(decision["subject"])})
        for decision in _standing(person, project)
    ]
    return sorted(found, key=lambda decision: decision.at, reverse=True)


def _standing(person: Person, project: Project) -> Iterator[dict[str, Any]]:
    """What was decided and not undone."""
    voidings = Voiding.objects.filter(project=project, person=person, restored_at=None)
    for voiding in voidings.defer("before"):
        yield {
            "about": About.VOIDING,
            "subject": f"voiding:{voiding.pk}",
            "at": voiding.voided_at,
            "reason": voiding.reason,
            "voiding": voiding,
        }
    refused = PayrollRow.objects.filter(
        payroll__project=project, person=person, state=PayrollRow.State.REFUSED
    ).select_related("payroll")
    for row in refused:
        yield {
            "about": About.PAYMENT,
            "subject": f"payment:{row.pk}",
            "at": row.settled_at,
            "reason": row.reason,
            "amount": str(Money(row.total, row.payroll.currency)),
            "payment": row,
        }
    record = Qualification.objects.filter(project=project, person=person).first()
    if record is not None and record.stage == Stage.SUSPENDED:
        yield {"about": About.PAUSE, **_pause_of(record)}
    exam = Exam.objects.filter(project=project, person=person).first()
    if record is not None and record.stage == Stage.DECLINED and exam is not None:
        yield {
            "about": About.EXAM,
            "subject": f"exam:{exam.pk}",
            "at": exam.decided_at or exam.finished_at or exam.started_at,
            "reason": exam.note,
        }


def _pause_of(record: Qualification) -> dict[str, Any]:
    at = str(record.scores.get("pausing", {}).get("at", ""))
    moment = parse_datetime(at) if at else None
    return {
        # Somebody who is suspended again may appeal again.
        "subject": f"pause:{at or record.pk}",
        "at": moment or record.updated_at,
        "reason": record.reason,
    }


@transaction.atomic
def appeal(*, project: Project, person: Person, subject: str, text: str) -> Appeal:
    """Appeal against a decision on one's own work; the admins are told.

    Raises:
        ValidationError: by field; no such decision stands, or it was appealed before.
    """
    text = _checked(text, "text", _("Say what is wrong with the decision."))
    decisions = {found.subject: found for found in decisions_of(person=person, project=project)}
    decision = decisions.get(subject)
    if decision is None:
        raise ValidationError({"subject": _("There is no such decision, or it was undone.")})
    try:
        with transaction.atomic():
            made = Appeal.objects.create(
                project=project,
                person=person,
                about=decision.about,
                subject=subject,
                voiding=decision.voiding,
                payment=decision.payment,
                text=text,
            )
    except IntegrityError as problem:
        said = _("You have appealed against this already; a decision can be appealed once.")
        raise ValidationError({"subject": said}) from problem
    audit.record(
        actor=person,
        action="appeal.made",
        project=project,
        subject=f"appeal:{made.pk}",
        about=made.about,
    )
    notifying.notify_admins(
        project=project, kind="appeal_waits", detail={"labeler": person.username}
    )
    return made


def _checked(text: str, field: str, without: str) -> str:
    text = text.strip()
    if not text:
        raise ValidationError({field: without})
    if len(text) > LONGEST_TEXT:
        said = _("At most %d characters are kept; shorten it.") % LONGEST_TEXT
        raise ValidationError({field: said})
    if "\0" in text:
        raise ValidationError({field: _("It contains a NUL character; remove it.")})
    return text


@transaction.atomic
def answer(*, appeal: Appeal, answered_by: Person, verdict: str, text: str) -> Appeal:
    """Uphold or reverse the decision, with a reason that the labeler reads.

    Reversing undoes what was decided, unless somebody has undone it meanwhile.

    Raises:
        ValidationError: by field; without a reason, or it was answered before.
    """
    text = _checked(text, "text", _("Say why; the labeler reads it."))
    if verdict not in (State.UPHELD, State.REVERSED):
        raise ValidationError({"verdict": _("Choose upheld or reversed.")})
    locked = Appeal.objects.select_for_update(of=("self",)).select_related("project", "person")
    found = locked.get(pk=appeal.pk)
    if found.state != State.OPEN:
        raise ValidationError({"verdict": _("Somebody has already answered this appeal.")})
    if verdict == State.REVERSED:
        _undo(found, answered_by, text)
    found.state, found.answer = State(verdict), text
    found.answered_by, found.answered_at = answered_by, timezone.now()
    found.save(update_fields=["state", "answer", "answered_by", "answered_at"])
    audit.record(
        actor=answered_by,
        action="appeal.answered",
        project=found.project,
        subject=f"appeal:{found.pk}",
        about=found.about,
        verdict=verdict,
    )
    notifying.notify(
        person=found.person,
        project=found.project,
        kind="appeal_answered",
        detail={"verdict": verdict, "note": text},
    )
    return found


def _undo(found: Appeal, actor: Person, text: str) -> None:
    """Undo the decision that is still in force."""
    standing = {one["subject"]: one for one in _standing(found.person, found.project)}
    if found.subject not in standing:
        return
    if found.voiding is not None:
        restoring.restore(voiding=found.voiding, restored_by=actor)
    elif found.payment is not None:
        settling.take_back_refusal(row=found.payment, taken_back_by=actor)
    elif found.about == About.PAUSE:
        pausing.resume(project=found.project, person=found.person, resumed_by=actor)
    else:
        exam = Exam.objects.get(pk=int(found.subject.partition(":")[2]))
        note = text[: hiring.LONGEST_NOTE]
        hiring.decide_exam(exam=exam, decided_by=actor, verdict=Exam.Verdict.PASSED, note=note)


def appeals_of(project: Project) -> QuerySet[Appeal]:
    """All appeals of a project, newest first."""
    return Appeal.objects.filter(project=project).select_related(
        "person", "answered_by", "payment__payroll"
    )


def open_count(project: Project) -> int:
    """How many wait for an answer."""
    return Appeal.objects.filter(project=project, state=State.OPEN).count()


def why(appeal: Appeal) -> str:
    """The reason of the decision that is appealed, as its labeler read it; empty where unknown."""
    if appeal.voiding is not None:
        return appeal.voiding.reason
    if appeal.payment is not None:
        return appeal.payment.reason
    if appeal.about == About.EXAM:
        exam = Exam.objects.filter(pk=int(appeal.subject.partition(":")[2])).first()
        return exam.note if exam else ""
    record = Qualification.objects.filter(project=appeal.project_id, person=appeal.person_id)
    return record.values_list("reason", flat=True).first() or ""
