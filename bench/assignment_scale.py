"""The next task in projects of 10,000 and of 1,000,000 tasks: what finding it costs.

Measured as the function that the labeling page calls, in transactions of its own over a throw-away
database with autovacuum off: with the project 0%, 50% and 95% done, for a labeler who is 20,000
tasks ahead of all others, and after 300,000 closings whose index entries nobody cleared away. Each
size has a server of its own, and they take turns, task by task, so that a noisy machine disturbs
both alike. The peer is the same question asked of the index without a place to start from.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.contract import progress, report
from bench.labeling import make_project
from bench.throwaway import folder
from config.embedded_postgres import connection_parameters
from config.homes import ROOT
from config.supervising import Supervisor

SMALL, LARGE = 10_000, 1_000_000
SITUATIONS = ("0% done", "one far ahead", "50% done", "after closings", "95% done")
"""In the order in which they come about."""

OVERLAP = 3
ASKED = 300
AHEAD, CLOSINGS = 20_000, 300_000


def main() -> None:
    """Every situation in both sizes, and the figures."""
    found: dict[tuple[str, int], list[float]] = {}
    plain: dict[tuple[str, int], list[float]] = {}
    with folder() as made, ExitStack() as stack:
        sides = [stack.enter_context(side(made / str(size), size)) for size in (SMALL, LARGE)]
        for name in SITUATIONS:
            progress(name)
            for one in sides:
                one.ask("prepare", name)
            for one in ASKED * sides:
                found.setdefault((name, one.size), []).append(one.ask("time"))
            for one in sides:
                plain[name, one.size] = one.ask("plain")
    _report(found, plain)


class Side:
    """A process that measures a project of one size, each thing when it is asked for it."""

    def __init__(self, size: int, process: subprocess.Popen[str]) -> None:
        self.size, self.process = size, process

    def ask(self, what: str, name: str = "") -> Any:
        """What it answers; SystemExit where it ended."""
        print(what, name, sep="\t", file=self.process.stdin, flush=True)
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit("The measurement failed; what it said is above.")
        return json.loads(line)


@contextmanager
def side(home: Path, size: int) -> Iterator[Side]:
    """A server with an empty database, and a process over it that knows its settings."""
    supervisor = Supervisor(home, port=0, database_url="", samples=False)
    progress(f"making a throw-away database for {size:,} tasks")
    supervisor.home.mkdir(parents=True, exist_ok=True)
    supervisor.database.start()
    try:
        _allow_checkpoints(supervisor.home)
        environ = supervisor.environment() | {"ACCORD_PROCESS": "web"}
        migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(migrate, env=environ, cwd=ROOT, check=True)
        answering = f"from bench.assignment_scale import answer; answer({size})"
        with subprocess.Popen(
            [sys.executable, "-c", answering],
            env=environ,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield Side(size, process)
    finally:
        supervisor.database.stop(at_once=True)


def answer(size: int) -> None:
    """Prepare and measure what the lines of standard input ask for, until they end."""
    import django

    django.setup()
    scene = Scene(size)
    for line in sys.stdin:
        what, name = line.rstrip("\n").split("\t")
        print(json.dumps(getattr(scene, what)(*filter(None, [name]))), flush=True)


def _report(
    found: dict[tuple[str, int], list[float]], plain: dict[tuple[str, int], list[float]]
) -> None:
    ratio = {n: _median(found[n, LARGE]) / _median(found[n, SMALL]) for n in SITUATIONS}
    worst = {n: _percentile(found[n, LARGE], 99) for n in SITUATIONS}
    load = f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    report(
        "next_task_ratio_1m_10k",
        ours=round(max(ratio.values()), 3),
        unit="times",
        goal="<= 1.5",
        higher_is_better=False,
        detail="medians, largest ratio of all situations; "
        + "; ".join(
            f"{n}: {_median(found[n, SMALL]):.2f} and {_median(found[n, LARGE]):.2f} ms"
            for n in SITUATIONS
        )
        + f"; {load}",
    )
    report(
        "next_task_p99_ms",
        ours=round(max(worst.values()), 2),
        unit="ms",
        goal="<= 20",
        peer=round(max(_percentile(plain[n, LARGE], 99) for n in SITUATIONS), 2),
        peer_name="the same question without a place",
        higher_is_better=False,
        detail=f"{ASKED} tasks taken in each situation, {LARGE:,} tasks; "
        + "; ".join(
            f"{n}: p99 {worst[n]:.1f}, first {found[n, LARGE][0]:.1f} ms, plain index scan "
            f"{_median(plain[n, LARGE]):.1f} ms"
            for n in SITUATIONS
        )
        + f"; {load}",
    )


class Scene:
    """One project of a size, what happened in it, and who asks for the next task."""

    def __init__(self, size: int) -> None:
        from django.db import connection

        from labelers.models import Project

        self.size = size
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE annotation_task SET (autovacuum_enabled = off)")
            cursor.execute("ALTER TABLE annotation_assignment SET (autovacuum_enabled = off)")
        connection.close()
        self.project = Project.objects.get(pk=make_project(_conninfo()))
        self.run(_TASKS, size=size, overlap=OVERLAP)
        self.run("VACUUM ANALYZE annotation_task")

    def prepare(self, situation: str) -> None:
        """Bring one of `SITUATIONS` about."""
        from labelers.models import Person

        self.person = Person.objects.create(username=situation, password="!")
        match situation:
            case "one far ahead":
                many = min(AHEAD, self.size // 3)
                self.run(_ANSWERED, person=self.person.pk, many=many)
                self.run("ANALYZE annotation_assignment")
            case "50% done" | "95% done":
                self.run(_CLOSED, until=self.size * int(situation[:2]) // 100)
            case "after closings":
                # A labeler at work while others close tasks one by one.
                for _ in range(5):
                    self.time()
                self.run(_CLOSED_ONE_BY_ONE, many=min(CLOSINGS, self.size // 4))
        # What was prepared is on the disk before: writing a million rows back is no search.
        self.run("CHECKPOINT")

    def time(self) -> float:
        """Milliseconds of taking a task; it is answered, too, which does not count."""
        from annotation import assigning
        from annotation.models import Assignment

        began = time.perf_counter()
        lease = assigning.next_assignment(project=self.project, person=self.person)
        taken = 1000 * (time.perf_counter() - began)
        if lease is None:
            raise RuntimeError("Nothing was left to measure.")
        Assignment.objects.filter(pk=lease.pk).update(state="answered")
        return taken

    def plain(self, asked: int = 9) -> list[float]:
        """Milliseconds of the same question asked from the beginning of the queue."""
        from annotation.models.tasks import QUEUE
        from annotation.openings import takeable

        taken = []
        for _ in range(asked):
            began = time.perf_counter()
            list(takeable(self.project, self.person).order_by(*QUEUE).values_list("pk")[:1])
            taken.append(1000 * (time.perf_counter() - began))
        return taken

    def run(self, statement: str, **values: int) -> None:
        """Run a statement in a transaction of its own."""
        given = {name: sql.Literal(value) for name, value in values.items()}
        with psycopg.connect(_conninfo(), autocommit=True) as connection:
            query = sql.SQL(statement).format(project=sql.Literal(self.project.pk), **given)
            connection.execute(query)


_TASKS = """
WITH prompt AS (
    INSERT INTO annotation_prompt (project_id, messages, content_hash, language, tags)
    VALUES ({project}, '[{{"role": "user", "content": "Why?"}}]', md5('scale'), 'en', '{{}}')
    RETURNING id)
