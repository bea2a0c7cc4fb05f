"""Making tasks: prompts, their responses, and the tasks that ask people about them.

Everything is known by the hash of its content, so that giving the same candidates twice makes
nothing twice. Bulk statements keep a file of a hundred thousand rows in flat memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import transaction

from annotation.candidates import Candidate, KnownAnswer
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
) -> dict[str, int]:
    """Store `candidates` and make the tasks that the project's kind asks of them.

    Returns counts: ``prompts``, ``responses``, ``tasks``, ``gold``, ``judgments`` made anew, and
    ``too_few`` (candidates with fewer different responses than the kind compares). One
    transaction and one audit row per thousand candidates.
    """
    counts: Counter[str] = Counter()
    settings = ProjectSettings.objects.get(project=project)
    for some in in_batches(candidates):
        with transaction.atomic():
            made = _add_batch(project, settings, some, make_tasks)
            audit.record(actor=added_by, action="tasks.added", project=project, **made)
        counts.update(made)
    return dict(counts)


def _add_batch(
    project: Project, settings: ProjectSettings, candidates: Sequence[Candidate], make_tasks: bool
) -> dict[str, int]:
    # Two files that come in at once may hold the same rows: one batch of a project at a time.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    prompts, new_prompts = _store_prompts(project, candidates)
    placed, new_responses = _store_responses(project, candidates, prompts)
    made = {"prompts": new_prompts, "responses": new_responses}
    if not make_tasks:
        return made
    plans: list[_Plan] = []
    too_few = 0
    for candidate, prompt, responses in zip(candidates, prompts, placed, strict=True):
        planned = _plan(settings, candidate, prompt, responses)
        too_few += not planned and bool(responses)
        plans += planned
    return made | _store_tasks(project, settings, plans) | {"too_few": too_few}


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
    known = _responses_by_key({prompt.pk for prompt in prompts})
    fresh = {
        (p, s, h): Response(prompt_id=p, source_id=s, content_hash=h, messages=messages)
        for (p, s, h), messages in keys.items()
        if (p, s, h) not in known
    }
    Response.objects.bulk_create(fresh.values())
    known |= fresh
    return [[known[p, s, h] for p, s, h, _messages in row] for row in wanted], len(fresh)


def _sources(project: Project, names: set[str]) -> dict[str, ResponseSource]:
    return {
        name: register_source(project=project, name=name, kind=ResponseSource.Kind.IMPORTED)
        for name in sorted(names)
    }


def _responses_by_key(prompt_ids: set[int]) -> dict[tuple[int, int, str], Response]:
    found = Response.objects.filter(prompt__in=prompt_ids)
    return {(r.prompt_id, r.source_id, r.content_hash): r for r in found}


@dataclass
class _Known:
    """An answer known from elsewhere, as the task's kind says it."""

    source: KnownAnswer
    answer: dict[str, Any]


@dataclass
class _Plan:
    """A task to be made: its responses in canonical order and what is already known of it."""

    task: Task
    responses: list[Response]
    known: list[_Known]
    gold: dict[str, Any] | None
    explanation: str


def _plan(
    settings: ProjectSettings, candidate: Candidate, prompt: Prompt, responses: list[Response]
) -> list[_Plan]:
    """The tasks that the project's kind makes of one candidate.

    Responses that read the same cannot be compared, so the first of them stands for all. The
    canonical order is that of the content hashes: it says nothing of where a response comes from.
    """
    kind = TASK_KINDS[settings.kind]
    options = kind.clean_options(settings.kind_options)
    places: dict[str, int] = {}
    for place, response in enumerate(responses):
        places.setdefault(response.content_hash, place)
    order = [places[digest] for digest in sorted(places)]
    if len(order) < kind.min_responses:
        return []
    if candidate.known and "k" in options:
        # What is known of all of them is not cut down to what a labeler would be shown.
        options["k"] = kind.max_responses
    groups = [tuple(order[place] for place in some) for some in kind.groups(len(order), options)]
    return [
        _plan_one(settings, candidate, prompt, responses, group, criterion)
        for group in groups
        for criterion in options.get("criteria") or [""]
    ]


def _plan_one(
    settings: ProjectSettings,
    candidate: Candidate,
    prompt: Prompt,
    responses: Sequence[Response],
    group: Sequence[int],
    criterion: str,
) -> _Plan:
    """The task about the responses of `group`, with what is known of them by that criterion."""
    chosen = [responses[place] for place in group]
    gold = _of_group(settings, candidate.gold, group, criterion)
    task = Task(
        project=settings.project,
        prompt=prompt,
        kind=settings.kind,
        criterion=criterion,
        content_hash=content_hash(
            [settings.kind, criterion, prompt.content_hash, [r.content_hash for r in chosen]]
        ),
        is_gold=gold is not None,
        priority=candidate.priority,
        overlap=settings.overlap,
        free_slots=settings.overlap,
    )
    known = [
        _Known(answer, said)
        for answer in candidate.known
        if (said := _of_group(settings, answer, group, criterion)) is not None
    ]
    return _Plan(task, chosen, known, gold, candidate.explanation)


def _of_group(
    settings: ProjectSettings, answer: KnownAnswer | None, group: Sequence[int], criterion: str
) -> dict[str, Any] | None:
    """What `answer` says of the responses in `group`; None where it says nothing of them."""
    if answer is None or answer.criterion != criterion:
        return None
    ranks = [answer.ranks[place] for place in group]
    return TASK_KINDS[settings.kind].from_ranks(ranks, answer.strength) if ranks else None


def _store_tasks(
    project: Project, settings: ProjectSettings, plans: Sequence[_Plan]
) -> dict[str, int]:
    hashes = [plan.task.content_hash for plan in plans]
    known = _by_hash(Task, project, hashes)
    fresh = {p.task.content_hash: p for p in plans if p.task.content_hash not in known}
    Task.objects.bulk_create([plan.task for plan in fresh.values()])
    TaskResponse.objects.bulk_create(
        TaskResponse(task=plan.task, response=response, position=position)
        for plan in fresh.values()
        for position, response in enumerate(plan.responses)
    )
    known |= {digest: plan.task for digest, plan in fresh.items()}
    golds = [plan for plan in fresh.values() if plan.task.is_gold]
    Gold.objects.bulk_create(
        Gold(task=plan.task, answer=plan.gold, explanation=plan.explanation) for plan in golds
    )
    return {
        "tasks": len(fresh),
        "gold": len(golds),
        "judgments": _store_known(plans, known),
    }


def _store_known(plans: Sequence[_Plan], tasks: dict[str, Task]) -> int:
    """Keep known answers as judgments of standing `imported`, one per labeler and task."""
    rows = {
        (tasks[plan.task.content_hash].pk, known.source.labeler): Judgment(
            task=tasks[plan.task.content_hash],
            imported_labeler=known.source.labeler,
            standing=Judgment.Standing.IMPORTED,
            answer=known.answer,
            reason=known.source.reason,
            display_order=[],
        )
        for plan in plans
        for known in plan.known
    }
    there = set(
        Judgment.objects.filter(
            task__in={task for task, _labeler in rows}, standing=Judgment.Standing.IMPORTED
        ).values_list("task_id", "imported_labeler")
    )
    fresh = [row for key, row in rows.items() if key not in there]
    Judgment.objects.bulk_create(fresh)
    return len(fresh)
