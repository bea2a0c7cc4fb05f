"""What holds for one person at work in one project, read at once: settings, standing, limits, and
where they are in the queue.

A seat is read once in a request and says what was so then; who changes something reads again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from annotation.models import ProjectSettings
from annotation.routing import JUDGES_WELL, languages_read
from annotation.trusting import TRUSTED
from labelers import roles, statements
from labelers.models import Person, Project, Role

_COLUMNS = f"""q.stage,
    (SELECT max(g.version) FROM annotation_guidelines g WHERE g.project_id = s.project_id),
    CASE WHEN r.routes_by_topic THEN ARRAY(
        SELECT topic FROM unnest(r.topics) topic WHERE topic NOT IN (
            SELECT k.topic FROM labelers_selfassessment k WHERE k.project_id = s.project_id
            AND k.person_id = %(person)s AND k.level >= {JUDGES_WELL}) ORDER BY topic
    ) END,
    d.priority, d.value, d.task, d.since, d.limits, d.began_at,
    d.done, d.done_today, d."left", d.counted_at, now(), {TRUSTED} AS is_trusted, l.ids, l.are_over,
    {statements.columns(ProjectSettings, "s")}"""  # noqa: S608 - no values, names of our own

_BESIDE = """
LEFT JOIN labelers_qualification q ON q.project_id = s.project_id AND q.person_id = %(person)s
LEFT JOIN annotation_screeningpolicy r ON r.project_id = s.project_id
LEFT JOIN annotation_desk d ON d.project_id = s.project_id AND d.person_id = %(person)s
LEFT JOIN LATERAL (
    SELECT array_agg(a.id) AS ids, array_agg(a.expires_at <= now()) AS are_over
    FROM annotation_assignment a JOIN annotation_task t ON t.id = a.task_id
    WHERE a.person_id = %(person)s AND a.state = 'live' AND a.purpose = 'work'
    AND t.project_id = s.project_id) l ON true
"""

_OF_PROJECT = f"""
SELECT {_COLUMNS} FROM annotation_projectsettings s {_BESIDE} WHERE s.project_id = %(project)s
"""  # noqa: S608 - no values, names of our own

_BY_NAME = f"""
SELECT {roles.HELD}, {statements.columns(Project, "p")}, {_COLUMNS}
FROM labelers_project p JOIN annotation_projectsettings s ON s.project_id = p.id {_BESIDE}
WHERE p.slug = %(slug)s
"""  # noqa: S608 - no values, names of our own


@dataclass(frozen=True)
class Limits:
    """What somebody is not given: topics they do not judge well, languages they do not read, and
    contested items where they are not trusted with them.

    ``languages`` are those they read, None where they read whatever comes.
    """

    barred: tuple[str, ...] = ()
    languages: tuple[str, ...] | None = None
    is_trusted: bool = False

    def __str__(self) -> str:
        read = "*" if self.languages is None else ",".join(self.languages)
        return "\n".join([f"{read}, trusted" if self.is_trusted else read, *self.barred])


@dataclass(frozen=True)
class Place:
    """Up to where in the queue there is nothing for somebody; see `annotation.models.Desk`."""

    priority: float
    value: float
    task: int
    since: int


@dataclass(frozen=True)
class Counts:
    """What somebody is shown of their own work, as of when it was counted."""

    done: int
    done_today: int
    left: int
    counted_at: datetime


@dataclass(frozen=True)
class Seat:
    """One person at work in one project. ``place`` is None where their search begins anew,
    ``leases`` what work they have in hand, and whether its time is over.
    """

    project: Project
    person: Person
    settings: ProjectSettings
    stage: str | None
    guidelines: int | None
    limits: Limits
    place: Place | None
    began_at: datetime | None
    counts: Counts | None
    now: datetime
    leases: dict[int, bool]

    def without(self, assignment: int) -> Seat:
        """The seat of somebody who no longer has that in hand: they have answered it."""
        return replace(self, leases={k: v for k, v in self.leases.items() if k != assignment})


def seat_of(project: Project, person: Person) -> Seat:
    """How things stand for `person` in `project`, in one statement.

    Raises:
        ProjectSettings.DoesNotExist: the project is no more.
    """
    found = statements.row(_OF_PROJECT, {"project": project.pk, "person": person.pk})
    if found is None:
        raise ProjectSettings.DoesNotExist(f"{project} has no settings")
    return _seat(project, person, found)


def find_seat(person: Person, slug: str, allowed: frozenset[Role]) -> Seat:
    """How things stand for `person` in the project called `slug`, in one statement as well.

    Raises:
        Http404, PermissionDenied: as `roles.find_project` raises them.
    """
    found = statements.row(_BY_NAME, {"slug": slug, "person": person.pk})
    if found is None:
        raise Http404(_("No such project."))
    behind = 1 + len(Project._meta.concrete_fields)
    project = statements.instance(Project, found[1:behind])
    return _seat(roles.admit(person, project, found[0], allowed), person, found[behind:])


def _seat(project: Project, person: Person, found: Sequence[Any]) -> Seat:
    stage, guidelines, barred, priority, value, task, since, kept_limits, began_at = found[:9]
    done, done_today, left, counted_at, now, is_trusted = found[9:15]
    leases, are_over = found[15:17]
    barred = tuple(barred or ()) if project.is_screened else ()
    limits = Limits(barred, languages_read(person), is_trusted)
    place = None
    if task is not None and kept_limits == str(limits):
        place = Place(priority, value, task, since)
    return Seat(
        project=project,
        person=person,
        settings=statements.instance(ProjectSettings, found[17:]),
        stage=stage,
        guidelines=guidelines,
        limits=limits,
        place=place,
        began_at=began_at,
        counts=counted_at and Counts(done, done_today, left, counted_at),
        now=now,
        leases=dict(zip(leases or (), are_over or (), strict=True)),
    )
