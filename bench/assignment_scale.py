"""The next task in projects of 10,000 and of 1,000,000 tasks: what finding it costs.

Measured as the function that the labeling page calls, in transactions of its own over a throw-away
database with autovacuum off: with the project 0%, 50% and 95% done, for a labeler who is 20,000
tasks ahead of all others, and after 300,000 closings whose index entries nobody cleared away. The
peer is the same question asked of the index without a place to start from.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import psycopg
from psycopg import sql

from bench.contract import progress, report
from bench.labeling import SLUG, _make_project
from bench.throwaway import folder
from config.homes import ROOT
from config.supervising import Supervisor

SMALL, LARGE = 10_000, 1_000_000
OVERLAP = 3
ASKED = 300
AHEAD, CLOSINGS = 20_000, 300_000


def main() -> None:
    """Make the database, then measure in a process that knows its settings."""
    with folder() as made:
        supervisor = Supervisor(made / "home", port=0, database_url="", samples=False)
        progress("making a throw-away database")
        supervisor.home.mkdir(parents=True, exist_ok=True)
        supervisor.database.start()
        try:
            environ = supervisor.environment() | {"ACCORD_PROCESS": "web"}
            measuring = "from bench.assignment_scale import measure; measure()"
            for program in (["manage.py", "migrate", "-v", "0"], ["-c", measuring]):
                done = subprocess.run(
                    [sys.executable, *program], env=environ, cwd=ROOT, check=False
                )
                if done.returncode != 0:
                    break
        finally:
            supervisor.database.stop(at_once=True)
    if done.returncode != 0:
        raise SystemExit("The measurement failed; what it said is above.")


def measure() -> None:
    """Every situation in both sizes, and the figures."""
    import django

    django.setup()
    found: dict[tuple[str, int], list[float]] = {}
    plain: dict[tuple[str, int], list[float]] = {}
    for size in (SMALL, LARGE):
        scene = Scene(size)
        for name, prepare in scene.situations():
            progress(f"{size:,} tasks, {name}")
            person = prepare()
            found[name, size] = scene.times(person)
            plain[name, size] = scene.plain_times(person)
        scene.forget()
    names = list(dict.fromkeys(name for name, _size in found))
    ratio = {n: _median(found[n, LARGE]) / _median(found[n, SMALL]) for n in names}
    worst = {n: _percentile(found[n, LARGE], 99) for n in names}
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
            for n in names
        )
        + f"; {load}",
    )
    report(
        "next_task_p99_ms",
        ours=round(max(worst.values()), 2),
        unit="ms",
        goal="<= 20",
        peer=round(max(_percentile(plain[n, LARGE], 99) for n in names), 2),
        peer_name="the same question without a place",
        higher_is_better=False,
        detail=f"{ASKED} tasks taken in each situation, {LARGE:,} tasks; "
        + "; ".join(
            f"{n}: p99 {worst[n]:.1f}, first {found[n, LARGE][0]:.1f} ms, plain index scan "
            f"{_median(plain[n, LARGE]):.1f} ms"
            for n in names
        )
        + f"; {load}",
    )


class Scene:
    """One project of a size, and what happened in it before somebody asks."""

    def __init__(self, size: int) -> None:
        from django.db import connection

        from labelers.models import Project

        self.size = size
        self.connection = connection
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE annotation_task SET (autovacuum_enabled = off)")
            cursor.execute("ALTER TABLE annotation_assignment SET (autovacuum_enabled = off)")
        connection.close()
        self.project = Project.objects.get(pk=_make_project(_conninfo()))
        self._run(_TASKS, size=size, overlap=OVERLAP)
        self._run("VACUUM ANALYZE annotation_task")
        self.people = 0

    def situations(self) -> list[tuple[str, Callable[[], int]]]:
        """By name, in the order in which they come about."""
        return [
            ("0% done", self.somebody),
            ("one far ahead", self.somebody_ahead),
            ("50% done", lambda: self.done(0.5)),
            ("after closings", self.after_closings),
            ("95% done", lambda: self.done(0.95)),
        ]

    def somebody(self) -> int:
        """A labeler who has just come."""
        from labelers.models import Person

        self.people += 1
        made = Person.objects.create(username=f"scale-{self.size}-{self.people}", password="!")
        return int(made.pk)

    def somebody_ahead(self) -> int:
        """A labeler who has answered what nobody else has."""
        person = self.somebody()
        self._run(_ANSWERED, person=person, many=min(AHEAD, self.size // 3))
        self._run("ANALYZE annotation_assignment")
        return person

    def done(self, share: float) -> int:
        """A new labeler where that share of the tasks is closed."""
        self._run(_CLOSED, until=int(self.size * share))
        return self.somebody()

    def after_closings(self) -> int:
        """A labeler at work while others close tasks one by one."""
        person = self.somebody()
        self.times(person, 5)
        self._run(_CLOSED_ONE_BY_ONE, many=min(CLOSINGS, self.size // 4))
        return person

    def times(self, person: int, asked: int = ASKED) -> list[float]:
        """Milliseconds of taking a task and answering it, of which the taking counts."""
        from annotation import assigning
        from annotation.models import Assignment
        from labelers.models import Person

        who = Person.objects.get(pk=person)
        taken = []
        for _ in range(asked):
            began = time.perf_counter()
            lease = assigning.next_assignment(project=self.project, person=who)
            taken.append(1000 * (time.perf_counter() - began))
            if lease is None:
                raise RuntimeError("Nothing was left to measure.")
            Assignment.objects.filter(pk=lease.pk).update(state="answered")
        return taken

    def plain_times(self, person: int, asked: int = 9) -> list[float]:
        """Milliseconds of the same question asked from the beginning of the queue."""
        from annotation.models.tasks import QUEUE
        from annotation.openings import takeable
        from labelers.models import Person

        who = Person.objects.get(pk=person)
        taken = []
        for _ in range(asked):
            began = time.perf_counter()
            list(takeable(self.project, who).order_by(*QUEUE).values_list("pk")[:1])
            taken.append(1000 * (time.perf_counter() - began))
        return taken

    def forget(self) -> None:
        """Give its address to the next one."""
        self.project.slug = f"{SLUG}-{self.size}"
        self.project.save()

    def _run(self, statement: str, **values: int) -> None:
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


def _conninfo() -> str:
    from psycopg.conninfo import make_conninfo

    from config.embedded_postgres import connection_parameters
    from config.homes import home_folder

    return make_conninfo(**connection_parameters(home_folder()))


def _median(times: list[float]) -> float:
    return statistics.median(times)


def _percentile(times: list[float], percent: float) -> float:
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


if __name__ == "__main__":
    main()
