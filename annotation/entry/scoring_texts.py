"""Scoring what candidates wrote, 1 to 7: several admins, blind to the author and to each other.

Each admin gets the texts in an order of their own. Once enough of them scored every text of an
exam, it passes, fails or goes to an admin as borderline. Exams that judge are screening's part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.entry import exam_results, hiring
from annotation.entry.exam_results import texts_of_exams
from annotation.models import Assignment, Exam, Judgment, WrittenScore
from annotation.models.screening import BEST_SCORE
from labelers import audit, qualifying
from labelers.models import Person, Project, Qualification
from labelers.notifying import notify_admins

LONGEST_NOTE = 1000
CLEARLY_BELOW = 1.0
"""A mean lower than the wanted score by more than this fails; one between is borderline."""


def handed_in(project: Project) -> QuerySet[Exam]:
    """Exams that were ended by their candidate and on which nobody has decided."""
    return Exam.objects.filter(
        project=project,
        finished_at__isnull=False,
        decided_at=None,
        verdict__in=[Exam.Verdict.OPEN, Exam.Verdict.BORDERLINE],
    )


def waiting_for(*, project: Project, scorer: Person) -> list[Judgment]:
    """The texts that `scorer` has still to score, in an order that tells nothing; not one's own."""
    scorers = hiring.policy_of(project).written_scorers
    mine = WrittenScore.objects.filter(judgment=OuterRef("pk"), scorer=scorer)
    found = (
        texts_of_exams(handed_in(project))
        .exclude(person=scorer)
        .filter(~Exists(mine))
        .annotate(n=Count("written_scores"))
        .filter(n__lt=scorers)
        .select_related("task__prompt")
    )
    return sorted(found, key=lambda judgment: _place(scorer, judgment))


def _place(scorer: Person, judgment: Judgment) -> str:
    # No secret: it only has to differ from scorer to scorer and to stay.
    return hashlib.sha256(f"{scorer.pk}:{judgment.pk}".encode()).hexdigest()


@transaction.atomic
def score_written(
    *, project: Project, judgment: Judgment, scorer: Person, score: int, note: str = ""
) -> WrittenScore:
    """Score one text, once; the last score that an exam waits for settles it.

    Raises:
        ValidationError: by field.
    """
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= BEST_SCORE:
        raise ValidationError({"score": _("Give a score from 1 to %d.") % BEST_SCORE})
    if len(note) > LONGEST_NOTE:
        raise ValidationError({"note": _("At most %d characters are kept.") % LONGEST_NOTE})
    exam = _exam_of(project, judgment)
    if judgment.person_id == scorer.pk:
        raise ValidationError({"score": _("This text is your own; others score it.")})
    if exam.decided_at is not None:
        raise ValidationError({"score": _("This exam was decided meanwhile.")})
    if judgment.written_scores.count() >= hiring.policy_of(project).written_scorers:
        raise ValidationError({"score": _("This text has all its scores already.")})
    made, created = WrittenScore.objects.get_or_create(
        judgment=judgment, scorer=scorer, defaults={"score": score, "note": note.strip()}
    )
    if not created:
        raise ValidationError({"score": _("You have scored this text already.")})
    audit.record(
        actor=scorer,
        action="text.scored",
        project=project,
        subject=f"judgment:{judgment.pk}",
        score=score,
    )
    _settle_when_complete(exam)
    return made


def _exam_of(project: Project, judgment: Judgment) -> Exam:
    """The exam that the text belongs to, locked, so that two last scores settle it once."""
    item = Assignment.objects.filter(task=judgment.task_id, person=judgment.person_id)
    found = Exam.objects.select_for_update(of=("self",)).select_related("project", "person")
    exam: Exam | None = found.filter(project=project, items__in=item).first()
    if exam is None or not texts_of_exams([exam]).filter(pk=judgment.pk).exists():
        raise ValidationError({"judgment": _("This is no text of an exam; reload the page.")})
    if exam.finished_at is None:
        raise ValidationError({"judgment": _("This exam was not handed in yet.")})
    return exam


def _settle_when_complete(exam: Exam) -> None:
    policy = hiring.policy_of(exam.project)
    counts = texts_of_exams([exam]).annotate(n=Count("written_scores")).values_list("n", flat=True)
    mean = exam_results.mean_score(exam)
    if mean is None or min(counts) < policy.written_scorers:
        return
    if mean >= policy.written_score:
        exam.verdict = Exam.Verdict.PASSED
    elif mean < policy.written_score - CLEARLY_BELOW:
        exam.verdict = Exam.Verdict.FAILED
    else:
        _leave_to_admins(exam)
        return
    hiring.settle(exam, decided_by=None)
    audit.record(
        actor=None,
        action="exam.decided",
        project=exam.project,
        subject=f"exam:{exam.pk}",
        verdict=exam.verdict,
    )


def _leave_to_admins(exam: Exam) -> None:
    exam.verdict = Exam.Verdict.BORDERLINE
    exam.finished_at = exam.finished_at or timezone.now()
    exam.save(update_fields=["verdict", "finished_at"])
    qualifying.record_stage(
        project=exam.project,
        person=exam.person,
        stage=Qualification.Stage.EXAMINED,
        recorded_by=None,
        scores=exam_results.scores_of(exam),
    )
    notify_admins(
        project=exam.project,
        kind="exam_waits",
        detail={"labeler": exam.person.username, "person": exam.person_id},
    )


def scores_for(viewer: Person, exam: Exam) -> dict[int, list[dict[str, Any]]]:
    """By judgment: the scores that `viewer` may see, none of a text that they still have to score.

    Once the exam is decided everybody may see all of them.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    rows = WrittenScore.objects.filter(judgment__in=texts_of_exams([exam])).select_related("scorer")
    for row in rows.order_by("id"):
        found.setdefault(row.judgment_id, []).append(
            {"scorer": row.scorer.username, "score": row.score, "note": row.note}
        )
    if exam.decided_at is not None:
        return found
    scorers = hiring.policy_of(exam.project).written_scorers
    return {
        judgment: scores
        for judgment, scores in found.items()
        if len(scores) >= scorers or any(row["scorer"] == viewer.username for row in scores)
    }


def is_hidden(exam: Exam, judgment: Judgment, seen: Mapping[int, Any]) -> bool:
    """Whether the text must not be shown beside its author's name yet.

    `seen` is what `scores_for` found for whoever looks.
    """
    is_text = judgment.task.gold.answer is None
    return is_text and exam.decided_at is None and judgment.pk not in seen
