"""The command around every trainer: flags, locks, signals, kill -9, exit codes, sentences."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import EvaluateConfig, RewardModelConfig
from training.trainers.loop.command_line import CheckedOnly, StopWatch, explain, main
from training.trainers.models.states_file import FILE as STATES
from training.trainers.reward_model import train_reward_model

ROOT = Path(__file__).resolve().parents[4]
DONE = {"state": "done", "metrics": {"x": 1}, "checkpoint": None, "outputs": {}}


def work_of(result: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    return lambda run, config, stop: result


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    return [str(tmp_path / "run"), "--dataset", "d", "--model", "m"]


@pytest.fixture(autouse=True)
def signals() -> Any:
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_flags_write_the_configuration_and_the_next_start_reads_it(
    flags: list[str], tmp_path: Path
) -> None:
    seen: list[EvaluateConfig] = []

    def work(run: RunDir, config: EvaluateConfig, stop: StopWatch) -> dict[str, Any]:
        seen.append(config)
        return DONE | {"state": "cancelled"}

    assert main(EvaluateConfig, work, [*flags, "--limit", "3"]) == 75
    run = RunDir(tmp_path / "run")
    assert run.config()["limit"] == 3
    assert main(EvaluateConfig, work, [str(run.path)]) == 75
    assert main(EvaluateConfig, work, [str(run.path), "--seed", "9"]) == 75
    assert [(c.limit, c.seed) for c in seen] == [(3, 42), (3, 42), (3, 9)]


def test_a_finished_run_stays_finished(flags: list[str], tmp_path: Path) -> None:
    assert main(EvaluateConfig, work_of(DONE), flags) == 0
    assert main(EvaluateConfig, work_of(DONE | {"metrics": {"x": 2}}), flags) == 0
    result = RunDir(tmp_path / "run").result()
    assert result is not None
    assert result["metrics"] == {"x": 1}


@pytest.mark.parametrize(("state", "kept"), [("cancelled", True), ("done", False)])
def test_states_of_frozen_layers_go_when_a_run_is_done(
    state: str, kept: bool, flags: list[str], tmp_path: Path
) -> None:
    def work(run: RunDir, config: EvaluateConfig, stop: StopWatch) -> dict[str, Any]:
        (run.path / STATES).write_bytes(b"states")
        return DONE | {"state": state}

    main(EvaluateConfig, work, flags)
    assert (tmp_path / "run" / STATES).exists() is kept


def test_without_any_configuration_it_says_how_to_give_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(EvaluateConfig, work_of(DONE), [str(tmp_path / "run")]) == 1
    assert "has no config.json: give the settings as --field value" in capsys.readouterr().err


def test_a_bad_flag_is_named_and_nothing_is_written(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(EvaluateConfig, work_of(DONE), [*flags, "--limit", "many"]) == 1
    assert "limit must be a whole number, not 'many'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_help_has_every_fields_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(EvaluateConfig, work_of(DONE), ["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for info in EvaluateConfig.options():
        assert f"--{info.name}" in text
        assert info.help.split(":")[0][:40] in text


def test_an_error_becomes_a_sentence_in_the_run(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(run: RunDir, config: EvaluateConfig, stop: StopWatch) -> dict[str, Any]:
        raise ConfigError("The field is wrong: correct it.")

    assert main(EvaluateConfig, work, flags) == 1
    run = RunDir(tmp_path / "run")
    assert run.error() == "The field is wrong: correct it."
    assert "Traceback" not in capsys.readouterr().err
    assert main(EvaluateConfig, work_of(DONE), flags) == 0
    assert run.error() is None


@pytest.fixture
def checkable(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Work that looks at its data and trains only where it may."""
    monkeypatch.setattr("training.trainers.data.data_report.report_text", lambda run: "16 pairs")

    def work(run: RunDir, config: RewardModelConfig, stop: StopWatch) -> dict[str, Any]:
        if stop.check_only:
            raise CheckedOnly
        return DONE

    return work


