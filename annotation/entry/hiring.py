"""Hiring: what a project asks of labelers before they work, and an admin's word on their exams.

What labelers do on the way in is screening's part; texts that people score are `scoring_texts`.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.entry import exam_length, quizzes
from annotation.entry.exam_results import scores_of
from annotation.models import Exam, ScreeningPolicy, ScreeningProgress
from labelers import audit, qualifying
from labelers.models import Person, Project, Qualification, Role
from labelers.notifying import notify

CHANGEABLE = (
    *("asks_survey", "asks_groups", "topics", "routes_by_topic", "quiz", "quiz_share"),
    *("training_items", "has_exam", "good_accuracy", "poor_accuracy", "false_pass", "false_fail"),
    *("exam_least", "exam_most", "written_items", "written_score", "written_scorers"),
    *("attempts", "wait_hours"),
)
PRESENT = ("qualified", "screened")
"""What becomes of labelers who are there when screening is switched on."""

MOST_TOPICS = 40
MOST_ATTEMPTS = 20
LONGEST_NOTE = 2000

Stage = Qualification.Stage


def policy_of(project: Project) -> ScreeningPolicy:
    """The project's policy; the usual one, not stored, where nobody has changed anything."""
    found = ScreeningPolicy.objects.filter(project=project).first()
    return found or ScreeningPolicy(project=project)


