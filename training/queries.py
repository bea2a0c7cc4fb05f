"""Reading runs: lists for pages, who may see one, and the lineage from snapshot to checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404

from annotation.models import ResponseSource
from exports.models import Snapshot
from labelers import roles
from labelers.models import Person, Project, Role
from training.models import Checkpoint, Run, RunInput


@dataclass(frozen=True)
class Lineage:
    """Where a run comes from and what came of it, oldest first.

    ``parents`` are the checkpoints it builds on, up to the one that started from a plain model;
    ``inputs`` those it read besides, each in its role.
    """

    snapshot: Snapshot | None
    parents: list[Checkpoint]
    checkpoints: list[Checkpoint]
    children: list[Run]
    inputs: list[RunInput]


def find_run(person: Person, uid: UUID | str, allowed: frozenset[Role]) -> Run:
    """The run `uid`, if `person` holds one of the `allowed` roles in its project.

    Raises:
        Http404: there is none, or `person` is a stranger to its project.
        PermissionDenied: `person` is a member without any of the `allowed` roles.
    """
    run = (
        Run.objects.select_related("project", "snapshot", "parent__run", "created_by")
        .filter(uid=uid)
        .first()
    )
    if run is None:
        raise Http404("No such run.")
    try:
        roles.require(person, run.project, allowed)
    except Http404:
        raise Http404("No such run.") from None
    return run


def runs_of(project: Project, snapshot: Snapshot | None = None) -> QuerySet[Run]:
    """The project's runs, or those on one snapshot, newest first, with what a list shows."""
    found = project.runs.filter(is_check=False).order_by("-id")
    found = found.select_related("snapshot", "parent__run", "created_by")
    return found if snapshot is None else found.filter(snapshot=snapshot)


def find_snapshot(project: Project, uid: str) -> Snapshot | None:
    """The project's snapshot `uid`; None for an empty one.

    Raises:
        Http404: the project has no such snapshot.
    """
    if not uid:
        return None
    try:
        return Snapshot.objects.get(project=project, uid=uid)
    except (Snapshot.DoesNotExist, ValidationError):
        raise Http404("No such snapshot.") from None


def ready_snapshots(project: Project) -> QuerySet[Snapshot]:
    """The snapshots a run may work on, newest first."""
    return Snapshot.objects.filter(project=project, state=Snapshot.State.DONE).order_by("-id")


def usable_checkpoints(project: Project) -> QuerySet[Checkpoint]:
    """The checkpoints a run may start from: still on disk, their own run at its end."""
    return (
        Checkpoint.objects.filter(run__project=project, available=True)
        .exclude(run__state__in=Run.LIVE)
        .select_related("run")
        .order_by("-run_id", "-is_best", "-step")
    )


def find_checkpoint(project: Project, uid: UUID | str) -> Checkpoint | None:
    """The checkpoint `uid` of one of the project's runs."""
    return Checkpoint.objects.filter(run__project=project, uid=uid).select_related("run").first()


def lineage(run: Run) -> Lineage:
    """The chain snapshot, earlier checkpoints, run, its checkpoints, runs on those."""
    parents: list[Checkpoint] = []
    at = run.parent
    while at is not None and at not in parents:
        parents.append(at)
        at = Run.objects.select_related("parent__run", "snapshot").get(pk=at.run_id).parent
    return Lineage(
        snapshot=run.snapshot,
        parents=parents[::-1],
        checkpoints=list(run.checkpoints.order_by("step")),
        children=list(users(Q(parent__run=run) | Q(inputs__checkpoint__run=run))),
        inputs=list(run.inputs.select_related("checkpoint__run")),
    )


def run_at_work(check: Run) -> Run | None:
    """The run that keeps the worker busy while `check` waits; None where none does."""
    if check.state != Run.State.QUEUED:
        return None
    return Run.objects.filter(state=Run.State.RUNNING).exclude(pk=check.pk).first()


def users(reads: Q) -> QuerySet[Run]:
    """The runs of which `reads` is true (what they started from, what they read), oldest first."""
    found = Run.objects.filter(reads, is_check=False).distinct()
    return found.select_related("parent", "project").order_by("id")


def generated_runs(project: Project) -> QuerySet[Run]:
    """The project's finished `generate` runs, newest first."""
    return runs_of(project).filter(trainer="generate", state=Run.State.DONE)


def compared_sources(project: Project) -> QuerySet[ResponseSource]:
    """The named sources of the project's responses, those with most responses first."""
    return (
        ResponseSource.objects.filter(project=project)
        .annotate(count=Count("responses"))
        .filter(count__gt=0)
        .order_by("-count", "name")
    )


def projects_for_tasks(person: Person) -> QuerySet[Project]:
    """The projects in which `person` may make tasks of generated responses."""
    if person.is_staff:
        return Project.objects.exclude(settings=None).order_by("name")
    mine = Q(memberships__person=person, memberships__role__in=roles.TRAINING)
    return Project.objects.filter(mine).exclude(settings=None).distinct().order_by("name")
