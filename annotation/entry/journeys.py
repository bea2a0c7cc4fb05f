"""How far every candidate of a project has come on the way in.

Reads what screening wrote down: consents, passed stages, exams, qualifications. Answers to the
survey stay where they are; only that somebody has been past it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min, Q
from django.utils.translation import gettext_lazy as _

from annotation.entry import exam_results
from annotation.models import Assignment, Exam, Judgment, ScreeningProgress
from labelers.models import Consent, Membership, Person, Project, Qualification, Role

Stage = Qualification.Stage
WORK = (Judgment.Standing.COUNTED, Judgment.Standing.SURPLUS)


@dataclass
class Journey:
    """One candidate: when they came and what they have passed; ``exams`` newest first."""

    person: Person
    came_at: datetime
    stage: str = ""
    consented_at: datetime | None = None
    surveyed: bool = False
    quizzed: bool = False
    trained: int = 0
    training_from: datetime | None = None
    training_to: datetime | None = None
    exams: list[Exam] = field(default_factory=list)
    works: bool = False

    @property
    def exam(self) -> Exam | None:
        """The last attempt."""
        return self.exams[0] if self.exams else None

    @property
    def waits(self) -> bool:
        """Whether the last attempt was ended and has no verdict yet."""
        exam = self.exam
        return (
            exam is not None
            and exam.decided_at is None
            and exam.finished_at is not None
            and exam.verdict in (Exam.Verdict.BORDERLINE, Exam.Verdict.OPEN)
        )

    @property
    def passed(self) -> bool:
        """Whether they may work: by an exam, or because an admin took them over."""
        return self.stage == Stage.QUALIFIED

    @property
    def failed(self) -> bool:
        """Whether the last word was no."""
        return self.stage == Stage.DECLINED

    @property
    def passed_at(self) -> datetime | None:
        """When the exam was passed."""
        exam = self.exam
        if exam is None or exam.verdict != Exam.Verdict.PASSED:
            return None
        return exam.decided_at or exam.finished_at

    @property
    def where(self) -> str:
        """The place in `PLACES` that describes them now."""
        if self.stage in (Stage.SUSPENDED, Stage.QUALIFIED):
            return "working" if self.works and self.passed else self.stage
        if self.waits:
            return "waiting"
        if self.stage == Stage.DECLINED:
            return "failed"
        if self.exam is not None and self.exam.verdict == Exam.Verdict.OPEN:
            return "exam"
        if self.exam is not None and self.exam.verdict == Exam.Verdict.FAILED:
            return "again"
        reached = {
            "training": self.trained > 0,
            "quizzed": self.quizzed,
            "surveyed": self.surveyed,
            "consented": self.consented_at is not None,
        }
        return next((place for place, there in reached.items() if there), "invited")

    @property
    def figures(self) -> tuple[float | None, float | None, float | None]:
        """Accuracy in the last exam with its interval."""
        exam = self.exam
        return exam_results.interval_of(exam, exam.n_items) if exam else (None, None, None)


PLACES = {
    "invited": _("Came"),
    "consented": _("Consented"),
    "surveyed": _("Past the survey"),
    "quizzed": _("Quiz passed"),
    "training": _("In training"),
    "exam": _("In the exam"),
    "again": _("May try again"),
    "waiting": _("Waits for a decision"),
    "failed": _("Not accepted"),
    "qualified": _("Passed"),
    "working": _("Working"),
    "suspended": _("Suspended"),
}
"""Where a candidate can be."""


def journeys_of(project: Project) -> list[Journey]:
    """Everybody who came to label, those who wait for a decision first, then newest first."""
    found = {
        row.person_id: Journey(row.person, row.created_at)
        for row in Membership.objects.filter(project=project, role=Role.LABELER).select_related(
            "person"
        )
    }
    for read in (_read_stages, _read_progress, _read_training, _read_exams, _read_work):
        read(project, found)
    return sorted(
        found.values(), key=lambda journey: (not journey.waits, -journey.came_at.timestamp())
    )


def journey_of(project: Project, person: Person) -> Journey | None:
    """That of one person, None where they are no candidate."""
    return next((j for j in journeys_of(project) if j.person.pk == person.pk), None)


def _read_stages(project: Project, found: dict[int, Journey]) -> None:
    rows = Qualification.objects.filter(project=project).select_related("person")
    for row in rows:
        # Somebody who is no member any more was a candidate all the same.
        journey = found.setdefault(row.person_id, Journey(row.person, row.updated_at))
        journey.stage = row.stage
    consents = Consent.objects.filter(form__project=project, withdrawn_at=None)
    for person, at in consents.values_list("person").annotate(Min("given_at")):
        if person in found:
            found[person].consented_at = at


def _read_progress(project: Project, found: dict[int, Journey]) -> None:
    for row in ScreeningProgress.objects.filter(project=project, person__in=found):
        journey = found[row.person_id]
        journey.surveyed, journey.quizzed = row.survey_seen, row.quiz_passed


def _read_training(project: Project, found: dict[int, Journey]) -> None:
    done = Assignment.objects.filter(
        task__project=project,
        purpose=Assignment.Purpose.TRAINING,
        state=Assignment.State.ANSWERED,
        person__in=found,
    )
    rows = done.values_list("person").annotate(Count("id"), Min("leased_at"), Max("leased_at"))
    for person, count, first, last in rows:
        journey = found[person]
        journey.trained, journey.training_from, journey.training_to = count, first, last


def _read_exams(project: Project, found: dict[int, Journey]) -> None:
    answered = Count("items", filter=Q(items__state=Assignment.State.ANSWERED))
    exams = Exam.objects.filter(project=project).annotate(n_items=answered)
    for exam in exams.select_related("person", "decided_by").order_by("-number"):
        journey = found.setdefault(exam.person_id, Journey(exam.person, exam.started_at))
        journey.exams.append(exam)


def _read_work(project: Project, found: dict[int, Journey]) -> None:
    worked = Judgment.objects.filter(
        task__project=project, person__in=found, is_current=True, standing__in=WORK
    )
    for person in worked.order_by().values_list("person", flat=True).distinct():
        found[person].works = True
