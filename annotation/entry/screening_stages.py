"""How far somebody is on the way into a project: its steps, and the one that is theirs now.

Everything is read from what was written down on the way (consents, progress, assignments, exams),
so it is the same on every device and after every change of the policy. `screening` does the steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotation.entry import hiring
from annotation.entry.exam_length import judges
from annotation.models import (
    Assignment,
    Exam,
    Guidelines,
    GuidelinesRead,
    ScreeningPolicy,
    ScreeningProgress,
)
from labelers import consenting, qualifying
from labelers.models import ConsentForm, Person, Project, Qualification

STEPS = {
    "consent": _("What you agree to"),
    "about": _("About you, if you like"),
    "topics": _("What you know well"),
    "guidelines": _("The guidelines"),
    "training": _("Practice"),
    "exam": _("Exam"),
}
"""Every step by name, in order, as pages call it."""

WORK = "work"
"""What comes after the last step."""

ITEMS = ("training", "exam")
"""The steps whose items come over the labeling page."""

Stage = Qualification.Stage
Verdict = Exam.Verdict


@dataclass(frozen=True)
class ExamState:
    """Where somebody is with the exam.

    ``state``: ready, open, waiting (an admin decides), resting (another attempt from ``next_at``
    on), failed (no attempt is left) or passed. ``number`` is the attempt meant: the one to begin,
    going on or last finished; ``last`` is the newest exam there is.
    """

    state: str
    number: int
    allowed: int
    last: Exam | None = None
    answered: int = 0
    next_at: datetime | None = None


@dataclass(frozen=True)
class Way:
    """One labeler's way into one project, as it is now."""

    project: Project
    person: Person
    policy: ScreeningPolicy
    progress: ScreeningProgress
    stage: str | None
    reason: str
    is_exempt: bool
    form: ConsentForm | None
    has_consented: bool
    guidelines: Guidelines | None
    has_read: bool
    trained: int
    exam: ExamState
    done: dict[str, bool] = field(default_factory=dict)

    @property
    def steps(self) -> list[str]:
        """The steps that this project asks for, in order."""
        return list(self.done)

    @cached_property
    def present(self) -> str:
        """The step to take now, or ``work``; empty where the way has ended."""
        if self.is_exempt or not self.project.is_screened:
            return WORK
        if self.closed:
            return ""
        if self.stage == Stage.QUALIFIED:
            # Who works is asked for nothing again but a new version of what they agreed to.
            return "consent" if self.form and not self.has_consented else WORK
        return next((name for name, done in self.done.items() if not done), WORK)

    @property
    def closed(self) -> str:
        """``suspended`` or ``declined`` where somebody may not go on."""
        return self.stage if self.stage in (Stage.SUSPENDED, Stage.DECLINED) else ""

    def state_of(self, step: str) -> str:
        """``done``, ``now`` or ``ahead``."""
        if step == self.present:
            return "now"
        works = self.present == WORK or self.stage == Stage.QUALIFIED
        return "done" if self.done[step] or works else "ahead"


def way_of(project: Project, person: Person) -> Way:
    """How far `person` is in `project`."""
    policy = hiring.policy_of(project)
    progress = ScreeningProgress.objects.filter(project=project, person=person).first()
    record = Qualification.objects.filter(project=project, person=person).first()
    form = consenting.form_in_force(project)
    guidelines = project.guidelines.first()
    found: dict[str, Any] = {
        "policy": policy,
        "progress": progress or ScreeningProgress(project=project, person=person),
        "stage": record.stage if record else None,
        "reason": record.reason if record else "",
        "is_exempt": qualifying.is_exempt(project=project, person=person),
        "form": form,
        "has_consented": form is not None and consenting.has_consented(form=form, person=person),
        "guidelines": guidelines,
        # Any version counts: a change is announced to everybody, and stops nobody on the way.
        "has_read": guidelines is not None
        and GuidelinesRead.objects.filter(guidelines__project=project, person=person).exists(),
        "trained": _trained(project, person),
    }
    found["exam"] = exam_state(policy, found["progress"])
    return Way(project, person, **found, done=_done(project, found))


def _trained(project: Project, person: Person) -> int:
    return Assignment.objects.filter(
        person=person,
        task__project=project,
        purpose=Assignment.Purpose.TRAINING,
        state=Assignment.State.ANSWERED,
    ).count()


def _done(project: Project, found: dict[str, Any]) -> dict[str, bool]:
    """By step of this project: whether it is behind."""
    policy, progress = found["policy"], found["progress"]
    asked = {
        "consent": (found["form"] is not None, found["has_consented"]),
        "about": (policy.asks_survey or policy.asks_groups, progress.survey_seen),
        "topics": (bool(policy.topics), progress.topics_seen),
        "guidelines": (
            found["guidelines"] is not None or bool(policy.quiz),
            (found["guidelines"] is None or found["has_read"])
            and (not policy.quiz or progress.quiz_passed),
        ),
        "training": (policy.training_items > 0, found["trained"] >= policy.training_items),
        "exam": (policy.has_exam, found["exam"].state == "passed"),
    }
    return {name: is_done for name, (is_asked, is_done) in asked.items() if is_asked}


def exam_state(policy: ScreeningPolicy, progress: ScreeningProgress) -> ExamState:
    """Where the person of `progress` is with the exam."""
    allowed = max(policy.attempts, progress.attempts_allowed)
    mine = Exam.objects.filter(project=progress.project_id, person=progress.person_id)
    last = mine.order_by("-number").first()
    if last is None:
        return ExamState("ready", 1, allowed)
    answered = last.items.filter(state=Assignment.State.ANSWERED).count()
    if last.verdict != Verdict.FAILED:
        states = {Verdict.OPEN: "open", Verdict.BORDERLINE: "waiting", Verdict.PASSED: "passed"}
        return ExamState(states[Verdict(last.verdict)], last.number, allowed, last, answered)
    if last.number >= allowed:
        return ExamState("failed", last.number, allowed, last, answered)
    next_at = (last.finished_at or last.started_at) + timedelta(hours=policy.wait_hours)
    # Whom an admin gave another attempt need not wait.
    at_once = progress.attempts_allowed > last.number
    if not at_once and next_at > timezone.now():
        return ExamState("resting", last.number, allowed, last, answered, next_at)
    return ExamState("ready", last.number + 1, allowed, last, answered)


@dataclass(frozen=True)
class Progress:
    """How far somebody is in the items of training or exam.

    ``state``: open, short (gold is missing: it goes on when there is more) or over (something else
    comes next). An exam ends between ``least`` and ``most`` items; training has ``most``.
    """

    stage: str
    state: str
    done: int
    least: int
    most: int


def progress_of(way: Way, state: str = "open") -> Progress | None:
    """How far `way` is in its items; None where it has nothing to do with any."""
    policy = way.policy
    if way.present == "training":
        return Progress(
            "training", state, way.trained, policy.training_items, policy.training_items
        )
    if way.present == "exam" and way.exam.state == "open":
        if judges(way.project.settings.kind):
            return Progress("exam", state, way.exam.answered, policy.exam_least, policy.exam_most)
        written = policy.written_items
        return Progress("exam", state, way.exam.answered, written, written)
    if way.present == WORK:
        return None
    return Progress(way.present or way.closed, "over", 0, 0, 0)