def test_a_check_reports_and_leaves_the_run_to_be_trained(
    flags: list[str],
    tmp_path: Path,
    checkable: Callable[..., dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(RewardModelConfig, checkable, [*flags, "--check"]) == 0
    assert capsys.readouterr().out == "16 pairs\n"
    run = RunDir(tmp_path / "run")
    assert run.result() == {"state": "done", "metrics": {}, "check": True}
    assert main(RewardModelConfig, checkable, [str(run.path)]) == 0
    assert run.result() == DONE
    assert main(RewardModelConfig, checkable, [str(run.path), "--check"]) == 0
    assert run.result() == DONE


def test_a_check_that_refuses_says_why(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(run: RunDir, config: RewardModelConfig, stop: StopWatch) -> dict[str, Any]:
        raise ConfigError("There are no pairs: label some.")

    assert main(RewardModelConfig, work, [*flags, "--check"]) == 1
    assert "There are no pairs: label some." in capsys.readouterr().err
    assert RunDir(tmp_path / "run").error() == "There are no pairs: label some."


def test_what_trains_nothing_has_no_check(flags: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(EvaluateConfig, work_of(DONE), [*flags, "--check"])


def test_a_missing_package_of_a_reporter_stops_before_any_work(
    flags: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    words = [*flags, "--report_to", "wandb"]
    assert main(RewardModelConfig, work_of(DONE), words) == 1
    assert "pip install wandb`, or leave it out." in capsys.readouterr().err
    assert RunDir(tmp_path / "run").result() is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "x"), "The disk is full: free some space"),
        (RuntimeError("IoError(Os { code: 28, kind: StorageFull"), "The disk is full"),
        (RuntimeError("CUDA out of memory. Tried"), "Memory ran out: lower batch_size"),
        (MemoryError(), "Memory ran out"),
        (KeyError("x"), "failed unexpectedly (KeyError: 'x'): the log has the details"),
    ],
)
def test_explain(error: Exception, words: str) -> None:
    assert words in explain(error)


def test_a_signal_is_a_request(tmp_path: Path) -> None:
    watch = StopWatch(RunDir(tmp_path))
    watch.listen()
    assert watch.state() is None
    os.kill(os.getpid(), signal.SIGTERM)
    assert watch.state() == "preempted"
    RunDir(tmp_path).request_stop()
    assert watch.state() == "cancelled"


def start(run: RunDir, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "training.trainers.reward_model", str(run.path), *flags]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stderr=subprocess.PIPE)


def wait_for_step(run: RunDir, step: int, since: float = 0) -> None:
    """Wait for a step made after ``since``: an earlier attempt's lines stay until the resume."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        records, _ = run.read_progress()
        steps = [r["step"] for r in records if r["phase"] == "training" and r["time"] > since]
        if max(steps, default=0) >= step:
            return
        time.sleep(0.02)
    raise AssertionError("the trainer made no step in two minutes")


def test_kill_9_then_sigterm_then_to_the_end_gives_the_bits_of_an_undisturbed_run(
    tmp_path: Path, tiny: Path, pairs_dir: Path
) -> None:
    flags = [
        "--dataset", str(pairs_dir), "--model", str(tiny), "--batch_size", "2", "--threads", "1",
        "--max_steps", "40", "--checkpoint_every", "4", "--evaluate_every", "20",
        "--evaluation_prompts", "4", "--learning_rate", "0.001",
    ]  # fmt: skip
    quiet, broken = RunDir(tmp_path / "quiet"), RunDir(tmp_path / "broken")
    with start(broken, *flags) as first:
        wait_for_step(broken, 6)
        assert broken.state() == "running"
        first.kill()
    assert broken.state() == "dead"
    latest = broken.latest_checkpoint()
    assert latest is not None
    restarted = time.time()
    with start(broken) as second:
        wait_for_step(broken, latest.step + 2, since=restarted)
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 75, second.communicate()[1]
    assert broken.state() == "preempted"
    with start(broken) as third:
        assert third.wait(120) == 0, third.communicate()[1]

    quiet.create(broken.config())
    config = RewardModelConfig.from_dict(quiet.config())
    assert train_reward_model(quiet, config, StopWatch(quiet)) == broken.result()
    ends = [run.checkpoints()[-1].path / "adapter_model.safetensors" for run in (quiet, broken)]
    assert ends[0].read_bytes() == ends[1].read_bytes()
    curves = [
        [
            (r["step"], r["phase"], r["metrics"].get("loss"))
            for r in run.read_progress()[0]
            if r["phase"] in ("training", "evaluating")
        ]
        for run in (quiet, broken)
    ]
    assert curves[0] == curves[1]
