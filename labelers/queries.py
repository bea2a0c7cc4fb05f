"""Reading about people: the members of a project and the links that are still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils import timezone

from labelers.models import Invitation, Membership, Person, Project, Qualification, Role


@dataclass(frozen=True)
class Member:
    """A person with all their roles in a project and how far they have come in it.

    ``is_candidate`` is whether they are there to label and so have a way in to look at.
    """

    person: Person
    roles: list[str]
    since: datetime
    stage: str | None
    is_candidate: bool = False

    @property
    def stage_title(self) -> str:
        """The stage in the viewer's language."""
        return str(Qualification.Stage(self.stage).label) if self.stage else ""


def members(project: Project) -> list[Member]:
    """Everyone in `project`, by the time they came."""
    stages = dict(Qualification.objects.filter(project=project).values_list("person_id", "stage"))
    found: dict[int, Member] = {}
    rows = Membership.objects.filter(project=project).select_related("person").order_by("id")
    candidates = {row.person_id for row in rows if row.role == Role.LABELER} | set(stages)
    for row in rows:
        member = found.setdefault(
            row.person_id,
            Member(
                person=row.person,
                roles=[],
                since=row.created_at,
                stage=stages.get(row.person_id),
                is_candidate=row.person_id in candidates,
            ),
        )
        member.roles.append(row.get_role_display())
    return list(found.values())


def open_invitations(project: Project) -> QuerySet[Invitation]:
    """The links that still let somebody in."""
    return Invitation.objects.filter(
        project=project,
        revoked_at=None,
        expires_at__gt=timezone.now(),
        uses__lt=F("max_uses"),
    )
