"""Writing down how far a labeler has come in a project, and reading it back.

Whoever measures (annotation's screening) calls `record_stage`; nothing here looks at judgments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from labelers import audit
from labelers.models import Membership, Person, Project, Qualification, Role

Stage = Qualification.Stage
STEPS = (Stage.INVITED, Stage.CONSENTED, Stage.TRAINING, Stage.EXAMINED, Stage.QUALIFIED)
"""The way to being qualified, in order."""


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


@dataclass(frozen=True)
class Standing:
    """What a labeler may do in a project and what they still need; `ask` names its admins."""

    stage: str | None = None
    reason: str = ""
    ask: tuple[str, ...] = ()

    @property
    def may_label(self) -> bool:
        """As `may_work` says."""
        return self.stage != Stage.SUSPENDED

    @property
    def title(self) -> str:
        """The stage in the viewer's language."""
        return str(Stage(self.stage).label) if self.stage else ""

    @property
    def to_come(self) -> list[str]:
        """The steps that are still ahead, in the viewer's language; none without a record."""
        if self.stage not in STEPS:
            return []
        return [str(step.label) for step in STEPS[STEPS.index(Stage(self.stage)) + 1 :]]


def standings_of(person: Person, projects: Iterable[Project]) -> dict[int, Standing]:
    """By project: how `person` stands in each of `projects`, in at most two queries."""
    found = {project.pk: Standing() for project in projects}
    records = {
        record.project_id: record
        for record in Qualification.objects.filter(person=person, project__in=found)
    }
    suspended = [pk for pk, record in records.items() if record.stage == Stage.SUSPENDED]
    admins: dict[int, list[str]] = defaultdict(list)
    if suspended:
        rows = Membership.objects.filter(project__in=suspended, role=Role.ADMIN).order_by("id")
        for project, name in rows.values_list("project_id", "person__username"):
            admins[project].append(name)
    return found | {
        pk: Standing(record.stage, record.reason, tuple(admins[pk]))
        for pk, record in records.items()
    }
