"""The run directory: torn files, locks across processes, stops, outcomes and checkpoints."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from training.run_dir import RunDir, RunDirError, RunLockedError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    made = RunDir(tmp_path / "run")
    made.create({"seed": 1})
    return made


def save(run: RunDir, step: int, score: float | None = None) -> None:
    run.write_checkpoint(
        step=step,
        metrics={"loss": 1 / step},
        score=score,
        write=lambda folder: (folder / "weights").write_bytes(b"w" * step) and None,
    )


def test_config_round_trip_and_missing(run: RunDir, tmp_path: Path) -> None:
    assert run.config() == {"seed": 1}
    with pytest.raises(RunDirError, match=r"no config\.json"):
        RunDir(tmp_path / "none").config()
    run.config_path.write_text("{broken")
    with pytest.raises(RunDirError, match="not JSON"):
        run.config()


def test_progress_is_read_from_an_offset_and_a_half_line_waits(run: RunDir) -> None:
    assert run.read_progress() == ([], 0)
    run.append_progress({"step": 1, "metrics": {"loss": float("nan")}})
    records, offset = run.read_progress()
    assert records[0]["step"] == 1
    assert records[0]["metrics"] == {"loss": None}
    with open(run.progress_path, "ab") as handle:
        handle.write(b'{"step": 2, "met')
    assert run.read_progress(offset) == ([], offset)
    with open(run.progress_path, "ab") as handle:
        handle.write(b'rics": {}}\n')
    records, end = run.read_progress(offset)
    assert [r["step"] for r in records] == [2]
    assert run.read_progress(end) == ([], end)


def test_a_reader_past_a_truncation_starts_over(run: RunDir) -> None:
    for step in (1, 2, 3):
        run.append_progress({"step": step, "metrics": {}})
    _, end = run.read_progress()
    run.truncate_to(None)
    run.append_progress({"step": 1, "note": "a line of another length than before", "metrics": {}})
    records, _ = run.read_progress(end)
    assert [r["step"] for r in records] == [1]


def test_the_lock_shuts_out_a_second_process_and_dies_with_its_holder(run: RunDir) -> None:
    script = (
        "import sys, time\nfrom training.run_dir import RunDir\n"
        "with RunDir(sys.argv[1]).lock():\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    assert not run.is_locked()
    assert run.state() == "new"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(run.path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert run.is_locked()
        assert run.state() == "running"
        assert run.trainer_pid() == holder.pid
        with pytest.raises(RunLockedError, match=str(holder.pid)), run.lock():
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert not run.is_locked()
    assert run.state() == "dead"
    with run.lock():
        assert run.trainer_pid() == os.getpid()


def test_stop_requests_come_and_go(run: RunDir) -> None:
    assert not run.stop_requested()
    run.request_stop()
    assert run.stop_requested()
    run.clear_stop()
    assert not run.stop_requested()


def test_outcomes_replace_one_another(run: RunDir) -> None:
    save(run, 5)
    run.write_error("Disk full: free space.")
    assert (run.error(), run.result(), run.state()) == ("Disk full: free space.", None, "failed")
    result = {"state": "cancelled", "metrics": {}, "checkpoint": "step-00000005", "outputs": {}}
    run.write_result(result)
    assert (run.error(), run.result(), run.state()) == (None, result, "cancelled")
    run.clear_outcome()
    assert run.result() is None


def test_checkpoints_keep_the_last_two_and_the_best(run: RunDir) -> None:
    for step, score in [(1, 0.5), (2, 0.9), (3, 0.6), (4, 0.7), (5, None)]:
        save(run, step, score)
    assert [c.step for c in run.checkpoints()] == [2, 4, 5]
    latest, best = run.latest_checkpoint(), run.best_checkpoint()
    assert latest is not None
    assert best is not None
    assert (latest.step, best.step, best.metrics) == (5, 2, {"loss": 0.5})


def test_a_failed_write_leaves_the_earlier_checkpoints_alone(run: RunDir) -> None:
    save(run, 1)

    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        run.write_checkpoint(step=2, metrics={}, score=None, write=fail)
    assert [path.name for path in run.checkpoints_path.iterdir()] == ["step-00000001"]


def test_a_torn_checkpoint_is_not_seen_and_is_swept_away(run: RunDir) -> None:
    (run.checkpoints_path / ".writing-step-00000007").mkdir(parents=True)
    (run.checkpoints_path / "step-00000008").mkdir()
    assert run.checkpoints() == []
    save(run, 1)
    assert not (run.checkpoints_path / ".writing-step-00000007").exists()


def test_a_checkpoint_of_the_same_step_is_replaced(run: RunDir) -> None:
    save(run, 3, 0.1)
    save(run, 3, 0.2)
    assert [(c.step, c.score) for c in run.checkpoints()] == [(3, 0.2)]
    assert len(list(run.checkpoints_path.iterdir())) == 1


def test_a_checkpoint_whose_successor_a_kill_prevented_comes_back(run: RunDir) -> None:
    save(run, 3, 0.1)
    path = run.checkpoints_path / "step-00000003"
    path.rename(path.with_name(".replaced-step-00000003"))
    assert run.checkpoints() == []
    with run.lock():
        assert [(c.step, c.score) for c in run.checkpoints()] == [(3, 0.1)]
    save(run, 3, 0.2)
    run.recover()
    assert [(c.step, c.score) for c in run.checkpoints()] == [(3, 0.2)]


def test_resume_cuts_both_files_back_to_the_checkpoint(run: RunDir) -> None:
    run.append_progress({"step": 1, "metrics": {}})
    run.append_samples({"step": 1, "text": "日本語"})
    save(run, 1)
    run.append_progress({"step": 2, "metrics": {}})
    run.append_samples({"step": 2, "text": "later"})
    run.truncate_to(run.latest_checkpoint())
    assert [r["step"] for r in run.read_progress()[0]] == [1]
    assert [r["text"] for r in run.read_samples()[0]] == ["日本語"]