INSERT INTO annotation_task (project_id, prompt_id, kind, criterion, content_hash, is_gold,
    priority, state, is_covered, overlap, free_slots, counted)
SELECT {project}, prompt.id, 'pairwise', '', md5('task' || n), false, n % 3, 'open', false,
    {overlap}, {overlap}, 0
FROM prompt, generate_series(1, {size}) n
"""
_FIRST = """
    SELECT id FROM annotation_task WHERE project_id = {project} AND state = 'open'
    ORDER BY - priority, - value, id
"""
_ANSWERED = f"""
INSERT INTO annotation_assignment (task_id, person_id, state, purpose, display_order, skip_reason,
    expires_at)
SELECT id, {{person}}, 'answered', 'work', '[0, 1]', '', now()
FROM ({_FIRST} LIMIT {{many}}) first ON CONFLICT DO NOTHING
"""
_CLOSED = """
UPDATE annotation_task SET state = 'closed', free_slots = 0, counted = overlap
WHERE id IN (SELECT id FROM annotation_task WHERE project_id = {project}
    ORDER BY - priority, - value, id LIMIT {until}) AND state = 'open'
"""
_CLOSED_ONE_BY_ONE = f"""
UPDATE annotation_task SET state = 'closed', free_slots = 0, counted = overlap
WHERE id IN ({_FIRST} LIMIT {{many}})
"""


def _allow_checkpoints(home: Path) -> None:
    secret = (home / "postgres" / "superuser_password").read_text().strip()
    owner = {**connection_parameters(home), "user": "postgres", "password": secret}
    with psycopg.connect(**owner) as connection:
        connection.execute("GRANT pg_checkpoint TO accord")


def _conninfo() -> str:
    from psycopg.conninfo import make_conninfo

    from config.homes import home_folder

    return make_conninfo(**connection_parameters(home_folder()))


def _median(times: list[float]) -> float:
    return statistics.median(times)


def _percentile(times: list[float], percent: float) -> float:
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


if __name__ == "__main__":
    main()
