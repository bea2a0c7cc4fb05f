"""kill -9 of everything in the middle of work: nothing acknowledged is lost, nothing is twice.

One storm of kills over one Accord, in which labelers work, a file is imported and a snapshot is
made; the tests then look at what is left from each side.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest

from bench.fault_double import double_submits
from bench.fault_load import Ledger, LoadOfLabelers, broken_promises
from bench.fault_site import KILLS, Site, import_pairs, import_state, wait_for
from exports.dataset_dir import verify

pytestmark = pytest.mark.long

IMPORTED = 3000
BETWEEN_KILLS = 10


@dataclass
class Storm:
    """What came of it."""

    site: Site
    ledger: Ledger
    errors: list[BaseException]
    batch: str
    snapshot: str
    recoveries: dict[str, float]


def forget_dead_workers(site: Site) -> None:
    """Have the jobs of killed workers be taken up now instead of after half a minute."""
    with psycopg.connect(site.conninfo) as connection:
        connection.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
            " WHERE last_heartbeat < now() - interval '11 seconds'"
        )


@pytest.fixture(scope="module")
def storm(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Storm:
    """Kill each part while labelers work."""
    folder = tmp_path_factory.mktemp("files")
    admin, recoveries = site.admin, {}
    with LoadOfLabelers(site.labelers, site.slug) as load:
        load.wait_for(30)
        other = {"name": "Other", "slug": "other", "kind": "pairwise", "gold_rate": 0}
        admin.post("projects/", other)
        batch = import_pairs(admin, "other", folder / "other.jsonl", IMPORTED)
        made = admin.post(f"projects/{site.slug}/snapshots/", {"name": "in the storm"})
        wait_for(lambda: import_state(admin, "other", batch) == "writing")
        for what in ("light worker", *(kill for kill in KILLS if kill != "light worker")):
            site.kill(what)
            recoveries[what] = load.wait_for(BETWEEN_KILLS) + site.wait_until_alive()
    wait_for(lambda: forget_dead_workers(site) or _is_over(site, batch, made["uid"]))
    return Storm(site, load.ledger, load.errors(), batch, made["uid"], recoveries)


def _is_over(site: Site, batch: str, snapshot: str) -> bool:
    done = ("done", "failed")
    found = site.admin.get(f"snapshots/{snapshot}/")["state"]
    return import_state(site.admin, "other", batch) in done and found in done


def test_labelers_could_go_on_all_the_time(storm):
    assert storm.errors == []
    assert set(storm.recoveries) == set(KILLS)
    refused = {status: n for status, n in storm.ledger.answers.items() if status.startswith("4")}
    assert set(refused) <= {"409"}, storm.ledger.answers
    # 500 would be an outage that was taken for a fault.
    assert "500" not in storm.ledger.answers
    assert storm.ledger.retry_after_missing == 0


def test_no_promise_is_broken(storm):
    assert len(storm.ledger.acknowledged) >= BETWEEN_KILLS * len(KILLS)
    found = broken_promises(storm.ledger, storm.site.conninfo)
    assert set(found.as_dict().values()) == {0}, found


def test_the_file_is_imported_exactly_once(storm):
    assert import_state(storm.site.admin, "other", storm.batch) == "done"
    ((tasks, prompts),) = storm.site.rows(
        "SELECT count(*), count(DISTINCT t.prompt_id) FROM annotation_task t"
        " JOIN labelers_project p ON p.id = t.project_id WHERE p.slug = 'other'"
    )
    assert (tasks, prompts) == (IMPORTED, IMPORTED)


def test_no_snapshot_is_half_there(storm):
    found = storm.site.admin.get(f"snapshots/{storm.snapshot}/")
    assert found["state"] == "done", found
    folder = storm.site.supervisor.home / "snapshots"
    whole = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    assert [path.name for path in whole] == [storm.snapshot]
    assert verify(whole[0]) == []


def test_no_job_is_left_behind(storm):
    # One that failed with the database is deferred anew; one that nobody works on would stay.
    def stuck() -> list[tuple[object, ...]]:
        return storm.site.rows(
            "SELECT job.task_name FROM procrastinate_jobs job LEFT JOIN procrastinate_workers w"
            " ON w.id = job.worker_id WHERE job.status = 'doing' AND job.queue_name = 'light'"
            " AND (w.id IS NULL OR w.last_heartbeat < now() - interval '30 seconds')"
        )

    assert wait_for(lambda: forget_dead_workers(storm.site) or stuck() == [], 60) >= 0


def test_a_hundred_at_once_send_one_answer(site: Site, storm):
    assert double_submits(site, site.labelers[0]) == 1
