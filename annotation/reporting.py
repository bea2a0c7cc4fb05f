"""Reports: what labelers find wrong with an item itself, and what an admin decides about it.

A report says nothing about an answer. Taking an item out gives no lease back: who holds it may
still answer it, and nobody else gets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import assigning
from annotation.models import Report, Task
from labelers import audit
from labelers.models import Person, Project

LONGEST_NOTE = 1000


@transaction.atomic
def report(
    *,
    assignment_id: int,
    person: Person,
    reason: str,
    note: str = "",
    project: Project | None = None,
) -> Report:
    """Report the item of one's own assignment; reporting it again mends the first report.

    Raises:
        LeaseError: the item is not this person's, or not of `project` where that is given.
        ValidationError: by field; or the report was decided on already.
    """
    if reason not in Report.Reason.values:
        known = ", ".join(Report.Reason.values)
        raise ValidationError({"reason": _("Choose one of %s.") % known})
    if len(note) > LONGEST_NOTE:
        raise ValidationError({"note": _("At most 1000 characters are kept; shorten it.")})
    task, _assignment = assigning.lock_task_of(assignment_id, person)
    if project is not None and task.project_id != project.pk:
        raise assigning.LeaseError(_("This item belongs to another project. Reload the page."))
    made, created = Report.objects.get_or_create(
        task=task, person=person, defaults={"reason": reason, "note": note}
    )
    if made.decision:
        raise ValidationError(
            {"assignment": _("Your report of this item was already looked at; thank you.")}
        )
    if not created:
        made.reason, made.note = reason, note
        made.save(update_fields=["reason", "note"])
    audit.record(
        actor=person,
        action="task.reported",
        project=task.project,
        subject=f"task:{task.pk}",
        reason=reason,
    )
    return made


@transaction.atomic
def decide(*, report: Report, decided_by: Person, decision: str) -> int:
    """Decide on all open reports of the item; returns how many there were.

    Raises:
        ValidationError: there is no such decision, or somebody decided before.
    """
    if decision not in Report.Decision.values:
        known = ", ".join(Report.Decision.values)
        raise ValidationError({"decision": _("Choose one of %s.") % known})
    task = Task.objects.select_for_update(of=("self",)).get(pk=report.task_id)
    decided = Report.objects.filter(task=task, decision="")
    if not decided.filter(pk=report.pk).exists():
        raise ValidationError({"decision": _("Somebody has already decided on this report.")})
    if decision == Report.Decision.COVER:
        task.is_covered = True
        task.save(update_fields=["is_covered"])
    elif decision == Report.Decision.RETIRE:
        task.state = Task.State.RETIRED
        task.save(update_fields=["state"])
    count = decided.update(decision=decision, decided_by=decided_by, decided_at=timezone.now())
    audit.record(
        actor=decided_by,
        action="report.decided",
        project=task.project,
        subject=f"task:{task.pk}",
        decision=decision,
        reports=count,
    )
    return count


@dataclass(frozen=True)
class ReportedTask:
    """An item with the reports of it that are open, first one first."""

    task: Task
    reports: list[Report]


def open_reports(project: Project) -> list[ReportedTask]:
    """The items that wait for a decision, those that most people reported first."""
    waiting = _of(project).filter(decision="").order_by("id")
    found: dict[int, ReportedTask] = {}
    for made in waiting.select_related("person", "task__prompt").prefetch_related(
        "task__placed__response"
    ):
        found.setdefault(made.task_id, ReportedTask(made.task, [])).reports.append(made)
    return sorted(found.values(), key=lambda reported: -len(reported.reports))


def decided_reports(project: Project, limit: int = 50) -> Any:
    """What was decided last."""
    decided = (
        _of(project).exclude(decision="").select_related("person", "decided_by", "task__prompt")
    )
    return decided.order_by("-decided_at", "-id")[:limit]


def open_count(project: Project) -> int:
    """How many items wait for a decision."""
    return int(_of(project).filter(decision="").aggregate(n=Count("task", distinct=True))["n"])


def _of(project: Project) -> Any:
    return Report.objects.filter(task__project=project)
