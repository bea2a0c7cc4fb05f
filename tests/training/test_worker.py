"""The real thing: a worker process, the real reward-model trainer on a tiny model, kill -9 of both.

Slower than its neighbours (torch starts four times), and the only test that runs a worker as it
is run in service.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from annotation import tasking
from annotation.candidates import Candidate, KnownAnswer
from exports.snapshotting import build_snapshot, request_snapshot
from training.models import Run
from training.queueing import request_run
from training.run_dir import RunDir

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.fixture
def start_worker() -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start workers as `./run` does; none outlives the test."""
    parameters = connection.get_connection_params()
    keys = ("host", "port", "user", "password", "dbname")
    url = make_conninfo(**{key: parameters[key] for key in keys if parameters.get(key)})
    environment = {**os.environ, "DATABASE_URL": url, "OMP_NUM_THREADS": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "procrastinate", "worker"]
        options = ["--concurrency=2", "--shutdown-graceful-timeout=1"]
        started.append(subprocess.Popen([*command, *options], cwd=ROOT, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


@pytest.fixture
def labels(project) -> Any:
    """A snapshot of pairs whose better response is always the polite one."""
    better = KnownAnswer(ranks=[1, 2])
    candidates = [
        Candidate(
            prompt=[{"role": "user", "content": f"Please tell me about the number {number}."}],
            responses=[
                ([{"role": "assistant", "content": f"Gladly: {number} is a number."}], "polite"),
                ([{"role": "assistant", "content": f"No, {number} bores me."}], "rude"),
            ],
            known=[better],
        )
        for number in range(60)
    ]
    tasking.add_candidates(project=project, added_by=None, candidates=candidates)
    snapshot = request_snapshot(project=project, created_by=None, name="pairs")
    return build_snapshot(snapshot_uid=snapshot.uid)


def test_kill_9_of_worker_and_trainer_changes_nothing_in_the_result(
    project, labels, start_worker
) -> None:
    config = {"model": "tiny", "tuning": "full", "batch_size": 2, "epochs": 4.0,
              "checkpoint_every": 10, "evaluate_every": 40, "threads": 1}  # fmt: skip
    runs = [
        request_run(
            project=project, created_by=None, trainer="reward_model", name=name, config=config,
            snapshot=labels,
        )
        for name in ("disturbed", "quiet")
    ]  # fmt: skip
    disturbed, quiet = runs
    worker = start_worker()
    wait_for(lambda: bool(RunDir(disturbed.path).checkpoints()))
    worker.kill()
    worker.wait()
    os.kill(RunDir(disturbed.path).trainer_pid(), signal.SIGKILL)
    assert not RunDir(disturbed.path).result()
    start_worker()
    wait_for(lambda: not Run.objects.filter(state__in=Run.LIVE).exists())
    for run in runs:
        run.refresh_from_db()
        assert (run.state, run.error) == ("done", "")
    assert disturbed.result["metrics"] == quiet.result["metrics"]
    assert disturbed.result["metrics"]["held_out_accuracy_low"] > 0.5
    log = disturbed.path.joinpath("log.txt").read_text()
    assert "Traceback" not in log
