"""Keeping the gold of a project: made by an admin's answer or of a consensus, changed, affirmed,
retired and brought back. Files bring their own gold (`tasking`); what speaks for and against an
item is read in `gold_evidence`.

A consensus that was dismissed is kept as a gold that was never in force: retired, and its task an
ordinary one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import conversing
from annotation.gold import gold_proposals
from annotation.known_answers import writes
from annotation.models import Assignment, Gold, Guidelines, ProjectSettings, Task
from annotation.task_kinds.base import AnswerError
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import audit
from labelers.models import Person

LONGEST_EXPLANATION = 5000
LONGEST_REASON = 200
Origin = Gold.Origin


@transaction.atomic
def make(
    *,
    task: Task,
    answer: Mapping[str, Any] | None,
    explanation: str = "",
    made_by: Person | None,
    origin: str = Origin.ADMIN,
) -> Gold:
    """Make `task` gold with that `answer` in canonical order; None where people write.

    Answers that were counted before stay counted; from now on it is mixed in unseen.

    Raises:
        ValidationError: by field; the answer decides nothing, or the task cannot be gold.
    """
    task = _locked(task.pk)
    known = Gold.objects.filter(task=task).first()
    if task.is_gold:
        raise ValidationError({"task": _("This item is gold already; change it instead.")})
    if task.state == Task.State.RETIRED:
        raise ValidationError({"task": _("This item was taken out; choose another one.")})
    if task.follows_id is not None:
        raise ValidationError({"task": _("A later turn of a conversation cannot be gold.")})
    gold = known or Gold(task=task)
    gold.answer = clean_answer(task, answer)
    gold.explanation = _clean_explanation(explanation)
    gold.origin, gold.created_by = origin, made_by
    gold.retired_at, gold.retired_by, gold.retired_reason = None, None, ""
    _hold(gold)
    _mix_in(task)
    _write_down(gold, made_by, "gold.made", answer=gold.answer, origin=origin)
    return gold


def clean_answer(task: Task, answer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`answer` as the task's kind stores it.

    Raises:
        ValidationError: under ``answer``, where it is none of this kind or decides nothing.
    """
    kind = TASK_KINDS[task.kind]
    k = task.placed.count()
    if writes(kind):
        if answer is not None:
            raise ValidationError(
                {"answer": _("Labelers write here, so there is no answer to give; leave it out.")}
            )
        return None
    if answer is None:
        raise ValidationError({"answer": _("Give the answer that is expected.")})
    options = conversing.options_of(ProjectSettings.objects.get(project=task.project_id))
    try:
        cleaned = kind.clean_answer(answer, k, options)
    except AnswerError as problem:
        raise ValidationError({"answer": str(problem)}) from problem
    if not any(outcome.winner is not None for outcome in kind.outcomes(cleaned, k)):
        raise ValidationError(
            {"answer": _("This answer prefers nothing, so nobody could be told by it.")}
        )
    return cleaned


@transaction.atomic
def change(
    *,
    gold: Gold,
    answer: Mapping[str, Any] | None,
    explanation: str,
    changed_by: Person | None,
) -> Gold:
    """Give a gold item another answer or explanation, which affirms it.

    Raises:
        ValidationError: by field, as `make`; or it is retired.
    """
    task, gold = _lock(gold)
    _require_in_force(gold)
    before = {"answer": gold.answer, "explanation": gold.explanation}
    gold.answer = clean_answer(task, answer)
    gold.explanation = _clean_explanation(explanation)
    _hold(gold)
    _write_down(gold, changed_by, "gold.changed", before=before, answer=gold.answer)
    return gold


@transaction.atomic
def affirm(*, gold: Gold, affirmed_by: Person | None) -> Gold:
    """Say that a gold item holds, under the guidelines as they are now.

    Raises:
        ValidationError: it is retired.
    """
    _task, gold = _lock(gold)
    _require_in_force(gold)
    _hold(gold)
    _write_down(gold, affirmed_by, "gold.affirmed")
    return gold


