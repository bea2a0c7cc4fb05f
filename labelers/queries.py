"""Reading about people: the members of a project and the links that are still open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet
from django.utils import timezone

from labelers.models import Invitation, Membership, Person, Project, Qualification


@dataclass(frozen=True)
class Member:
    """A person with all their roles in a project and how far they have come in it."""

    person: Person
    roles: list[str]
    since: datetime
    stage: str | None


def members(project: Project) -> list[Member]:
    """Everyone in `project`, by the time they came."""
    stages = dict(Qualification.objects.filter(project=project).values_list("person_id", "stage"))
    found: dict[int, Member] = {}
    rows = Membership.objects.filter(project=project).select_related("person").order_by("id")
    for row in rows:
        member = found.setdefault(
            row.person_id,
            Member(row.person, [], row.created_at, stages.get(row.person_id)),
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
