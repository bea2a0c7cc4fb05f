"""`manage.py train`: what it queues, what it waits for, and what it refuses in one sentence."""

from __future__ import annotations

import json
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from training.models import Run
from training.running import follow

ARGUMENTS = ["--project=essays", "--trainer=reward_model", "--set=model=tiny", "--set=max_steps=6"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(small_trainer):
    """A thread that follows the first run that appears."""
    seen = threading.Event()

    def work() -> None:
        try:
            while not seen.wait(0.05):
                for run in Run.objects.filter(state="queued"):
                    follow(run.uid, interval=0.05)
                    return
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    seen.set()
    thread.join()


def test_it_prints_the_id_and_waits_with_progress(snapshot, worker) -> None:
    out, told = StringIO(), StringIO()
    more = ["--set=learning_rate=0", "--wait", f"--snapshot={snapshot.uid}"]
    call_command("train", *ARGUMENTS, *more, stdout=out, stderr=told)
    run = Run.objects.get()
    assert out.getvalue().strip() == str(run.uid)
    assert run.state == "done"
    assert "6/6 loss 0.1667" in told.getvalue()


def test_a_check_prints_its_report_and_trains_nothing(snapshot, worker) -> None:
    out = StringIO()
    more = ["--check", f"--snapshot={snapshot.uid}"]
    call_command("train", *ARGUMENTS, *more, stdout=out, stderr=StringIO())
    check = Run.objects.get()
    uid, _line, report = out.getvalue().partition("\n")
    assert (uid, check.is_check) == (str(check.uid), True)
    assert json.loads(report)["warnings"] == ["It is small."]


def test_a_failed_run_is_a_failed_command(snapshot, worker) -> None:
    with pytest.raises(CommandError, match="no pairs"):
        call_command(
            "train", *ARGUMENTS, "--set=seed=13", "--set=learning_rate=0", "--wait",
            "--snapshot=first labels", stdout=StringIO(), stderr=StringIO(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--snapshot=none"], "no snapshot 'none'"),
        (["--snapshot=first labels", "--from=none"], "no checkpoint none"),
        (["--snapshot=first labels", "--set=epochs"], "write FIELD=VALUE"),
        (["--snapshot=first labels", "--set=epochs=x"], "epochs must be a number"),
        (["--snapshot=first labels", "--project=absent"], "no project 'absent'"),
    ],
)
def test_refusals_are_one_sentence(snapshot, more, message) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("train", *ARGUMENTS, *more)
    assert not Run.objects.exists()