@transaction.atomic
def retire(*, gold: Gold, reason: str, retired_by: Person | None) -> Gold:
    """Give a gold item to nobody any more; what was said about it no longer scores anybody.

    Raises:
        ValidationError: without a reason; or it was retired before.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why it is retired.")})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": _("At most 200 characters are kept; shorten it.")})
    if "\0" in reason:
        raise ValidationError({"reason": _("It contains a NUL character; remove it.")})
    task, gold = _lock(gold)
    _require_in_force(gold)
    gold.retired_at, gold.retired_by, gold.retired_reason = timezone.now(), retired_by, reason
    gold.save()
    Task.objects.filter(pk=task.pk).update(state=Task.State.RETIRED)
    _write_down(gold, retired_by, "gold.retired", reason=reason)
    return gold


@transaction.atomic
def bring_back(*, gold: Gold, brought_back_by: Person | None) -> Gold:
    """Put a retired gold item into force again, which affirms it.

    Raises:
        ValidationError: it is in force, or was never gold.
    """
    task, gold = _lock(gold)
    if gold.retired_at is None or not task.is_gold:
        raise ValidationError(_("This item is not retired."))
    gold.retired_at, gold.retired_by, gold.retired_reason = None, None, ""
    _hold(gold)
    _mix_in(task)
    _write_down(gold, brought_back_by, "gold.brought_back")
    return gold


@transaction.atomic
def confirm(*, task: Task, explanation: str = "", confirmed_by: Person | None) -> Gold:
    """Make the unanimous consensus of `task` gold.

    Raises:
        ValidationError: its answers do not, or no longer, all say the same.
    """
    _locked(task.pk)
    found = gold_proposals.unanimous(task)
    if found is None:
        raise ValidationError(
            {"task": _("The answers to this item no longer all say the same. Look at it again.")}
        )
    return make(
        task=task,
        answer=found.answer,
        explanation=explanation,
        made_by=confirmed_by,
        origin=Origin.CONSENSUS,
    )


@transaction.atomic
def dismiss(*, task: Task, dismissed_by: Person | None) -> None:
    """Do not propose the consensus of `task` again. It can still be made gold by hand.

    Raises:
        ValidationError: it is gold, or was.
    """
    task = _locked(task.pk)
    made, created = Gold.objects.get_or_create(
        task=task,
        defaults={
            "origin": Origin.CONSENSUS,
            "created_by": dismissed_by,
            "retired_at": timezone.now(),
            "retired_by": dismissed_by,
        },
    )
    if not created and task.is_gold:
        raise ValidationError({"task": _("This item is gold already; retire it instead.")})
    if created:
        _write_down(made, dismissed_by, "gold.dismissed")


# -------------------------------------------------------------------------------- what they share


def _locked(task: int) -> Task:
    return Task.objects.select_for_update(of=("self",)).select_related("project").get(pk=task)


def _lock(gold: Gold) -> tuple[Task, Gold]:
    """The task and its gold as they are under the lock of the task."""
    task = _locked(gold.task_id)
    return task, Gold.objects.select_related("task").get(pk=gold.pk)


def _require_in_force(gold: Gold) -> None:
    if gold.retired_at is not None:
        raise ValidationError(_("This item is retired; bring it back first."))


def _hold(gold: Gold) -> None:
    """Store a gold that somebody has just said to hold."""
    latest = Guidelines.objects.filter(project=gold.task.project_id)
    gold.guideline_version = latest.aggregate(latest=Max("version"))["latest"]
    gold.affirmed_at = timezone.now()
    gold.save()


def _mix_in(task: Task) -> None:
    """Let a locked task be drawn as gold: who has it on screen gives a gold answer."""
    live = Assignment.objects.filter(task=task, state=Assignment.State.LIVE, slot__isnull=False)
    freed = live.update(slot=None)
    task.is_gold, task.state = True, Task.State.OPEN
    task.free_slots += freed
    task.save(update_fields=["is_gold", "state", "free_slots"])


def _clean_explanation(explanation: str) -> str:
    explanation = explanation.strip()
    if len(explanation) > LONGEST_EXPLANATION:
        raise ValidationError({"explanation": _("At most 5000 characters are kept; shorten it.")})
    if "\0" in explanation:
        raise ValidationError({"explanation": _("It contains a NUL character; remove it.")})
    return explanation


def _write_down(gold: Gold, actor: Person | None, action: str, **detail: Any) -> None:
    audit.record(
        actor=actor,
        action=action,
        project=gold.task.project,
        subject=f"task:{gold.task_id}",
        **detail,
    )
