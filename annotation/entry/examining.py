"""Training and exam: gold given by lease on the way in, and what becomes of the answers.

In training every answer is followed by the expected one with its explanation. An exam tells
nothing until it ends, which it does by itself as soon as the answers have said enough. Answers
lock at once, count nowhere, and no item comes twice to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import assigning, kind_words
from annotation.assigning import LeaseError
from annotation.entry import drawing, hiring
from annotation.entry.exam_length import judges, sequential_test
from annotation.entry.screening import advance, lock_progress
from annotation.entry.screening_stages import Progress, Way, progress_of, way_of
from annotation.grading import Grade, grade_judgment
from annotation.models import Assignment, Exam, Judgment, ProjectSettings, Task
from annotation.task_kinds.base import inverse
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import audit, qualifying
from labelers.models import Person, Project, Qualification
from labelers.notifying import notify_admins

Purpose = Assignment.Purpose
State = Assignment.State
Verdict = Exam.Verdict


# ---------------------------------------------------------------------------------- beginning


class NotEnoughGold(LeaseError):
    """There are too few items that this person never had for an exam to be begun."""


def begin_exam(*, project: Project, person: Person) -> Exam:
    """Begin the next attempt; where one is open already, that one goes on.

    Raises:
        NotEnoughGold: an exam could not come to an end; the admins are told.
        LeaseError: something else comes first, or no attempt is left, or not yet.
    """
    try:
        return _begin(project, person)
    except NotEnoughGold:
        # What was refused is undone; that gold is missing is to be known all the same.
        with transaction.atomic():
            notify_admins(project=project, kind="gold_low")
        raise


@transaction.atomic
def _begin(project: Project, person: Person) -> Exam:
    lock_progress(project, person)
    way = advance(project, person)
    if way.present != "exam":
        raise LeaseError(_("The exam is not the next step. Reload the page."))
    state = way.exam.state
    if state == "open" and way.exam.last is not None:
        return way.exam.last
    if state != "ready":
        raise LeaseError(_("There is no attempt to begin at the moment. Reload the page."))
    if not has_enough_gold(way):
        raise NotEnoughGold(
            _("There are not enough items for an exam at the moment. Come back later.")
        )
    exam = Exam.objects.create(project=project, person=person, number=way.exam.number)
    audit.record(
        actor=person,
        action="exam.begun",
        project=project,
        subject=f"exam:{exam.pk}",
        number=exam.number,
    )
    return exam


def has_enough_gold(way: Way) -> bool:
    """Whether an exam can come to its least number of items with what this person never had."""
    policy = way.policy
    is_judged = judges(way.project.settings.kind)
    needed = policy.exam_least if is_judged else max(policy.written_items, 1)
    found = drawing.pool(way.project, way.person)[:needed]
    return len(found) >= needed


# ------------------------------------------------------------------------------------- giving


@transaction.atomic
def next_item(
    *, project: Project, person: Person, holding: Sequence[int] = ()
) -> tuple[Assignment | None, Progress | None]:
    """The item of training or exam that is next, and how far the person is.

    There is one at a time: a client that holds it gets none beside it, so that an exam ends where
    it ends. None as well where gold is missing or another step comes.

    Raises:
        LeaseError: the project is paused, or this person has not come as far as training.
    """
    if project.state != Project.State.ACTIVE:
        raise LeaseError(_("This project is paused. Your work is kept; come back later."))
    lock_progress(project, person)
    way = advance(project, person)
    if way.present not in ("training", "exam"):
        # The label page leads on; see `annotation.giving`.
        return None, progress_of(way)
    exam = way.exam.last if way.present == "exam" and way.exam.state == "open" else None
    if way.present == "exam" and exam is None:
        return None, progress_of(way)
    settings = project.settings
    mine = Assignment.objects.filter(person=person, task__project=project, exam=exam)
    mine = mine.filter(purpose=Purpose.EXAM if exam else Purpose.TRAINING)
    begun = (
        mine.filter(state__in=[State.LIVE, State.EXPIRED], task__state=Task.State.OPEN)
        .select_for_update(of=("self",))
        .order_by("id")
        .first()
    )
    if begun is not None:
        is_held = begun.pk in holding
        return (None if is_held else assigning.renew(begun, settings)), progress_of(way)
    given = _give_exam(exam, mine, settings) if exam else _give_training(way, settings)
    if given is not None:
        return given, progress_of(way)
    notify_admins(project=project, kind="gold_low")
    if exam is not None and way.exam.answered >= way.policy.exam_least:
        # What is known is enough for a person to decide on.
        _end(Exam.objects.select_for_update(no_key=True).get(pk=exam.pk), Verdict.BORDERLINE, way)
        return None, progress_of(way_of(project, person))
    return None, progress_of(way, "short")


def _give_training(way: Way, settings: ProjectSettings) -> Assignment | None:
    task = drawing.draw_training(way.project, way.person)
    return task and assigning.lease(task, way.person, settings, purpose=Purpose.TRAINING)


def _give_exam(exam: Exam, mine: Any, settings: ProjectSettings) -> Assignment | None:
    asked = list(mine.select_related("task__gold"))
    task = drawing.draw_exam(exam.project, exam.person, asked)
    if task is None:
        return None
    traits = drawing.traits_of([task, *(one.task for one in asked)])
    sides = [drawing.left_was_right(one, traits[one.task_id]) for one in asked]
    order = drawing.order_for(traits[task.pk], task.placed.count(), sides)
    return assigning.lease(
        task, exam.person, settings, purpose=Purpose.EXAM, exam=exam, order=order
    )


# ------------------------------------------------------------------------------------ answers


def check_answerable(assignment: Assignment) -> None:
    """Refuse a second answer to an item of training or exam, and any after the exam's end.

    Raises:
        LeaseError: it is answered, or its exam is over.
    """
    if assignment.state == State.ANSWERED:
        raise LeaseError(_("Answers of practice and exams stay as they are."))
    if assignment.exam is not None and assignment.exam.verdict != Verdict.OPEN:
        raise LeaseError(_("This exam is over."))


def take_answer(judgment: Judgment, assignment: Assignment) -> None:
    """Let a stored answer count for its step. Called in the transaction of the answer.

    The exam's row is locked after the task's and the assignment's, as everywhere.
    """
    if assignment.exam_id is not None:
        exam = Exam.objects.select_for_update(no_key=True).get(pk=assignment.exam_id)
        _examine(exam, judgment)
    else:
        advance(assignment.task.project, judgment.person)


def _examine(exam: Exam, judgment: Judgment) -> None:
    way = way_of(exam.project, exam.person)
    answered = exam.items.filter(state=State.ANSWERED).count()
    if judges(exam.project.settings.kind):
        test, grade = sequential_test(way.policy), grade_judgment(judgment)
        exam.right += grade.right
        exam.judged += grade.judged
        exam.log_odds += test.step(grade.right, grade.judged)
        verdict: str = test.verdict(exam.log_odds, answered)
    else:
        verdict = Verdict.BORDERLINE if answered >= way.policy.written_items else Verdict.OPEN
    exam.save(update_fields=["right", "judged", "log_odds"])
    if verdict != Verdict.OPEN:
        _end(exam, verdict, way)


def _end(exam: Exam, verdict: str, way: Way) -> None:
    """Close a locked exam with its verdict, write the stage down, and tell who has to know."""
    exam.verdict, exam.finished_at = Verdict(verdict), timezone.now()
    exam.save(update_fields=["verdict", "finished_at"])
    exam.items.filter(state=State.LIVE).update(state=State.EXPIRED)
    audit.record(
        actor=exam.person,
        action="exam.ended",
        project=exam.project,
        subject=f"exam:{exam.pk}",
        verdict=verdict,
        right=exam.right,
        judged=exam.judged,
    )
    is_last = verdict == Verdict.FAILED and exam.number >= way.exam.allowed
    if verdict == Verdict.PASSED or is_last:
        hiring.settle(exam, decided_by=None)
        return
    qualifying.record_stage(
        project=exam.project,
        person=exam.person,
        stage=Qualification.Stage.EXAMINED,
        recorded_by=None,
        scores=hiring.scores_of(exam),
    )
    if verdict == Verdict.BORDERLINE:
        detail = {"labeler": exam.person.username, "person": exam.person_id}
        notify_admins(project=exam.project, kind="exam_waits", detail=detail)


# ---------------------------------------------------------------------------------- explaining


@dataclass(frozen=True)
class Explained:
    """What is said after a training answer, in words and in the order on screen.

    ``verdict``: right, wrong, partly, undecided (the answer decides nothing that the expected one
    does) or empty where people write. ``expected_answer`` is null there.
    """

    assignment: int
    verdict: str
    right: int
    judged: int
    given: str
    expected: str
    expected_answer: dict[str, Any] | None
    explanation: str


def explained(judgment: Judgment) -> Explained | None:
    """What is said of `judgment`, None unless it was given in training."""
    assignment = Assignment.objects.filter(
        task=judgment.task_id, person=judgment.person_id, purpose=Purpose.TRAINING
    ).first()
    if assignment is None:
        return None
    return explain(judgment, assignment=assignment.pk)


def explain(judgment: Judgment, *, assignment: int) -> Explained:
    """What is said of an answer to an item of a training, in the order in which it was shown."""
    task = judgment.task
    turn, back = TASK_KINDS[task.kind].reorder, inverse(judgment.display_order)
    expected = task.gold.answer and turn(task.gold.answer, back)
    grade = grade_judgment(judgment)
    return Explained(
        assignment=assignment,
        verdict=_verdict(grade) if expected else "",
        right=grade.right,
        judged=grade.judged,
        given=kind_words.answer_in_words(turn(judgment.answer, back)),
        expected=kind_words.answer_in_words(expected) if expected else "",
        expected_answer=expected,
        explanation=task.gold.explanation,
    )


def _verdict(grade: Grade) -> str:
    if grade.judged == 0:
        return "undecided"
    if grade.right == grade.judged:
        return "right"
    return "partly" if grade.right else "wrong"
