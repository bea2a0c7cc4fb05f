"""Pairwise tasks from JSONL into a throw-away Accord: how fast, and in how much memory.

`./run bench import [ROWS]`: everything on (checked, deduplicated, every constraint, fsync). Beside
it the naive way, a model instance per row and bulk_create, and raw COPY into tables of the same
columns that have neither index nor constraint.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench import throwaway
from bench.contract import progress, report
from bench.crowd_import import a_home

ROWS = 200_000
NAIVE_ROWS = 10_000
TABLES = ("prompt", "response", "task", "taskresponse")
SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ren",
    "sta",
    "vor",
    "tel",
    "an",
    "do",
    "fi",
    "gra",
    "hel",
    "is",
    "jun",
    "ko",
    "les",
    "mun",
    "nor",
    "pel",
    "qui",
]


def main() -> None:
    """Import a file of ROWS pairs and report `tasks_per_second` and `import_peak_mb`."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with throwaway.folder() as top:
        file = top / "pairs.jsonl"
        size = write_pairs(file, rows)
        with a_home(durable=True):
            project = _project("Fast")
            progress(f"importing {rows:,} pairs, {size / rows:.0f} bytes a row")
            seconds, memory, busy = _import(file, project)
            progress("raw COPY of the same rows")
            raw = rows / _raw_copy()
            progress("the naive way")
            naive = NAIVE_ROWS / _naively(file, _project("Naive"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    report(
        "tasks_per_second",
        ours=round(rows / seconds),
        unit="tasks/s",
        peer=round(naive),
        peer_name="bulk_create of model instances, a thousand at a time",
        goal=4000,
        detail=f"{rows} rows of {size / rows:.0f} bytes checked and written in {seconds:.1f} s, "
        f"which took {busy[0]:.1f} s of Python's and {busy[1]:.1f} s of the database's work; raw "
        f"COPY without index or constraint {raw:.0f} tasks/s; load of the machine {load}",
    )
    report(
        "import_peak_mb",
        ours=round(memory, 1),
        unit="MB",
        goal="<= 300",
        higher_is_better=False,
        detail=f"the importing process and its helpers together, file of {size / 1e6:.0f} MB",
    )


def write_pairs(file: Path, rows: int) -> int:
    """Write `rows` pairs of about a kilobyte; returns the size of the file."""
    chance = random.Random(7)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(4000)]

    def text(characters: int) -> str:
        return " ".join(chance.choices(words, k=characters // 7)).capitalize() + "."

    with file.open("w", encoding="utf-8") as opened:
        for number in range(rows):
            pair = {
                "prompt": f"{text(200)} {number}?",
                "responses": [
                    {"text": text(chance.randint(200, 500)), "source": f"model-{place}"}
                    for place in range(2)
                ],
                "language": "en",
            }
            opened.write(json.dumps(pair) + "\n")
    return file.stat().st_size


def _project(name: str) -> Any:
    from annotation import configuring
    from labelers.models import Person

    admin, _made = Person.objects.get_or_create(username="admin")
    return configuring.create_project(
        created_by=admin, name=name, slug=name.lower(), kind="pairwise"
    )


def _import(file: Path, project: Any) -> tuple[float, float, tuple[float, float]]:
    """Seconds for the whole import behind the upload, the peak of its memory in MB, and the seconds
    of work that it took: those of Python and those of the database."""
    from django.db import connection

    from annotation import importing

    with file.open("rb") as opened:
        batch = importing.receive_file(
            project=project,
            file=opened,
            file_name=file.name,
            format="accord",
            created_by=None,
            in_background=False,
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0])
    before = _busy(server)
    with _memory() as peak:
        began = time.perf_counter()
        batch = importing.run_import(uid=str(batch.uid))
        seconds = time.perf_counter() - began
    busy = tuple(now - then for now, then in zip(_busy(server), before, strict=True))
    if batch.state != "done" or batch.counts["tasks"] != batch.rows_total:
        raise SystemExit(f"The import ended as {batch.state}: {batch.error} {batch.counts}")
    return seconds, max(peak), (busy[0], busy[1])


def _busy(server: psutil.Process) -> tuple[float, float]:
    """Seconds of work so far: of this process and its ended children, and of the server."""
    own, its = psutil.Process().cpu_times(), server.cpu_times()
    mine = own.user + own.system + own.children_user + own.children_system
    return mine, its.user + its.system


@contextmanager
def _memory() -> Iterator[list[float]]:
    """Samples of the memory of this process and its children, shared pages shared out, in MB."""
    seen, over, own = [0.0], threading.Event(), psutil.Process()

    def look() -> None:
        # Looking takes some hundredths of a second, of what is measured.
        while not over.wait(0.5):
            total = 0.0
            for process in (own, *own.children(recursive=True)):
                try:
                    if "postgres" not in process.name():
                        info = process.memory_full_info()
                        total += getattr(info, "pss", info.rss)
                except psutil.Error:
                    continue
            seen.append(total / 1024**2)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _raw_copy() -> float:
    """Seconds to COPY what was imported into bare tables, in one transaction."""
    from django.db import connection

    data = {}
    with connection.cursor() as cursor:
        for name in TABLES:
            with cursor.cursor.copy(f"COPY annotation_{name} TO STDOUT (FORMAT binary)") as copy:
                data[name] = b"".join(copy)
            cursor.execute(f"CREATE TABLE bare_{name} (LIKE annotation_{name})")
        began = time.perf_counter()
        for name, rows in data.items():
            with cursor.cursor.copy(f"COPY bare_{name} FROM STDIN (FORMAT binary)") as copy:
                copy.write(rows)
        return time.perf_counter() - began


def _naively(file: Path, project: Any) -> float:
    """Seconds for the first rows of the file by way of model instances."""
    from itertools import islice

    from django.db import transaction

    from annotation.models import Prompt, Response, ResponseSource, Task, TaskResponse
    from annotation.models.prompts import content_hash
    from annotation.readers.accord import parse

    began = time.perf_counter()
    with file.open(encoding="utf-8") as opened:
        lines = iter(islice(opened, NAIVE_ROWS))
        while some := [parse(json.loads(line), "file") for line in islice(lines, 1000)]:
            with transaction.atomic():
                sources = {
                    name: ResponseSource.objects.get_or_create(project=project, name=name)[0]
                    for name in {name for one in some for _messages, name in one.responses}
                }
                prompts = [
                    Prompt(
                        project=project,
                        messages=one.prompt,
                        content_hash=content_hash(one.prompt),
                        language=one.language,
                    )
                    for one in some
                ]
                Prompt.objects.bulk_create(prompts)
                responses = [
                    Response(
                        prompt=prompt,
                        source=sources[name],
                        messages=said,
                        content_hash=content_hash(said),
                    )
                    for prompt, one in zip(prompts, some, strict=True)
                    for said, name in one.responses
                ]
                Response.objects.bulk_create(responses)
                tasks = [
                    Task(
                        project=project,
                        prompt=prompt,
                        kind="pairwise",
                        content_hash=content_hash(["pairwise", "", prompt.content_hash]),
                        overlap=1,
                        free_slots=1,
                    )
                    for prompt in prompts
                ]
                Task.objects.bulk_create(tasks)
                TaskResponse.objects.bulk_create(
                    TaskResponse(task=tasks[n // 2], response=response, position=n % 2)
                    for n, response in enumerate(responses)
                )
    return time.perf_counter() - began
