"""Kill -9 of every part while labelers work: what was promised and not kept, twenty times over.

Each round kills one of `bench.fault_site.KILLS` in the middle of labeling, with an import and a
snapshot under way, and waits until the site works again. Printed are the broken promises, all of
which should be 0, and in the detail a table of the faults: how often, and how long until labelers
went on. Double submits by a hundred requests at once end it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.contract import progress, report
from bench.fault_double import double_submits
from bench.fault_load import LoadOfLabelers, Promises, broken_promises
from bench.fault_site import KILLS, Site, import_pairs, import_state, make_site, wait_for
from bench.throwaway import served
from exports.dataset_dir import verify

TASKS, PEOPLE, IMPORTED = 3000, 8, 5000
BETWEEN_KILLS = 40
ENDED = ("done", "failed")


def main() -> None:
    """Break an Accord so often and report what came of it."""
    parser = argparse.ArgumentParser(prog="./run bench faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how many kills (20)")
    asked = parser.parse_args()
    with served() as (supervisor, password), tempfile.TemporaryDirectory() as folder:
        progress(f"making {TASKS} tasks and {PEOPLE} labelers")
        site = make_site(supervisor, password, tasks=TASKS, people=PEOPLE)
        storm = _Storm(site, Path(folder))
        storm.rage(asked.kills)
        promises = broken_promises(storm.load.ledger, site.conninfo)
        rows = double_submits(site, site.labelers[0])
        _report(storm, promises, rows)


class _Storm:
    """The kills, and what was under way meanwhile."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.load = LoadOfLabelers(site.labelers, site.slug)
        self.outages: dict[str, list[float]] = defaultdict(list)
        self.batches: list[str] = []
        self.snapshots: list[str] = []
        self.imported_wrongly = 0
        self.half_snapshots = 0

    def rage(self, kills: int) -> None:
        """Kill each part in turn while labelers work; then let all work come to its end."""
        site = self.site
        with self.load as load:
            load.wait_for(BETWEEN_KILLS)
            for number in range(kills):
                what = KILLS[number % len(KILLS)]
                if number % len(KILLS) == 0:
                    self._begin_more(number)
                progress(f"kill {number + 1} of {kills}: {what}")
                site.kill(what)
                # One more than there are labelers: at least one has begun after the kill.
                self.outages[what].append(load.wait_for(PEOPLE + 1))
                site.wait_until_alive()
                load.wait_for(BETWEEN_KILLS)
        progress("waiting for what was under way")
        wait_for(self._all_ended, 300)
        if errors := load.errors():
            sys.exit(f"A labeler could not go on: {errors[0]}")
        self._look_at_work()

    def _begin_more(self, number: int) -> None:
        admin, slug = self.site.admin, f"other-{number}"
        admin.post("projects/", {"name": slug, "slug": slug, "kind": "pairwise", "gold_rate": 0})
        batch = import_pairs(admin, slug, self.folder / f"{slug}.jsonl", IMPORTED)
        self.batches.append(f"{slug} {batch}")
        made = admin.post(f"projects/{self.site.slug}/snapshots/", {"name": slug})
        self.snapshots.append(made["uid"])

    def _all_ended(self) -> bool:
        admin = self.site.admin
        batches = [import_state(admin, *batch.split()) for batch in self.batches]
        snapshots = [admin.get(f"snapshots/{uid}/")["state"] for uid in self.snapshots]
        time.sleep(0.5)
        return all(state in ENDED for state in (*batches, *snapshots))

    def _look_at_work(self) -> None:
        """Each import exactly once; each snapshot whole, and no other folder beside them."""
        for batch in self.batches:
            slug = batch.split()[0]
            query = (
                "SELECT count(*) FROM annotation_task t JOIN labelers_project p"
                " ON p.id = t.project_id WHERE p.slug = %s"
            )
            ((count,),) = self.site.rows(query, slug)
            self.imported_wrongly += abs(count - IMPORTED)
        folder = self.site.supervisor.home / "snapshots"
        there = {path.name: path for path in folder.iterdir() if path.name[0] != "."}
        broken = [name for name, path in there.items() if verify(path)]
        self.half_snapshots = len(broken) + len(set(there) ^ set(self.snapshots))

    def table(self) -> str:
        """How often each part was killed, and how long until everybody's answers came through."""
        lines = [
            f"{what}: {len(seconds)} kills, {PEOPLE + 1} more answers after"
            f" {statistics.median(seconds):.1f} s (longest {max(seconds):.1f} s)"
            for what, seconds in self.outages.items()
        ]
        answers = ", ".join(
            f"{n} x {status}" for status, n in self.load.ledger.answers.most_common()
        )
        return "; ".join([*lines, f"answers: {answers}"])


def _report(storm: _Storm, promises: Promises, rows: int) -> None:
    ledger = storm.load.ledger
    kills = sum(map(len, storm.outages.values()))
    one, five, _ = os.getloadavg()
    told: dict[str, Any] = {
        "acknowledged_lost": (
            promises.acknowledged_lost,
            f"of {len(ledger.acknowledged)} acknowledged answers; {kills} kills; {storm.table()};"
            f" load of the machine {one:.1f} (1 min), {five:.1f} (5 min)",
        ),
        "stored_twice": (
            promises.stored_twice + (rows - 1),
            f"every tenth answer was sent twice, one by 100 requests at once ({rows} row)",
        ),
        "over_overlap": (promises.over_overlap, "tasks with more counted answers than wanted"),
        "slots_wrong": (promises.slots_wrong, "tasks whose free slots are not what leases say"),
        "audit_wrong": (promises.audit_wrong, "answers without their audit row, or the reverse"),
        "half_snapshots": (
            storm.half_snapshots,
            f"{len(storm.snapshots)} snapshots asked for, workers killed meanwhile",
        ),
        "imported_wrongly": (
            storm.imported_wrongly,
            f"tasks missing or twice in {len(storm.batches)} imports of {IMPORTED}",
        ),
    }
    for name, (figure, detail) in told.items():
        report(name, ours=figure, unit="count", goal="<= 0", higher_is_better=False, detail=detail)
