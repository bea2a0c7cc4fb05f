"""How far a labeler is in each of many projects, in a few queries: the list of one's projects.

Of one project at a time `work_counts` says it; both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from annotation import openings, work_counts
from annotation.models import Assignment, Judgment, ProjectSettings, Task
from annotation.work_counts import STORED
from labelers.models import Person, Project


def work_by_project(person: Person, projects: Sequence[Project]) -> dict[int, dict[str, int]]:
    """What `queries.work_of` says, of many projects in seven queries, and some more for each whose
    queue is long: there it is kept, not counted at every look."""
    work, short = work_counts.kept_by_project(person, projects)
    return work | _counted_by_project(person, short)


def _counted_by_project(person: Person, projects: Sequence[Project]) -> dict[int, dict[str, int]]:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    work = {project.pk: {"done": 0, "done_today": 0, "left": 0} for project in projects}
    counts = (
        Judgment.objects.filter(
            person=person, task__project__in=projects, is_current=True, standing__in=STORED
        )
        .values_list("task__project")
        .annotate(
            done=Count("id"),
            done_today=Count(
                "id",
                filter=Q(created_at__gte=midnight)
                & ~work_counts.answered_before(person=person, moment=midnight),
            ),
        )
    )
    for project, done, done_today in counts:
        work[project] |= {"done": done, "done_today": done_today}
    takeable = _by_project(openings.takeable, person, projects)
    unseen = _by_project(_unseen_gold, person, projects)
    held = _of_assignments(
        Assignment.objects.filter(
            person=person, state=Assignment.State.LIVE, purpose=Assignment.Purpose.WORK
        ),
        projects,
    )
    seen = _of_assignments(work_counts.gold_given(person), projects)
    rates = ProjectSettings.objects.filter(project__in=projects)
    for project, rate in rates.values_list("project", "gold_rate"):
        ahead = work_counts.gold_ahead(
            rate=rate,
            takeable=takeable.get(project, 0),
            done=work[project]["done"],
            unseen=unseen.get(project, 0),
            seen=seen.get(project, 0),
        )
        work[project]["left"] = takeable.get(project, 0) + held.get(project, 0) + ahead
    for project in projects:
        if takeable.get(project.pk, 0) > work_counts.EXACT:
            # Next time its queue is known to be long.
            work_counts.open_tasks(project, timezone.now())
    return work


def _unseen_gold(project: Project, person: Person) -> QuerySet[Task]:
    return openings.unseen(project, person).filter(is_gold=True, state=Task.State.OPEN)


def _by_project(
    tasks: Callable[[Project, Person], QuerySet[Task]], person: Person, projects: Sequence[Project]
) -> dict[int, int]:
    """How many of such tasks there are in each project, in one query."""
    counts = [
        tasks(project, person).order_by().values_list("project").annotate(Count("id"))
        for project in projects
    ]
    return dict(counts[0].union(*counts[1:], all=True)) if counts else {}


def _of_assignments(
    assignments: QuerySet[Assignment], projects: Sequence[Project]
) -> dict[int, int]:
    found = assignments.filter(task__project__in=projects).values_list("task__project")
    return dict(found.annotate(Count("id")))
