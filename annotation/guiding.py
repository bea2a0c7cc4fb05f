"""Guidelines as people read them: who has read which version, and what changed between two.

`configuring.publish_guidelines` makes the versions; labeling stores which one an answer went by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from annotation.models import Guidelines, GuidelinesRead
from labelers import audit
from labelers.models import Person, Project

CONTEXT = 2
"""How many unchanged lines are shown around a change."""


@dataclass(frozen=True)
class Unread:
    """The guidelines in force, which somebody has not read; `since` is what they read last."""

    version: int
    note: str
    since: int | None

    @property
    def is_change(self) -> bool:
        """Whether they know an earlier version; who has read none learns of no change."""
        return self.since is not None


@dataclass(frozen=True)
class Line:
    """A line of a difference: same, inserted, deleted, or a gap where lines were left out."""

    change: str
    text: str = ""


@transaction.atomic
def read_guidelines(*, project: Project, person: Person, version: int) -> None:
    """Write down that `person` has read a version; reading it twice changes nothing.

    Raises:
        ValidationError: there is no such version.
    """
    guidelines = Guidelines.objects.filter(project=project, version=version).first()
    if guidelines is None:
        raise ValidationError({"version": _("There is no such version of the guidelines.")})
    _read, created = GuidelinesRead.objects.get_or_create(guidelines=guidelines, person=person)
    if created:
        audit.record(
            actor=person,
            action="guidelines.read",
            project=project,
            subject=f"guidelines:{version}",
        )


def unread_change(person: Person, project: Project) -> Unread | None:
    """The guidelines in force if `person` has not read them, else None."""
    return unread_changes(person, [project]).get(project.pk)


def unread_changes(person: Person, projects: Iterable[Project]) -> dict[int, Unread]:
    """By project: the guidelines in force that `person` has not read. Two queries for them all."""
    latest = (
        Guidelines.objects.filter(project__in=[project.pk for project in projects])
        .order_by("project_id", "-version")
        .distinct("project_id")
        .values_list("project_id", "version", "note")
    )
    read = dict(
        GuidelinesRead.objects.filter(person=person, guidelines__project__in=projects)
        .values("guidelines__project")
        .annotate(last=Max("guidelines__version"))
        .values_list("guidelines__project", "last")
    )
    return {
        project: Unread(version, note, read.get(project))
        for project, version, note in latest
        if read.get(project, 0) < version
    }


def difference(before: str, after: str) -> list[Line]:
    """The lines that were inserted and deleted, with a little of what stands around them."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[Line] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        # A gap stands wherever the next lines do not follow the last ones.
        if lines or group[0][1]:
            lines.append(Line("gap"))
        for what, i, i_end, j, j_end in group:
            if what == "equal":
                lines += _lines("same", old[i:i_end])
            else:
                lines += _lines("deleted", old[i:i_end]) + _lines("inserted", new[j:j_end])
    return lines


def _lines(change: str, texts: Sequence[str]) -> list[Line]:
    return [Line(change, text) for text in texts]