@transaction.atomic
def change_policy(
    *,
    project: Project,
    changed_by: Person,
    is_screened: bool | None = None,
    present_labelers: str = "",
    **changes: Any,
) -> ScreeningPolicy:
    """Change what is asked of labelers, and whether it is in force.

    Where screening is switched on while labelers are there, `present_labelers` says whether they
    are taken over as ``qualified`` or have to come in like everybody (``screened``).

    Raises:
        ValidationError: by field.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        known = ", ".join(CHANGEABLE)
        raise ValidationError({unknown[0]: _("There is no such field; known are %s.") % known})
    policy = policy_of(project)
    for field, value in changes.items():
        setattr(policy, field, value)
    _check(policy)
    policy.save()
    if is_screened is not None and is_screened != project.is_screened:
        if is_screened:
            _take_over(project, changed_by, present_labelers)
        project.is_screened = is_screened
        project.save(update_fields=["is_screened"])
        changes["is_screened"] = is_screened
    audit.record(
        actor=changed_by,
        action="screening.changed",
        project=project,
        subject=f"project:{project.slug}",
        fields=sorted(changes),
        **({"is_screened": is_screened} if "is_screened" in changes else {}),
    )
    return policy


def _check(policy: ScreeningPolicy) -> None:
    """Raise ValidationError with everything that is wrong, by field; clean the lists."""
    problems: dict[str, Any] = {}
    for check in (_check_topics, _check_fields, exam_length.check_numbers, _check_quiz):
        try:
            check(policy)
        except ValidationError as problem:
            problems = problem.message_dict | problems
    if problems:
        raise ValidationError(problems)


def _check_fields(policy: ScreeningPolicy) -> None:
    policy.full_clean(exclude=["project"], validate_unique=False)
    if policy.attempts > MOST_ATTEMPTS:
        raise ValidationError({"attempts": _("At most %d are allowed.") % MOST_ATTEMPTS})


def _check_quiz(policy: ScreeningPolicy) -> None:
    policy.quiz = quizzes.clean_quiz(policy.quiz)


def _check_topics(policy: ScreeningPolicy) -> None:
    policy.topics = list(dict.fromkeys(topic.strip() for topic in policy.topics if topic.strip()))
    if len(policy.topics) > MOST_TOPICS:
        raise ValidationError({"topics": _("At most %d topics are asked.") % MOST_TOPICS})
    if policy.routes_by_topic and not policy.topics:
        raise ValidationError({"topics": _("Name topics, or do not give out items by topic.")})


def attempts_allowed(project: Project, person: Person) -> int:
    """How many exams `person` may take in all: by the policy, or more where an admin said so."""
    mine = ScreeningProgress.objects.filter(project=project, person=person)
    given = mine.values_list("attempts_allowed", flat=True).first() or 0
    return max(policy_of(project).attempts, given)


def present_labelers(project: Project) -> Any:
    """Labelers who are there and of whom nobody wrote down whether they may work."""
    settled = Qualification.objects.filter(
        project=project, stage__in=[Stage.QUALIFIED, Stage.SUSPENDED, Stage.DECLINED]
    )
    return Person.objects.filter(
        memberships__project=project, memberships__role=Role.LABELER
    ).exclude(pk__in=settled.values("person"))


def _take_over(project: Project, changed_by: Person, choice: str) -> None:
    present = list(present_labelers(project))
    if not present:
        return
    if choice not in PRESENT:
        said = _("Labelers are there already: say whether they stay qualified or are screened.")
        raise ValidationError({"present_labelers": said})
    if choice == "screened":
        return
    for person in present:
        qualifying.record_stage(
            project=project,
            person=person,
            stage=Stage.QUALIFIED,
            recorded_by=changed_by,
            reason=_("Was there before screening."),
        )


@transaction.atomic
def decide_exam(*, exam: Exam, decided_by: Person, verdict: str, note: str = "") -> Exam:
    """An admin's word on a finished exam: ``passed`` or ``failed``, borderline or overruled.

    Raises:
        ValidationError: by field; overruling a verdict needs a note.
    """
    note = _clean_note(note)
    locked = Exam.objects.select_for_update(of=("self",)).select_related("project", "person")
    exam = locked.get(pk=exam.pk)
    if verdict not in (Exam.Verdict.PASSED, Exam.Verdict.FAILED):
        raise ValidationError({"verdict": _("Choose passed or failed.")})
    if exam.verdict == Exam.Verdict.OPEN:
        raise ValidationError({"verdict": _("This exam is still going on; wait for its end.")})
    if _attempts_of(exam).filter(number__gt=exam.number).exists():
        raise ValidationError({"verdict": _("There is a later attempt; decide on that one.")})
    if exam.verdict == verdict:
        raise ValidationError({"verdict": _("Somebody has already decided so.")})
    if exam.verdict != Exam.Verdict.BORDERLINE and not note:
        raise ValidationError({"note": _("Say why you overrule this verdict.")})
    before, exam.verdict = exam.verdict, Exam.Verdict(verdict)
    settle(exam, decided_by=decided_by, note=note)
    audit.record(
        actor=decided_by,
        action="exam.decided",
        project=exam.project,
        subject=f"exam:{exam.pk}",
        before=before,
        verdict=verdict,
        note=note,
    )
    return exam


def settle(exam: Exam, *, decided_by: Person | None, note: str = "") -> None:
    """Store a passed or failed exam, write the stage down and tell the labeler.

    Whoever fails without an admin's word keeps the attempts that are left. Belongs inside the
    transaction of whoever came to the verdict.
    """
    exam.decided_by, exam.decided_at, exam.note = decided_by, timezone.now(), note
    exam.finished_at = exam.finished_at or exam.decided_at
    exam.save()
    passed = exam.verdict == Exam.Verdict.PASSED
    is_over = decided_by is not None or exam.number >= attempts_allowed(exam.project, exam.person)
    failed_stage = Stage.DECLINED if is_over else Stage.EXAMINED
    qualifying.record_stage(
        project=exam.project,
        person=exam.person,
        stage=Stage.QUALIFIED if passed else failed_stage,
        recorded_by=decided_by,
        scores=scores_of(exam),
        reason=note,
    )
    notify(
        person=exam.person,
        project=exam.project,
        kind="exam_decided",
        detail={"verdict": str(exam.verdict), **({"note": note} if note else {})},
    )


@transaction.atomic
def allow_attempt(*, project: Project, person: Person, allowed_by: Person, note: str = "") -> int:
    """Let somebody who did not pass take the exam once more, at once; returns what they may in all.

    Raises:
        ValidationError: the last exam is still open, waits for a decision or was passed.
    """
    note = _clean_note(note)
    last = Exam.objects.select_for_update().filter(project=project, person=person).first()
    if last is None or last.verdict != Exam.Verdict.FAILED:
        raise ValidationError({"person": _("Only somebody who failed can get another attempt.")})
    progress, _made = ScreeningProgress.objects.select_for_update().get_or_create(
        project=project, person=person
    )
    progress.attempts_allowed = last.number + 1
    progress.save(update_fields=["attempts_allowed", "updated_at"])
    note = note or _("Another attempt was allowed.")
    qualifying.record_stage(
        project=project,
        person=person,
        stage=Stage.TRAINING,
        recorded_by=allowed_by,
        reason=note,
    )
    notify(
        person=person,
        project=project,
        kind="exam_decided",
        detail={"verdict": "again", "note": note},
    )
    audit.record(
        actor=allowed_by,
        action="exam.allowed",
        project=project,
        subject=f"person:{person.pk}",
        attempts=progress.attempts_allowed,
        note=note,
    )
    return progress.attempts_allowed


def _attempts_of(exam: Exam) -> Any:
    return Exam.objects.filter(project=exam.project, person=exam.person)


def _clean_note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise ValidationError({"note": _("At most %d characters are kept.") % LONGEST_NOTE})
    return note
