"""Making tasks: prompts, their responses, and the tasks that ask people about them.

Everything is known by the hash of its content, so that giving the same candidates twice makes
nothing twice. Bulk statements keep a file of a hundred thousand rows in flat memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import transaction

from annotation import planning
from annotation.candidates import Candidate
from annotation.known_answers import Asked
from annotation.models import (
    Gold,
    Judgment,
    ProjectSettings,
    Prompt,
    Response,
    ResponseSource,
    Task,
    TaskResponse,
)
from annotation.models.prompts import content_hash
from annotation.planning import Known, Plan
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import audit
from labelers.models import Person, Project

BATCH = 1000


def register_source(
    *, project: Project, name: str, kind: str, detail: dict[str, Any] | None = None
) -> ResponseSource:
    """The response source called `name` in `project`, made when it is new."""
    source, _created = ResponseSource.objects.get_or_create(
        project=project, name=name, defaults={"kind": kind, "detail": detail or {}}
    )
    return source


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
    settings = ProjectSettings.objects.get(project=project)
    for some in in_batches(candidates):
        with transaction.atomic():
            made = _add_batch(project, settings, some, make_tasks, ask_people)
            audit.record(actor=added_by, action="tasks.added", project=project, **made)
        counts.update(made)
    return dict(counts)


def _add_batch(
    project: Project,
    settings: ProjectSettings,
    candidates: Sequence[Candidate],
    make_tasks: bool,
    ask_people: bool | None,
) -> dict[str, int]:
    # Two files that come in at once may hold the same rows: one batch of a project at a time.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    prompts, new_prompts = _store_prompts(project, candidates)
    placed, new_responses = _store_responses(project, candidates, prompts)
    made = {"prompts": new_prompts, "responses": new_responses}
    if not make_tasks:
        return made
    plans: list[Plan] = []
    too_few = unfit = 0
    asked = asked_in(settings)
    for candidate, prompt, responses in zip(candidates, prompts, placed, strict=True):
        planned = planning.plan(settings, asked, candidate, prompt, responses)
        too_few += not planned and bool(responses)
        held = {id(known.source) for made_of in planned for known in made_of.known}
        unfit += len(candidate.known) - len(held) if planned else 0
        plans += planned
    made |= _store_tasks(project, settings, plans, ask_people)
    return made | {"too_few": too_few, "unfit": unfit}


def asked_in(settings: ProjectSettings) -> Asked:
    """What a project asks, with every option."""
    kind = TASK_KINDS[settings.kind]
    return Asked(kind, kind.clean_options(settings.kind_options))


def _store_prompts(project: Project, candidates: Sequence[Candidate]) -> tuple[list[Prompt], int]:
    hashes = [content_hash(candidate.prompt) for candidate in candidates]
    known = _by_hash(Prompt, project, hashes)
    fresh: dict[str, Prompt] = {}
    for digest, candidate in zip(hashes, candidates, strict=True):
        if digest not in known and digest not in fresh:
            fresh[digest] = Prompt(
                project=project,
                messages=candidate.prompt,
                content_hash=digest,
                language=candidate.language,
                tags=list(candidate.tags),
                reference=candidate.reference,
            )
    Prompt.objects.bulk_create(fresh.values())
    known |= fresh
    return [known[digest] for digest in hashes], len(fresh)


def _by_hash(model: type[Any], project: Project, hashes: Iterable[str]) -> dict[str, Any]:
    found = model.objects.filter(project=project, content_hash__in=set(hashes))
    return {row.content_hash: row for row in found}


def _store_responses(
    project: Project, candidates: Sequence[Candidate], prompts: Sequence[Prompt]
) -> tuple[list[list[Response]], int]:
    """The stored responses of each candidate, in the candidate's order."""
    sources = _sources(project, {name for c in candidates for _messages, name in c.responses})
    wanted = [
        [
            (prompt.pk, sources[name].pk, content_hash(messages), messages)
            for messages, name in candidate.responses
        ]
        for candidate, prompt in zip(candidates, prompts, strict=True)
    ]
    keys = {(p, s, h): messages for row in wanted for p, s, h, messages in row}
    known = _responses_by_key(prompts, {digest for _p, _s, digest in keys})
    fresh = {
        (p, s, h): Response(prompt_id=p, source_id=s, content_hash=h, messages=messages)
        for (p, s, h), messages in keys.items()
        if (p, s, h) not in known
    }
    Response.objects.bulk_create(fresh.values())
    known |= fresh
    return [[known[p, s, h] for p, s, h, _messages in row] for row in wanted], len(fresh)


