"""Which tasks somebody could be given: the plain question, which `finding` answers from a place.

For counting and for tests; nothing here locks or takes anything.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.conversing import RESERVED_FOR
from annotation.models import Assignment, Task
from annotation.routing import beyond, languages_read, readable
from annotation.trusting import trusted
from labelers.models import Person, Project


def unseen(project: Project, person: Person) -> QuerySet[Task]:
    """Tasks of `project` that `person` was never given, or gave back by letting a lease run out."""
    seen = Assignment.objects.filter(task=OuterRef("pk"), person=person).exclude(
        # Who looked at what others said of an item does not answer it any more.
        ~Q(purpose=Assignment.Purpose.ADJUDICATION),
        state=Assignment.State.EXPIRED,
    )
    return Task.objects.filter(~Exists(seen), project=project)


def queued(project: Project) -> QuerySet[Task]:
    """Ordinary tasks of `project` with a free slot."""
    return Task.objects.filter(
        project=project, is_gold=False, state=Task.State.OPEN, free_slots__gt=0
    )


def takeable(project: Project, person: Person) -> QuerySet[Task]:
    """Ordinary tasks of `project` that `person` could be given now, as `finding` has it."""
    waited = Q(reserved_for=person) | Q(created_at__lt=timezone.now() - RESERVED_FOR)
    found = (
        unseen(project, person)
        .filter(is_gold=False, state=Task.State.OPEN, free_slots__gt=0)
        .filter(Q(reserved_for=None) | waited)
        .filter(Q(not_for=None) | ~Q(not_for=person))
    )
    return fitting(found, project, person)


def fitting(tasks: QuerySet[Task], project: Project, person: Person) -> QuerySet[Task]:
    """Those of `tasks` that neither topic nor language nor lack of trust keeps from `person`."""
    tasks = tasks.filter(Q(trusted_only=False) | trusted(person))
    languages = languages_read(person)
    if languages is not None:
        tasks = tasks.filter(readable(languages))
    return tasks.filter(~beyond(person)) if project.is_screened else tasks
