"""Keeping what is laid out: prompts, responses, tasks, gold and known answers, each once.

Rows are written by COPY with numbers taken from the sequences, so that no row is ever an object and
none waits for another's number. What is new is asked of prompts first: nothing of a new prompt can
be there already. Planning is `planning`; locks and transactions are the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg import sql

from annotation import valuing
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

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass
class _Kept:
    """The numbers of what is there, and which of it is new in this transaction."""

    prompts: dict[str, int]
    new_prompts: set[int]
    responses: dict[tuple[int, int, str], int] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    new_tasks: set[int] = field(default_factory=set)


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
    kept = _store_prompts(project, rows)
    sources = _sources(project, {r.source for row in rows for r in row.responses})
    made = {
        "prompts": len(kept.new_prompts),
        "responses": _store_responses(kept, rows, sources),
    }
    if not make_tasks:
        return made
    made |= _store_tasks(project, settings, kept, rows, sources, ask_people)
    too_few = sum(row.too_few for row in rows)
    return made | {"too_few": too_few, "unfit": sum(row.unfit for row in rows)}


def _store_prompts(project: Project, rows: Sequence[Laid]) -> _Kept:
    first: dict[str, Laid] = {}
    for row in rows:
        first.setdefault(row.digest, row)
    known = _numbers_by_hash(Prompt, project, list(first))
    fresh = [row for digest, row in first.items() if digest not in known]
    ids = _new_ids(Prompt, len(fresh))
    _copy(
        Prompt,
        ("id", "project_id", "messages", "content_hash", "language", "tags", "reference"),
        (
            f"{pk}\t{project.pk}\t{_json(row.messages)}\t{row.digest}\t{_text(row.language)}"
            f"\t{_array(row.tags)}\t{_or_null(row.reference)}\n"
            for pk, row in zip(ids, fresh, strict=True)
        ),
    )
    known.update(zip((row.digest for row in fresh), ids, strict=True))
    return _Kept(known, set(ids))


def _sources(project: Project, names: set[str]) -> dict[str, int]:
    known = ResponseSource.objects.filter(project=project, name__in=names)
    found = dict(known.values_list("name", "pk"))
    for name in sorted(names - set(found)):
        kind = ResponseSource.Kind.IMPORTED
        found[name] = register_source(project=project, name=name, kind=kind).pk
    return found


def _store_responses(kept: _Kept, rows: Sequence[Laid], sources: dict[str, int]) -> int:
    wanted: dict[tuple[int, int, str], str] = {}
    old: set[int] = set()
    for row in rows:
        prompt = kept.prompts[row.digest]
        if prompt not in kept.new_prompts:
            old.add(prompt)
        for source, digest, messages in row.responses:
            wanted[prompt, sources[source], digest] = messages
    if old:
        # A prompt may have a hundred thousand responses, and a file names it in every row.
        digests = {digest for prompt, _source, digest in wanted if prompt in old}
        there = Response.objects.filter(prompt__in=old, content_hash__in=digests)
        for prompt, source, digest, pk in there.values_list(
            "prompt_id", "source_id", "content_hash", "pk"
        ):
            kept.responses[prompt, source, digest] = pk
    fresh = [key for key in wanted if key not in kept.responses]
    ids = _new_ids(Response, len(fresh))
    _copy(
        Response,
        ("id", "prompt_id", "source_id", "messages", "content_hash"),
        (
            f"{pk}\t{key[0]}\t{key[1]}\t{_json(wanted[key])}\t{key[2]}\n"
            for pk, key in zip(ids, fresh, strict=True)
        ),
    )
    kept.responses.update(zip(fresh, ids, strict=True))
    return len(fresh)


def _store_tasks(
    project: Project,
    settings: ProjectSettings,
    kept: _Kept,
    rows: Sequence[Laid],
    sources: dict[str, int],
    ask_people: bool | None,
) -> dict[str, int]:
    first: dict[str, tuple[Laid, TaskLaid]] = {}
    judged: set[str] = set()
    old = []
    for row in rows:
        for task in row.tasks:
            if task.digest not in first:
                first[task.digest] = row, task
                if kept.prompts[row.digest] not in kept.new_prompts:
                    old.append(task.digest)
            if any(known.labeler for known in task.known):
                judged.add(task.digest)
    kept.tasks = _numbers_by_hash(Task, project, old)
    opened = _open(settings, kept.tasks.values()) if ask_people else 0
    fresh = {digest: laid for digest, laid in first.items() if digest not in kept.tasks}
    ids = _new_ids(Task, len(fresh))
    kept.tasks.update(zip(fresh, ids, strict=True))
    kept.new_tasks = set(ids)
    asked = {
        digest: task.is_gold or (digest not in judged if ask_people is None else ask_people)
        for digest, (_row, task) in fresh.items()
    }
    _copy_tasks(project, settings, kept, fresh, asked)
    _copy_places(kept, fresh, sources)
    golds = [task for _row, task in fresh.values() if task.is_gold]
    _copy_golds(kept, golds)
    judgments, repeated = _store_known(kept, rows)
    return {
        "tasks": len(fresh),
        "gold": len(golds),
        "judgments": judgments,
        "repeated": repeated,
        "closed": sum(not people for people in asked.values()),
        "opened": opened,
    }


def _copy_tasks(
    project: Project,
    settings: ProjectSettings,
    kept: _Kept,
    fresh: dict[str, tuple[Laid, TaskLaid]],
    asked: dict[str, bool],
) -> None:
    """Who is not asked about a task is not waited for: its overlap is 0."""
    state = {True: Task.State.OPEN.value, False: Task.State.CLOSED.value}
    overlap = {True: settings.overlap, False: 0}
    is_evened = settings.next_by == ProjectSettings.Order.LEAST
    _copy(
        Task,
        (
            *("id", "project_id", "prompt_id", "kind", "criterion", "content_hash", "is_gold"),
            *("priority", "state", "is_covered", "overlap", "free_slots", "counted"),
            *("value", "is_evened"),
        ),
        (
            f"{kept.tasks[digest]}\t{project.pk}\t{kept.prompts[row.digest]}\t{settings.kind}"
            f"\t{_text(task.criterion)}\t{digest}\t{task.is_gold}\t{task.priority}"
            f"\t{state[asked[digest]]}\tf\t{overlap[asked[digest]]}\t{overlap[asked[digest]]}\t0"
            f"\t{valuing.value_of_new(settings.next_by)}\t{is_evened}\n"
            for digest, (row, task) in fresh.items()
        ),
    )


def _copy_places(
    kept: _Kept, fresh: dict[str, tuple[Laid, TaskLaid]], sources: dict[str, int]
) -> None:
    lines = []
    for digest, (row, task) in fresh.items():
        prompt = kept.prompts[row.digest]
        for position, place in enumerate(task.places):
            source, content, _messages = row.responses[place]
            response = kept.responses[prompt, sources[source], content]
            lines.append(f"{kept.tasks[digest]}\t{response}\t{position}\n")
    _copy(TaskResponse, ("task_id", "response_id", "position"), lines)


def _copy_golds(kept: _Kept, golds: Sequence[TaskLaid]) -> None:
    origin = Gold.Origin.IMPORT.value
    _copy(
        Gold,
        ("task_id", "answer", "explanation", "origin", "retired_reason"),
        (
            f"{kept.tasks[gold.digest]}\t{NULL if gold.gold is None else _json(gold.gold)}"
            f"\t{_text(gold.explanation)}\t{origin}\t\n"
            for gold in golds
        ),
    )


def _open(settings: ProjectSettings, tasks: Iterable[int]) -> int:
    """Ask people about those of `tasks` that were made for nobody; returns how many."""
    return Task.objects.filter(
        pk__in=list(tasks), overlap=0, state=Task.State.CLOSED, is_gold=False
    ).update(state=Task.State.OPEN, overlap=settings.overlap, free_slots=settings.overlap)


def _store_known(kept: _Kept, rows: Sequence[Laid]) -> tuple[int, int]:
    """Keep known answers as judgments of standing `imported`, one per labeler and task.

    Returns how many were made, and how many were left out because the labeler had answered.
    """
    first: dict[tuple[int, str], KnownLaid] = {}
    given = 0
    for row in rows:
        for task in row.tasks:
            for known in task.known:
                given += 1
                first.setdefault((kept.tasks[task.digest], known.labeler), known)
    old = {task for task, _labeler in first} - kept.new_tasks
    there: set[tuple[int, str]] = set()
    if old:
        imported = Judgment.objects.filter(task__in=old, standing=Judgment.Standing.IMPORTED)
        there = set(imported.values_list("task_id", "imported_labeler"))
    fresh = {key: known for key, known in first.items() if key not in there}
    standing, now = Judgment.Standing.IMPORTED.value, timezone.now().isoformat()
    _copy(
        Judgment,
        (
            *("task_id", "imported_labeler", "revision", "is_current", "standing", "answer"),
            *("reason", "seconds", "display_order", "created_at"),
        ),
        (
            f"{task}\t{_text(labeler)}\t1\tt\t{standing}\t{_json(known.answer)}"
            f"\t{_text(known.reason)}\t{NULL if known.seconds is None else known.seconds}"
            f"\t{known.shown}\t{known.at or now}\n"
            for (task, labeler), known in fresh.items()
        ),
    )
    return len(fresh), given - len(fresh)


def _numbers_by_hash(model: type[Any], project: Project, digests: list[str]) -> dict[str, int]:
    if not digests:
        return {}
    table = sql.Identifier(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT content_hash, id FROM {} WHERE project_id = %s AND content_hash = ANY(%s)"
            ).format(table),
            [project.pk, digests],
        )
        return dict(cursor.fetchall())


def _new_ids(model: type[Any], count: int) -> list[int]:
    """`count` numbers that no other row has or gets, in order."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return sorted(number for (number,) in cursor.fetchall())


def _copy(model: type[Any], columns: Sequence[str], lines: Iterable[str]) -> None:
    data = "".join(lines).encode()
    if not data:
        return
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.cursor.copy(query) as copy:
        copy.write(data)


def _text(value: str) -> str:
    """A text as COPY takes it."""
    return value.translate(_ESCAPES) if value else ""


def _json(value: str) -> str:
    """JSON as COPY takes it: of what COPY minds, it can hold nothing but backslashes."""
    return value.replace("\\", "\\\\")


def _or_null(value: str | None) -> str:
    return NULL if value is None else _text(value)


def _array(values: Sequence[str]) -> str:
    if not values:
        return "{}"
    quoted = (v.replace("\\", "\\\\").replace('"', '\\"') for v in values)
    return _text("{" + ",".join(f'"{v}"' for v in quoted) + "}")
