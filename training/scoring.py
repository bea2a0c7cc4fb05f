"""A score run's two ends: the responses of open items beside the run, and their scores back.

Both are done by the run's follower, so a million items keep no request waiting, and both may be
done again by the next follower. What scores do to the order of items is annotation's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from annotation import scoring
from annotation.models import Response, Task
from annotation.scoring import Score
from training.durable_files import sync_folder
from training.models import Run
from training.trainers.catalog import TRAINERS

MOST_RESPONSES = 9
"""Responses on one line: they share a row of the model, and a prompt may have very many."""


def is_scoring(run: Run) -> bool:
    """Whether the run works on open items."""
    return TRAINERS[run.trainer].works_on_open_items


def write_responses(run: Run) -> None:
    """Write the responses of the project's open items where the trainer looks for them, once."""
    path = run.path / "inputs" / "responses.jsonl"
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line, ensure_ascii=False)}\n" for line in _lines(run))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def take_scores(run: Run) -> int:
    """Keep the scores of a run that has ended well; returns how many."""
    with open(run.path / "outputs" / "scores.jsonl", encoding="utf-8") as lines:
        return scoring.store_scores(
            project=run.project,
            scorer=scorer_of(run),
            scores=(_score(json.loads(line)) for line in lines),
            stored_by=run.created_by,
        )


def scorer_of(run: Run) -> str:
    """What the run's scores are known by: its checkpoint, or itself where several models scored."""
    if run.parent is not None and not run.config.get("others"):
        return f"checkpoint:{run.parent.uid}"
    return f"run:{run.uid}"


def _score(line: dict[str, Any]) -> Score:
    return Score(response=line["response"], mean=line["mean"], spread=line["spread"])


def _lines(run: Run) -> Iterator[dict[str, Any]]:
    asked = Task.objects.filter(
        project=run.project, state=Task.State.OPEN, is_gold=False, free_slots__gt=0
    )
    found = (
        Response.objects.filter(pk__in=asked.values("placed__response"))
        .order_by("prompt_id", "pk")
        .values_list("prompt_id", "prompt__messages", "pk", "messages")
    )
    for _prompt, rows in groupby(found.iterator(chunk_size=2000), key=lambda row: row[0]):
        while some := list(islice(rows, MOST_RESPONSES)):
            yield {
                "prompt": some[0][1],
                "responses": [{"id": pk, "messages": said} for _p, _m, pk, said in some],
            }
