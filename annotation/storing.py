"""Keeping what is laid out: prompts, responses, tasks, gold and known answers, each once.

What is there already is asked first, of prompts before anything else, since nothing of a new prompt
can be there. Then everything new gets its number and is copied in, so that no row is ever an object
and none waits for another's number. Planning is `planning`; locks and transactions are the
caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg import sql

from annotation import valuing
from annotation.copying_in import NULL, Copies, array, document, new_numbers, or_null, text
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
from annotation.planning import KnownLaid, Laid, TaskLaid
from labelers.models import Project

ResponseKey = tuple[str, str, str]
"""What a response is known by: the hash of its prompt, the name of its source, its own hash."""


@dataclass
class _Kept:
    """The numbers of what is there, by what it is known by."""

    prompts: dict[str, int]
    responses: dict[ResponseKey, int] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    said: set[tuple[str, str]] = field(default_factory=set)
    """Known answers: the hash of the task, and the labeler."""


@dataclass
class _Fresh:
    """What is new."""

    prompts: dict[str, Laid] = field(default_factory=dict)
    responses: dict[ResponseKey, str] = field(default_factory=dict)
    tasks: dict[str, tuple[Laid, TaskLaid]] = field(default_factory=dict)
    said: dict[tuple[str, str], KnownLaid] = field(default_factory=dict)


def register_source(
    *, project: Project, name: str, kind: str, detail: dict[str, Any] | None = None
) -> ResponseSource:
    """The response source called `name` in `project`, made when it is new."""
    source, _created = ResponseSource.objects.get_or_create(
        project=project, name=name, defaults={"kind": kind, "detail": detail or {}}
    )
    return source


def store(
    *,
    project: Project,
    settings: ProjectSettings,
    rows: Sequence[Laid],
    make_tasks: bool,
    ask_people: bool | None,
) -> dict[str, int]:
    """Keep `rows`, once; called within a transaction that holds the lock of the project's row.

    Returns counts of what was made anew, as `tasking.add_candidates` tells them.
    """
    kept = _there(project, rows)
    fresh = _new_in(rows, kept)
    sources = _sources(project, {response.source for row in rows for response in row.responses})
    opened = _open(settings, kept.tasks.values()) if make_tasks and ask_people else 0
    asked = _asked(rows, fresh, ask_people)
    numbers = new_numbers(
        {Prompt: len(fresh.prompts), Response: len(fresh.responses), Task: len(fresh.tasks)}
    )
    kept.prompts.update(zip(fresh.prompts, numbers[Prompt], strict=True))
    kept.responses.update(zip(fresh.responses, numbers[Response], strict=True))
    kept.tasks.update(zip(fresh.tasks, numbers[Task], strict=True))
    with Copies() as copies:
        _copy_prompts(copies, project, kept, fresh)
        _copy_responses(copies, kept, fresh, sources)
        _copy_tasks(copies, project, settings, kept, fresh, asked)
        _copy_places(copies, kept, fresh)
        _copy_golds(copies, kept, fresh)
        _copy_known(copies, kept, fresh)
    made = {"prompts": len(fresh.prompts), "responses": len(fresh.responses)}
    if not make_tasks:
        return made
    given = sum(len(task.known) for row in rows for task in row.tasks)
    return made | {
        "tasks": len(fresh.tasks),
        "gold": sum(task.is_gold for _row, task in fresh.tasks.values()),
        "judgments": len(fresh.said),
        "repeated": given - len(fresh.said),
        "closed": sum(not people for people in asked.values()),
        "opened": opened,
        "too_few": sum(row.too_few for row in rows),
        "unfit": sum(row.unfit for row in rows),
    }


def _there(project: Project, rows: Sequence[Laid]) -> _Kept:
    """What of `rows` is there already."""
    kept = _Kept(_numbers_by_hash(Prompt, project, {row.digest for row in rows}))
    old = [row for row in rows if row.digest in kept.prompts]
    if not old:
        return kept
    digest_of = {kept.prompts[row.digest]: row.digest for row in old}
    # A prompt may have a hundred thousand responses, and a file names it in every row.
    there = Response.objects.filter(
        prompt__in=digest_of,
        content_hash__in={response.digest for row in old for response in row.responses},
    )
    for prompt, source, digest, pk in there.values_list(
        "prompt_id", "source__name", "content_hash", "pk"
    ):
        kept.responses[digest_of[prompt], source, digest] = pk
    kept.tasks = _numbers_by_hash(Task, project, {task.digest for row in old for task in row.tasks})
    task_of = {pk: digest for digest, pk in kept.tasks.items()}
    if any(task.known for row in old for task in row.tasks):
        imported = Judgment.objects.filter(
            task__in=task_of, standing=Judgment.Standing.IMPORTED
        ).values_list("task_id", "imported_labeler")
        kept.said = {(task_of[task], labeler) for task, labeler in imported}
    return kept


def _new_in(rows: Sequence[Laid], kept: _Kept) -> _Fresh:
    """What of `rows` is not there yet, each once: the first of what is given more than once."""
    fresh = _Fresh()
    for row in rows:
        prompt = row.digest
        if prompt not in kept.prompts:
            fresh.prompts.setdefault(prompt, row)
        for source, digest, messages in row.responses:
            key = (prompt, source, digest)
            if key not in kept.responses:
                fresh.responses[key] = messages
        for task in row.tasks:
            if task.digest not in kept.tasks:
                fresh.tasks.setdefault(task.digest, (row, task))
            for known in task.known:
                if (task.digest, known.labeler) not in kept.said:
                    fresh.said.setdefault((task.digest, known.labeler), known)
    return fresh


def _asked(rows: Sequence[Laid], fresh: _Fresh, ask_people: bool | None) -> dict[str, bool]:
    """Whether people are asked about each new task; about gold they always are."""
    judged = set()
    if ask_people is None:
        judged = {
            task.digest
            for row in rows
            for task in row.tasks
            if any(known.labeler for known in task.known)
        }
    return {
        digest: task.is_gold or (digest not in judged if ask_people is None else ask_people)
        for digest, (_row, task) in fresh.tasks.items()
    }


def _sources(project: Project, names: set[str]) -> dict[str, int]:
    known = ResponseSource.objects.filter(project=project, name__in=names)
    found = dict(known.values_list("name", "pk"))
    for name in sorted(names - set(found)):
        kind = ResponseSource.Kind.IMPORTED
        found[name] = register_source(project=project, name=name, kind=kind).pk
    return found


def _open(settings: ProjectSettings, tasks: Iterable[int]) -> int:
    """Ask people about those of `tasks` that were made for nobody; returns how many."""
    return Task.objects.filter(
        pk__in=list(tasks), overlap=0, state=Task.State.CLOSED, is_gold=False
    ).update(state=Task.State.OPEN, overlap=settings.overlap, free_slots=settings.overlap)


def _copy_prompts(copies: Copies, project: Project, kept: _Kept, fresh: _Fresh) -> None:
    copies.send(
        Prompt,
        ("id", "project_id", "messages", "content_hash", "language", "tags", "reference"),
        (
            f"{kept.prompts[digest]}\t{project.pk}\t{document(row.messages)}\t{digest}"
            f"\t{text(row.language)}\t{array(row.tags)}\t{or_null(row.reference)}\n"
            for digest, row in fresh.prompts.items()
        ),
    )


def _copy_responses(copies: Copies, kept: _Kept, fresh: _Fresh, sources: dict[str, int]) -> None:
    copies.send(
        Response,
        ("id", "prompt_id", "source_id", "messages", "content_hash"),
        (
            f"{kept.responses[key]}\t{kept.prompts[key[0]]}\t{sources[key[1]]}"
            f"\t{document(messages)}\t{key[2]}\n"
            for key, messages in fresh.responses.items()
        ),
    )


def _copy_tasks(
    copies: Copies,
    project: Project,
    settings: ProjectSettings,
    kept: _Kept,
    fresh: _Fresh,
    asked: dict[str, bool],
) -> None:
    """Who is not asked about a task is not waited for: its overlap is 0."""
    state = {True: Task.State.OPEN.value, False: Task.State.CLOSED.value}
    overlap = {True: settings.overlap, False: 0}
    is_evened = settings.next_by == ProjectSettings.Order.LEAST
    copies.send(
        Task,
        (
            *("id", "project_id", "prompt_id", "kind", "criterion", "content_hash", "is_gold"),
            *("priority", "state", "is_covered", "overlap", "free_slots", "counted"),
            *("value", "is_evened"),
        ),
        (
            f"{kept.tasks[digest]}\t{project.pk}\t{kept.prompts[row.digest]}\t{settings.kind}"
            f"\t{text(task.criterion)}\t{digest}\t{task.is_gold}\t{task.priority}"
            f"\t{state[asked[digest]]}\tf\t{overlap[asked[digest]]}\t{overlap[asked[digest]]}\t0"
            f"\t{valuing.value_of_new(settings.next_by)}\t{is_evened}\n"
            for digest, (row, task) in fresh.tasks.items()
        ),
    )


def _copy_places(copies: Copies, kept: _Kept, fresh: _Fresh) -> None:
    lines = []
    for digest, (row, task) in fresh.tasks.items():
        number = kept.tasks[digest]
        for position, place in enumerate(task.places):
            source, content, _messages = row.responses[place]
            response = kept.responses[row.digest, source, content]
            lines.append(f"{number}\t{response}\t{position}\n")
    copies.send(TaskResponse, ("task_id", "response_id", "position"), lines)


def _copy_golds(copies: Copies, kept: _Kept, fresh: _Fresh) -> None:
    origin = Gold.Origin.IMPORT.value
    copies.send(
        Gold,
        ("task_id", "answer", "explanation", "origin", "retired_reason"),
        (
            f"{kept.tasks[digest]}\t{NULL if task.gold is None else document(task.gold)}"
            f"\t{text(task.explanation)}\t{origin}\t\n"
            for digest, (_row, task) in fresh.tasks.items()
            if task.is_gold
        ),
    )


def _copy_known(copies: Copies, kept: _Kept, fresh: _Fresh) -> None:
    """Keep known answers as judgments of standing `imported`, one per labeler and task."""
    standing, now = Judgment.Standing.IMPORTED.value, timezone.now().isoformat()
    copies.send(
        Judgment,
        (
            *("task_id", "imported_labeler", "revision", "is_current", "standing", "answer"),
            *("reason", "seconds", "display_order", "created_at"),
        ),
        (
            f"{kept.tasks[task]}\t{text(labeler)}\t1\tt\t{standing}\t{document(known.answer)}"
            f"\t{text(known.reason)}\t{NULL if known.seconds is None else known.seconds}"
            f"\t{known.shown}\t{known.at or now}\n"
            for (task, labeler), known in fresh.said.items()
        ),
    )


def _numbers_by_hash(model: type[Any], project: Project, digests: set[str]) -> dict[str, int]:
    if not digests:
        return {}
    table = sql.Identifier(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT content_hash, id FROM {} WHERE project_id = %s AND content_hash = ANY(%s)"
            ).format(table),
            [project.pk, list(digests)],
        )
        return dict(cursor.fetchall())