def _sources(project: Project, names: set[str]) -> dict[str, ResponseSource]:
    known = ResponseSource.objects.filter(project=project, name__in=names)
    found = {source.name: source for source in known}
    for name in sorted(names - set(found)):
        kind = ResponseSource.Kind.IMPORTED
        found[name] = register_source(project=project, name=name, kind=kind)
    return found


def _responses_by_key(
    prompts: Sequence[Prompt], hashes: set[str]
) -> dict[tuple[int, int, str], Response]:
    # A prompt may have a hundred thousand responses, and a file names it in every row.
    found = Response.objects.filter(
        prompt__in={prompt.pk for prompt in prompts}, content_hash__in=hashes
    ).defer("messages")
    return {(r.prompt_id, r.source_id, r.content_hash): r for r in found}


def _store_tasks(
    project: Project,
    settings: ProjectSettings,
    plans: Sequence[Plan],
    ask_people: bool | None,
) -> dict[str, int]:
    known = _by_hash(Task, project, [plan.content_hash for plan in plans])
    opened = _open(settings, known.values()) if ask_people else 0
    fresh: dict[str, Plan] = {}
    judged: set[str] = set()
    for plan in plans:
        if plan.content_hash not in known:
            fresh.setdefault(plan.content_hash, plan)
            if any(answer.source.labeler for answer in plan.known):
                judged.add(plan.content_hash)
    made = {}
    for digest, plan in fresh.items():
        asked = digest not in judged if ask_people is None else ask_people
        made[digest] = planning.task_of(settings, plan, asked=asked or plan.is_gold)
    Task.objects.bulk_create(made.values())
    TaskResponse.objects.bulk_create(
        TaskResponse(task=made[digest], response=response, position=position)
        for digest, plan in fresh.items()
        for position, response in enumerate(plan.responses)
    )
    golds = [plan for plan in fresh.values() if plan.is_gold]
    Gold.objects.bulk_create(
        Gold(task=made[plan.content_hash], answer=plan.gold, explanation=plan.explanation)
        for plan in golds
    )
    judgments, repeated = _store_known(plans, known | made)
    return {
        "tasks": len(made),
        "gold": len(golds),
        "judgments": judgments,
        "repeated": repeated,
        "closed": sum(task.overlap == 0 for task in made.values()),
        "opened": opened,
    }


def _open(settings: ProjectSettings, tasks: Iterable[Task]) -> int:
    """Ask people about those of `tasks` that were made for nobody; returns how many."""
    return Task.objects.filter(
        pk__in=[task.pk for task in tasks if task.overlap == 0],
        overlap=0,
        state=Task.State.CLOSED,
        is_gold=False,
    ).update(state=Task.State.OPEN, overlap=settings.overlap, free_slots=settings.overlap)


def _store_known(plans: Sequence[Plan], tasks: dict[str, Task]) -> tuple[int, int]:
    """Keep known answers as judgments of standing `imported`, one per labeler and task.

    Returns how many were made, and how many were left out because the labeler had answered.
    """
    rows: dict[tuple[int, str], tuple[Task, Known]] = {}
    given = 0
    for plan in plans:
        task = tasks[plan.content_hash]
        for known in plan.known:
            given += 1
            rows.setdefault((task.pk, known.source.labeler), (task, known))
    there = set(
        Judgment.objects.filter(
            task__in={task for task, _labeler in rows}, standing=Judgment.Standing.IMPORTED
        ).values_list("task_id", "imported_labeler")
    )
    fresh = [_judgment(*row) for key, row in rows.items() if key not in there]
    Judgment.objects.bulk_create(fresh)
    return len(fresh), given - len(fresh)


def _judgment(task: Task, known: Known) -> Judgment:
    judgment = Judgment(
        task=task,
        imported_labeler=known.source.labeler,
        standing=Judgment.Standing.IMPORTED,
        answer=known.answer,
        reason=known.source.reason,
        seconds=known.source.seconds,
        display_order=known.shown,
    )
    if known.source.at is not None:
        judgment.created_at = known.source.at
    return judgment
