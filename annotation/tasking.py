"""Making tasks: prompts, their responses, and the tasks that ask people about them.

Everything is known by the hash of its content, so that giving the same candidates twice makes
nothing twice. What a candidate becomes is `planning`, how it is kept is `storing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import transaction

from annotation import planning, storing
from annotation.candidates import Candidate
from annotation.known_answers import Asked
from annotation.models import ProjectSettings
from annotation.planning import Laid
from annotation.storing import register_source
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import audit
from labelers.models import Person, Project

BATCH = 1000


def in_batches(candidates: Iterable[Candidate], size: int = BATCH) -> Iterator[list[Candidate]]:
    """`candidates` in lists of `size`, read no further than asked."""
    rest = iter(candidates)
    while some := list(islice(rest, size)):
        yield some


def add_candidates(
    *,
    project: Project,
    added_by: Person | None,
    candidates: Iterable[Candidate],
    make_tasks: bool = True,
    ask_people: bool | None = True,
) -> dict[str, int]:
    """Store `candidates` and make the tasks that the project's kind asks of them.

    ``ask_people`` says whether labelers get the tasks: True, False, or None for those that came
    without a named labeler's judgment. Who is not asked about a task is not waited for: its overlap
    is 0. True also opens tasks that were made for nobody.

    Returns counts: ``prompts``, ``responses``, ``tasks``, ``gold``, ``judgments`` made anew,
    ``too_few`` (candidates with fewer different responses than the kind compares), ``repeated``
    (answers of labelers who had answered the same task: the first is kept), ``unfit`` (answers
    that the kind cannot hold), ``closed`` (new tasks for nobody) and ``opened``. One transaction
    and one audit row per thousand candidates.
    """
    counts: Counter[str] = Counter()
    asked = asked_in(ProjectSettings.objects.get(project=project))
    for some in in_batches(candidates):
        rows = [planning.lay_out(asked, one, make_tasks=make_tasks) for one in some]
        counts.update(
            add_laid_out(
                project=project,
                added_by=added_by,
                rows=rows,
                make_tasks=make_tasks,
                ask_people=ask_people,
            )
        )
    return dict(counts)


@transaction.atomic
def add_laid_out(
    *,
    project: Project,
    added_by: Person | None,
    rows: Sequence[Laid],
    make_tasks: bool,
    ask_people: bool | None,
) -> dict[str, int]:
    """Keep what is laid out already, in one transaction; counts as `add_candidates` has them."""
    # Two files that come in at once may hold the same rows: one batch of a project at a time.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    made = storing.store(
        project=project,
        settings=ProjectSettings.objects.get(project=project),
        rows=rows,
        make_tasks=make_tasks,
        ask_people=ask_people,
    )
    audit.record(actor=added_by, action="tasks.added", project=project, **made)
    return made


def asked_in(settings: ProjectSettings) -> Asked:
    """What a project asks, with every option."""
    kind = TASK_KINDS[settings.kind]
    return Asked(kind, kind.clean_options(settings.kind_options))


__all__ = [
    "BATCH",
    "add_candidates",
    "add_laid_out",
    "asked_in",
    "in_batches",
    "register_source",
]
