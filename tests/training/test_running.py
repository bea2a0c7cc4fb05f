"""Following runs with real processes: to the end, through kill -9 of anybody, cancel and resume."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg.conninfo import make_conninfo

from labelers.models import AuditEvent
from training import running
from training.models import Run
from training.queueing import request_cancel, request_resume
from training.run_dir import RunDir

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_trainer")]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
"""Seconds, for machines that are busy with other things."""


@pytest.fixture
def follower_process() -> Iterator[Callable[[Run], subprocess.Popen[bytes]]]:
    """Start a process that follows a run; none outlives its test."""
    parameters = connection.get_connection_params()
    keys = ("host", "port", "user", "password", "dbname")
    url = make_conninfo(**{key: parameters[key] for key in keys if parameters.get(key)})
    started: list[subprocess.Popen[bytes]] = []

    def start(run: Run) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.training.follow_process", str(run.uid)]
        environment = {**os.environ, "DATABASE_URL": url}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def follow(run: Run, **kwargs: object) -> Run:
    running.follow(run.uid, interval=0.05, **kwargs)
    run.refresh_from_db()
    return run


def kill_trainer(run: Run) -> None:
    pid = RunDir(run.path).trainer_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not RunDir(run.path).is_locked())


def steps_of(run: Run) -> list[int]:
    return [record["step"] for record in RunDir(run.path).read_progress()[0]]


def test_a_run_goes_to_its_end_and_the_row_knows(run_factory) -> None:
    run = follow(run_factory(max_steps=7, checkpoint_every=3))
    assert (run.state, run.step, run.total_steps, run.phase) == ("done", 7, 7, "train")
    assert run.result["metrics"] == {"total": 28}
    assert run.metrics == {"loss": 1 / 7, "held_out_accuracy": 1.0}
    assert run.started_at < run.finished_at
    best = {checkpoint.step: checkpoint.is_best for checkpoint in run.checkpoints.all()}
    assert (best[6], best[7]) == (False, True)
    assert AuditEvent.objects.filter(action="run.done", subject=f"run:{run.uid}").count() == 1


def test_the_trainer_gets_no_secret_of_the_web_side(run_factory, monkeypatch) -> None:
    monkeypatch.setenv("ACCORD_SECRET_KEY", "quite secret")
    seen = {}
    started = subprocess.Popen

    def popen(*args, **kwargs):
        seen.update(kwargs)
        return started(*args, **kwargs)

    monkeypatch.setattr("training.launching.subprocess.Popen", popen)
    follow(run_factory())
    assert "DATABASE_URL" in os.environ
    assert not {"DATABASE_URL", "ACCORD_SECRET_KEY"} & set(seen["env"])
    assert seen["env"]["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert seen["start_new_session"]


@pytest.mark.parametrize("killed", ["worker", "trainer", "both"])
def test_kill_9_of_anybody_ends_in_the_same_result(run_factory, killed, follower_process) -> None:
    run = run_factory(max_steps=30, learning_rate=0.05, checkpoint_every=4)
    worker = follower_process(run)
    wait_for(lambda: bool(RunDir(run.path).checkpoints()))
    pid = RunDir(run.path).trainer_pid()
    if killed in ("worker", "both"):
        worker.kill()
        worker.wait()
    if killed in ("trainer", "both"):
        kill_trainer(run)
    if killed == "worker":
        assert RunDir(run.path).is_locked(), "the trainer outlives its worker"
    if killed == "trainer":
        worker.wait(PATIENCE)
        run.refresh_from_db()
    else:
        follow(run)
    assert (run.state, run.result["metrics"]) == ("done", {"total": 465})
    assert steps_of(run) == list(range(1, 31))
    assert (RunDir(run.path).trainer_pid() == pid) is (killed == "worker")


def test_two_followers_start_one_trainer(run_factory, follower_process) -> None:
    run = run_factory(max_steps=10, learning_rate=0.05)
    others = [follower_process(run) for _ in range(2)]
    for other in others:
        assert other.wait(PATIENCE) == 0
    run.refresh_from_db()
    assert run.state == "done"
    assert run.path.joinpath("log.txt").read_text().count("starting") == 1


def test_cancel_leaves_a_checkpoint_and_resume_goes_on_to_the_same_end(
    run_factory, follower_process
) -> None:
    run = run_factory(max_steps=20, learning_rate=0.05, checkpoint_every=100)
    worker = follower_process(run)
    wait_for(lambda: len(steps_of(run)) >= 3)
    request_cancel(run=run, requested_by=None)
    assert worker.wait(PATIENCE) == 0
    run.refresh_from_db()
    assert (run.state, run.cancel_requested) == ("cancelled", False)
    reached = run.step
    assert run.checkpoints.get().step == reached < 20
    request_resume(run=run, requested_by=None)
    assert (run.state, run.finished_at) == ("queued", None)
    follow(run)
    assert (run.state, run.result["metrics"]) == ("done", {"total": 210})
    assert f"starting at step {reached}" in run.path.joinpath("log.txt").read_text()


def test_cancelling_a_run_whose_trainer_was_killed_starts_no_other(
    run_factory, follower_process
) -> None:
    run = run_factory(max_steps=100, learning_rate=0.05)
    worker = follower_process(run)
    wait_for(lambda: bool(steps_of(run)))
    worker.kill()
    worker.wait()
    kill_trainer(run)
    request_cancel(run=run, requested_by=None)
    follow(run)
    assert run.state == "cancelled"
    assert run.path.joinpath("log.txt").read_text().count("starting") == 1


def test_a_preempted_trainer_is_started_again_without_counting(
    run_factory, follower_process
) -> None:
    run = run_factory(max_steps=30, learning_rate=0.05, checkpoint_every=100)
    worker = follower_process(run)
    wait_for(lambda: len(steps_of(run)) >= 2)
    os.kill(RunDir(run.path).trainer_pid(), signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    run.refresh_from_db()
    assert (run.state, run.result["metrics"]) == ("done", {"total": 465})


def test_a_trainer_that_always_crashes_fails_after_three_starts(run_factory) -> None:
    run = follow(run_factory(loss="plackett_luce", checkpoint_every=100))
    assert (run.state, run.attempts) == ("failed", 3)
    assert "exit code 3 3 times" in run.error
    assert "told to crash" in run.error
    assert run.path.joinpath("log.txt").read_text().count("starting") == 3


def test_a_trainer_that_refuses_its_command_line_is_started_once(run_factory) -> None:
    run = follow(run_factory(seed=2))
    assert (run.state, run.attempts) == ("failed", 1)
    assert "exit code 2" in run.error
    assert run.path.joinpath("log.txt").read_text().count("unrecognized") == 1


def test_a_trainers_own_refusal_is_the_runs_error(run_factory) -> None:
    run = follow(run_factory(seed=13))
    assert (run.state, run.error) == (
        "failed",
        "The dataset has no pairs: choose another snapshot.",
    )
    request_resume(run=run, requested_by=None)
    assert RunDir(run.path).error() is None


def test_a_worker_that_shuts_down_hands_the_run_to_the_next(run_factory) -> None:
    run = run_factory(max_steps=40, learning_rate=0.05, checkpoint_every=100)
    shutting_down = threading.Event()
    threading.Timer(1.5, shutting_down.set).start()
    follow(run, should_leave=shutting_down.is_set)
    assert (run.state, run.followed_at) == ("queued", None)
    assert not RunDir(run.path).is_locked()
    assert RunDir(run.path).state() == "preempted"
    follow(run)
    assert (run.state, run.result["metrics"]) == ("done", {"total": 820})


def test_orphans_are_adopted_and_followed_runs_are_not(run_factory) -> None:
    orphan, followed, waiting = (run_factory(name) for name in ("orphan", "followed", "waiting"))
    connection.cursor().execute("UPDATE procrastinate_jobs SET status = 'doing'")
    long_ago = timezone.now() - 2 * running.ORPHANED_AFTER
    Run.objects.filter(pk=orphan.pk).update(state="running", followed_at=long_ago)
    Run.objects.filter(pk=followed.pk).update(state="running", followed_at=timezone.now())
    Run.objects.filter(pk=waiting.pk).update(state="cancelled")
    assert running.adopt_orphans() == 1
    assert running.adopt_orphans() == 0, "the job already waits"
    jobs = ProcrastinateJob.objects.filter(status="todo")
    assert [job.args for job in jobs] == [{"run_uid": str(orphan.uid)}]


def test_a_cancelled_run_that_never_began_does_not_begin(run_factory) -> None:
    run = run_factory()
    request_cancel(run=run, requested_by=None)
    follow(run)
    assert run.state == "cancelled"
    assert RunDir(run.path).trainer_pid() is None
