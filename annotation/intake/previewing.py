"""What an import would bring, before anything of it is stored: items as labelers would see them,
what would be new, what would be left out and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import timezone

from annotation import conversing, personal_data
from annotation.intake import batches, spool
from annotation.intake.findings import Findings, quantiles
from annotation.models import ImportBatch, ProjectSettings, Prompt, Task
from annotation.planning import Laid, TaskLaid, laid_again
from annotation.readers.catalog import READERS
from annotation.readers.columns import guess
from annotation.rendering import render, render_raw

SHOWN = 5
OF_A_ROW = 2
REFUSED = "refused.jsonl"


def news(batch: ImportBatch) -> dict[str, int]:
    """How many prompts and tasks of a checked file are new to the project, and how many known.

    Digests are kept as eight bytes each, so that a million rows take a few megabytes.
    """
    counted: dict[str, list[np.ndarray[Any, Any]]] = {"prompts": [], "tasks": []}
    known: dict[str, list[np.ndarray[Any, Any]]] = {"prompts": [], "tasks": []}
    for rows in _laid(batch):
        digests = {
            "prompts": [row.digest for row in rows],
            "tasks": [task.digest for row in rows for task in row.tasks],
        }
        for name, model in (("prompts", Prompt), ("tasks", Task)):
            found = model._default_manager.filter(
                project=batch.project, content_hash__in=digests[name]
            ).values_list("content_hash", flat=True)
            counted[name].append(_short(digests[name]))
            known[name].append(_short(list(found)))
    result = {}
    for name in ("prompts", "tasks"):
        total, old = _different(counted[name]), _different(known[name])
        result |= {f"{name}_new": total - old, f"{name}_known": old}
    return result


def _short(digests: list[str]) -> np.ndarray[Any, Any]:
    return np.array([int(digest[:16], 16) for digest in digests], dtype=np.uint64)


def _different(pieces: list[np.ndarray[Any, Any]]) -> int:
    return len(np.unique(np.concatenate(pieces))) if pieces else 0


def _laid(batch: ImportBatch) -> Iterator[list[Laid]]:
    for _rows, data in spool.blocks(batches.folder_of(batch)):
        yield [laid_again(values) for values in json.loads(data)]


def items(batch: ImportBatch) -> list[dict[str, Any]]:
    """The first items as the labeling page is given them; empty once the file was read in.

    The order of the responses is that of the content; each labeler gets one of their own.
    """
    settings = ProjectSettings.objects.get(project=batch.project)
    folder = batches.folder_of(batch)
    if not spool.is_there(folder, batches.made_by(batch, batches.reading_of(batch))):
        return []
    first = next(_laid(batch), [])
    tasks = ((row, task) for row in first for task in row.tasks[:OF_A_ROW])
    return [_item(settings, row, task) for row, task in islice(tasks, SHOWN)]


def _item(settings: ProjectSettings, row: Laid, task: TaskLaid) -> dict[str, Any]:
    asked = Task(kind=settings.kind, prompt=Prompt(messages=json.loads(row.messages)))
    prompt = conversing.messages_shown(asked, conversing.options_of(settings))
    return {
        "kind": settings.kind,
        "criterion": task.criterion,
        "language": row.language,
        "covered": bool(set(row.tags) & set(settings.covered_tags)),
        "prompt": _shown(prompt),
        "responses": [
            {"messages": _shown(json.loads(row.responses[place].messages))} for place in task.places
        ],
        "tags": list(row.tags),
        "is_gold": task.is_gold,
        "known": len(task.known),
    }


def _shown(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {
            "role": message["role"],
            "text": message["content"],
            "html": render(message["content"]),
            "raw": render_raw(message["content"]),
        }
        for message in messages
    ]


def summary(batch: ImportBatch) -> dict[str, Any]:
    """What the check found, as pages and programs show it."""
    said = batch.findings or {}
    found = Findings(said)
    reader = READERS[batch.format]
    return {
        "candidates": found.candidates,
        "left_out": sorted(found.reasons.values(), key=lambda r: (-r["count"], r["line"])),
        "columns": list(found.columns),
        "fields": list(reader.takes),
        "mapped": batch.columns,
        "guessed": guess(list(found.columns), reader.takes),
        "languages": found.languages.most_common(12),
        "prompt_lengths": quantiles(found.prompt_lengths),
        "response_lengths": quantiles(found.response_lengths),
        "personal_rows": found.personal_rows,
        "dropped_personal": found.dropped_personal,
        "personal": [
            {"kind": kind, **found.personal[kind]}
            for kind in personal_data.KINDS
            if kind in found.personal
        ],
        "news": said.get("news"),
    }


def pace(batch: ImportBatch) -> dict[str, float | int | None]:
    """How fast an import goes and how many seconds this stage of it takes yet; None if unknown."""
    nothing: dict[str, float | int | None] = {"per_second": None, "seconds_left": None}
    if batch.working_since is None:
        return nothing
    seconds = (timezone.now() - batch.working_since).total_seconds()
    if batch.state == batches.State.WRITING:
        done, left = batch.rows_done - batch.rows_before, (batch.rows_total or 0) - batch.rows_done
    elif batch.state == batches.State.CHECKING:
        done, left = batch.bytes_read, batch.size - batch.bytes_read
    else:
        return nothing
    if seconds <= 0 or done <= 0:
        return nothing
    rows = batch.state == batches.State.WRITING
    return {
        "per_second": round(done / seconds, 1) if rows else None,
        "seconds_left": round(max(left, 0) * seconds / done),
    }


def has_refused(batch: ImportBatch) -> Path | None:
    """The file of refused rows, where there is one with rows."""
    path = batches.folder_of(batch) / REFUSED
    return path if batch.path and path.is_file() and path.stat().st_size else None
