"""Labeling at once: how many complete cycles a second, and how long a request takes.

A throw-away Accord with the embedded database (fsync on), a pairwise project of 100,000 tasks and a
hundred signed-in labelers, whose client runs on the same machine. A cycle is one request that
stores an answer with its audit row and brings the next item. Beside it pgbench asks the same
statements of the same server, and slow clients hang on while people label.
"""

from __future__ import annotations

import os
import time

import psycopg

from bench import labeling_project, labeling_statements, throwaway
from bench.contract import progress, report
from bench.labeling_client import Crowd, Load, Slow

LABELERS = 100
PROMPTS, PER_PROMPT, OVERLAP, WORDS = 20_000, 5, 3, 100
SETTLE, SECONDS, PACED_SECONDS, PGBENCH_SECONDS = 5.0, 25.0, 30.0, 15
PAUSE = 5.0
SLUG = "labeling"


def main() -> None:
    """Measure and report."""
    with throwaway.served() as (supervisor, _password), throwaway.folder() as folder:
        conninfo = supervisor.database.conninfo()
        progress(f"{PROMPTS * PER_PROMPT:,} tasks and {LABELERS} labelers")
        project = make_project(conninfo)
        labeling_project.make_tasks(
            conninfo, project, prompts=PROMPTS, per_prompt=PER_PROMPT, overlap=OVERLAP, words=WORDS
        )
        people = labeling_project.sign_in(supervisor, SLUG, LABELERS + 1)
        recorder, people = people[-1], people[:-1]
        crowd = Crowd(supervisor.address, people, SLUG)
        progress("everybody labels without pauses")
        crowd.work(SETTLE, settle=0)
        busy = crowd.work(SECONDS, settle=SETTLE)
        _report_time("p95_ms_100", busy, "<= 800", "without pauses")
        progress("everybody thinks for 5 seconds")
        paced = crowd.work(PACED_SECONDS, pause=PAUSE, settle=PAUSE)
        _report_time("p95_ms_100_paced", paced, "<= 50", f"who pause {PAUSE:g} s on average")
        progress("the same beside 200 idle sockets and 50 that send a byte a second")
        beside = _beside_slow(supervisor.address, crowd)
        _report_time(
            "p95_ms_100_paced_slow",
            beside,
            "< 100",
            "the same, beside 200 idle and 50 slow sockets",
        )
        crowd.leave()
        refused = {**busy.refused, **paced.refused, **beside.refused}
        stored = _stored(conninfo, project)
        progress("pgbench with the same statements")
        recorded = labeling_statements.record(supervisor, SLUG, recorder)
        limit = labeling_statements.pgbench(
            supervisor,
            labeling_statements.script(recorded, people),
            folder,
            clients=16,
            seconds=PGBENCH_SECONDS,
        )
        _report_speed(busy, limit, len(recorded), stored, refused)


def _beside_slow(address: str, crowd: Crowd) -> Load:
    """Labelers who pause, beside clients who say little or nothing."""
    slow = Slow(address, idle=200, trickling=50)
    for _second in range(3):
        time.sleep(1)
        slow.trickle()
    load = crowd.work(PACED_SECONDS, pause=PAUSE, settle=PAUSE, beside=slow.trickle)
    slow.leave()
    return load


def make_project(conninfo: str) -> int:
    """An empty project whose labelers nobody stops: their answers are random."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute(
            """
            WITH made AS (INSERT INTO labelers_project (name, slug, description, state, is_screened)
                VALUES ('Labeling', %(slug)s, '', 'active', false) RETURNING id)
            INSERT INTO annotation_projectsettings (project_id, kind, kind_options, overlap,
                gold_rate, lease_seconds, correction_seconds, shows_gold_score, pauses_on_fall,
                consensus_method, covered_tags)
            SELECT id, 'pairwise', '{}', %(overlap)s, 0, 1800, 86400, true, false, 'majority', '{}'
            FROM made RETURNING project_id
            """,
            {"slug": SLUG, "overlap": OVERLAP},
        ).fetchone()
    assert row is not None
    return int(row[0])


def _stored(conninfo: str, project: int) -> tuple[int, int]:
    """Judgments that are there, and tasks with more counted ones than their overlap."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            """
            SELECT sum(n), count(*) FILTER (WHERE n > overlap) FROM (
                SELECT t.overlap, count(*) AS n FROM annotation_judgment j
                JOIN annotation_task t ON t.id = j.task_id
                WHERE t.project_id = %s AND j.is_current AND j.standing = 'counted'
                GROUP BY t.id) counted
            """,
            [project],
        ).fetchone()
    return (int(row[0] or 0), int(row[1])) if row else (0, 0)


def _machine() -> str:
    return f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _report_time(name: str, load: Load, goal: str, detail: str) -> None:
    """How long a request took, as soon as it is known."""
    report(
        name,
        ours=round(load.at(95), 1),
        unit="ms",
        goal=goal,
        higher_is_better=False,
        detail=f"{LABELERS} labelers {detail}: {load.per_second:.1f} cycles/s, median "
        f"{load.at(50):.1f}, p99 {load.at(99):.1f} ms; {_machine()}",
    )


def _report_speed(
    busy: Load, limit: float, statements: int, stored: tuple[int, int], refused: dict[str, int]
) -> None:
    """Cycles a second, beside what the database does with the same statements alone."""
    report(
        "cycles_per_second_100",
        ours=round(busy.per_second, 1),
        unit="cycles/s",
        goal=">= 150",
        peer=round(limit, 1),
        peer_name="pgbench, the same statements",
        detail=f"{LABELERS} labelers without pauses, {len(busy.milliseconds)} cycles, "
        f"{stored[0]} judgments stored in all, {stored[1]} tasks over their overlap, "
        f"refused: {refused or 'none'}; {_machine()}",
    )
    report(
        "pgbench_fraction",
        ours=round(busy.per_second / limit, 3),
        unit="of pgbench",
        goal=None,
        detail=f"{statements} statements a cycle without BEGIN and COMMIT; pgbench: {limit:.1f}/s "
        f"with 16 clients; {_machine()}",
    )


if __name__ == "__main__":
    main()
