"""Asking for runs: checks by field, what the server fills in, the queue, cancel and resume."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from exports.models import Snapshot
from labelers.models import AuditEvent
from training.models import Checkpoint, Run
from training.queueing import enqueue, request_cancel, request_resume, request_run
from training.run_dir import RunDir
from training.trainers.catalog import TRAINERS

pytestmark = pytest.mark.django_db


def errors_of(**kwargs) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        request_run(**kwargs)
    assert not Run.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    return caught.value.message_dict


@pytest.fixture
def asked(project, snapshot):
    return {
        "project": project,
        "created_by": None,
        "trainer": "reward_model",
        "config": {},
        "snapshot": snapshot,
    }


def test_a_run_is_a_row_a_folder_a_job_and_an_audit_row(asked, snapshot, engineer) -> None:
    run = request_run(**asked | {"created_by": engineer, "config": {"epochs": 2.0}})
    assert (run.name, run.state) == ("Reward model 1", "queued")
    config = RunDir(run.path).config()
    assert config == run.config
    assert (config["trainer"], config["epochs"]) == ("reward_model", 2.0)
    assert config["dataset"] == str(snapshot.path)
    job = ProcrastinateJob.objects.get()
    assert (job.queue_name, job.task_name, job.args) == (
        "training",
        "training.follow",
        {"run_uid": str(run.uid)},
    )
    assert AuditEvent.objects.get(action="run.requested").actor == engineer


def test_every_wrong_setting_is_told_at_once_by_field(asked) -> None:
    config = {"epochs": -1.0, "batch_size": "eight", "tuning": "magic"}
    errors = errors_of(**asked | {"config": config, "name": "x" * 121})
    assert set(errors) == {"epochs", "batch_size", "tuning", "name"}
    assert all(len(sentences) == 1 for sentences in errors.values())


def test_text_is_read_as_each_setting_wants_it(asked) -> None:
    config = {"epochs": "0.5", "learn_from_ties": "false", "max_steps": " 7 "}
    run = request_run(**asked | {"config": config}, as_text=True)
    read = [run.config[name] for name in config]
    assert read == [0.5, False, 7]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trainer": "os.system"}, "trainer"),
        ({"snapshot": None}, "snapshot"),
        ({"config": {"dataset": "/etc"}}, "dataset"),
        ({"config": {"model": "/etc"}}, "model"),
        ({"config": {"nonsense": 1}}, "config"),
    ],
)
def test_what_cannot_work_is_refused(asked, change, field) -> None:
    assert list(errors_of(**asked | change)) == [field]


def test_a_prompts_file_cannot_be_named_over_the_web(asked) -> None:
    change = {"trainer": "generate", "config": {"prompts_file": "/etc/passwd"}}
    assert list(errors_of(**asked | change)) == ["prompts_file"]


REWARDED = [
    name
    for name, entry in TRAINERS.items()
    if any(info.name == "reward_function" for info in entry.config.options())
]


@pytest.mark.parametrize("trainer", REWARDED)
def test_a_function_cannot_be_named_over_the_web(asked, trainer) -> None:
    config = {"rules": "json", "reward_function": "os:system"}
    errors = errors_of(**asked | {"trainer": trainer, "config": config})
    assert list(errors) == ["reward_function"]
    assert "only a command line" in errors["reward_function"][0]
    run = request_run(**asked | {"trainer": trainer, "config": {"rules": "json"}})
    assert RunDir(run.path).config()["reward_function"] == ""


def test_a_snapshot_of_another_project_or_unfinished_is_refused(asked, project_factory) -> None:
    other = Snapshot.objects.create(project=project_factory("other"), name="x", fractions={})
    assert list(errors_of(**asked | {"snapshot": other})) == ["snapshot"]
    unfinished = Snapshot.objects.create(project=asked["project"], name="y", fractions={})
    assert "not ready" in errors_of(**asked | {"snapshot": unfinished})["snapshot"][0]


def checkpoint_of(run: Run, **fields) -> Checkpoint:
    path = run.path / "checkpoints" / "step-00000005"
    path.mkdir(parents=True, exist_ok=True)
    return Checkpoint.objects.create(
        run=run,
        name=path.name,
        step=5,
        kind="adapter",
        produces="policy",
        path=str(path),
        **fields,
    )


def test_a_snapshot_without_comparisons_trains_no_reward_model(asked, snapshot) -> None:
    of_texts = Snapshot.objects.create(
        project=snapshot.project,
        name="texts",
        state=Snapshot.State.DONE,
        fractions={},
        folder="snapshots/texts",
        digest="0" * 64,
        finished_at=timezone.now(),
        counts={"splits": {"demonstration": {"train": 4}}},
    )
    errors = errors_of(**asked | {"snapshot": of_texts})
    assert errors == {
        "snapshot": [
            "texts has no comparisons, which this trainer learns from: choose another one."
        ]
    }
    run = request_run(**asked | {"snapshot": of_texts, "trainer": "generate"})
    assert run.snapshot == of_texts


def test_a_run_starts_from_a_checkpoint_of_an_ended_run(run_factory, asked) -> None:
    first = run_factory()
    checkpoint = checkpoint_of(first)
    with pytest.raises(ValidationError, match="still training"):
        request_run(**asked | {"parent": checkpoint})
    Run.objects.update(state="done")
    checkpoint = Checkpoint.objects.get()
    run = request_run(**asked | {"parent": checkpoint, "config": {"model": "ignored"}})
    assert run.config["model"] == checkpoint.path
    Checkpoint.objects.update(available=False)
    with pytest.raises(ValidationError, match="pruned"):
        request_run(**asked | {"parent": Checkpoint.objects.get()})


def test_a_waiting_run_is_cancelled_at_once_and_an_ended_one_not_again(run_factory, engineer):
    run = run_factory()
    request_cancel(run=run, requested_by=engineer)
    assert run.state == "cancelled"
    assert run.finished_at is not None
    with pytest.raises(ValidationError, match="already ended"):
        request_cancel(run=run, requested_by=engineer)


def test_a_running_run_is_asked_to_stop(run_factory, engineer) -> None:
    run = run_factory()
    Run.objects.update(state="running")
    request_cancel(run=run, requested_by=engineer)
    assert (run.state, run.cancel_requested) == ("running", True)


def test_resume_forgets_the_old_end_and_queues_once(run_factory, engineer) -> None:
    run = run_factory()
    with pytest.raises(ValidationError, match="only a cancelled or failed"):
        request_resume(run=run, requested_by=engineer)
    folder = RunDir(run.path)
    folder.request_stop()
    folder.write_error("Disk full: free space.")
    Run.objects.update(state="failed", error="Disk full: free space.", attempts=3)
    request_resume(run=run, requested_by=engineer)
    assert (run.state, run.error, run.attempts) == ("queued", "", 0)
    assert not folder.stop_requested()
    assert folder.state() == "new"
    assert ProcrastinateJob.objects.count() == 1, "the waiting job of the first request is enough"
    assert enqueue(run=run) is False
