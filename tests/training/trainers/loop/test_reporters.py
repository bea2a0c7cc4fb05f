"""Reporters: asked for before compute; each, where its package is there, has every step once."""

from __future__ import annotations

import importlib.util
import json
import struct
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import RaftConfig, RewardModelConfig
from training.trainers.loop.reporters import (
    REPORTERS,
    ReporterEntry,
    Reporting,
    figures_of,
    reporter_names,
    require_packages,
    settings_told,
)


def line(step: int, phase: str = "training", **metrics: Any) -> dict[str, Any]:
    return {"step": step, "phase": phase, "time": 1000.0 + step, "metrics": metrics}


def config_of(report_to: str) -> RewardModelConfig:
    return RewardModelConfig.from_dict({"dataset": "d", "report_to": report_to})


def run_of(path: Path, steps: int) -> RunDir:
    """A run with that many steps in its progress, every second one evaluated."""
    run = RunDir(path)
    run.path.mkdir(exist_ok=True)
    for step in range(1, steps + 1):
        run.append_progress(line(step, loss=1 / step))
        if step % 2 == 0:
            run.append_progress(line(step, "evaluating", held_out_loss=2 / step))
    return run


class Kept:
    """A reporter that keeps what it gets."""

    def __init__(self, run: RunDir, settings: dict[str, Any]) -> None:
        self.settings, self.lines, self.closed = settings, list[Any](), False

    def write(self, lines: Sequence[dict[str, Any]]) -> None:
        if any(line["step"] == 13 for line in lines):
            raise ConnectionError("the server is away\nand more")
        self.lines += lines

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REPORTERS, "mlflow", ReporterEntry(package="json", open=Kept))
    monkeypatch.setitem(REPORTERS, "wandb", ReporterEntry(package="json", open=Kept))


def test_names_are_a_list_with_commas() -> None:
    assert reporter_names("") == []
    assert reporter_names(" mlflow, wandb,mlflow,") == ["mlflow", "wandb"]
    with pytest.raises(ConfigError, match="report_to names comet: choose from tensorboard, wandb"):
        config_of("comet")


def test_a_package_that_is_missing_is_a_sentence_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"run `python\S* -m pip install tensorboard`, or leave"):
        config_of("tensorboard").check_machine()
    require_packages("")


@pytest.mark.usefixtures("kept")
def test_a_run_that_goes_on_tells_again_what_it_kept(tmp_path: Path) -> None:
    run = run_of(tmp_path, 2)
    run.append_progress(line(0, "loading"))
    reporting = Reporting(run, config_of("mlflow"))
    reporting.write([line(3, loss=0.1), line(3, "measuring", seconds=1)])
    (opened,) = reporting.reporters.values()
    assert isinstance(opened, Kept)
    assert [(one["step"], one["phase"]) for one in opened.lines] == [
        (1, "training"), (2, "training"), (2, "evaluating"), (3, "training"),
    ]  # fmt: skip
    assert opened.settings["batch_size"] == 8
    reporting.close()
    assert opened.closed


def test_no_path_of_this_machine_is_told(tmp_path: Path) -> None:
    given = {"dataset": str(tmp_path), "model": "org/name", "batch_size": 4}
    told = settings_told(RewardModelConfig.from_dict(given))
    assert (told["model"], told["batch_size"]) == ("org/name", 4)
    of_folder = settings_told(RewardModelConfig.from_dict(given | {"model": str(tmp_path / "m")}))
    scorers = f"org/name, {tmp_path}/runs/1"
    rounds = settings_told(
        RaftConfig.from_dict(given | {"reward_model": str(tmp_path), "others": scorers})
    )
    assert "model" not in of_folder
    assert not any(str(tmp_path) in str([*found.values()]) for found in (told, of_folder, rounds))


@pytest.mark.usefixtures("kept")
def test_one_that_fails_is_left_out_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reporting = Reporting(run_of(tmp_path, 0), config_of("mlflow,wandb"))
    (first, second) = reporting.reporters.values()
    first.write = Kept(RunDir(tmp_path), {}).write  # type: ignore[method-assign]
    second.write = lambda lines: None  # type: ignore[method-assign]
    reporting.write([line(13)])
    assert list(reporting.reporters) == ["wandb"]
    assert capsys.readouterr().err == "mlflow is left out from here on: the server is away\n"


def test_figures_are_numbers_that_end() -> None:
    found = line(1, loss=0.5, note="x", broken=None, big=float("inf"), parts={"a": 1, "on": True})
    assert dict(figures_of(found)) == {"loss": 0.5, "parts/a": 1.0}


def interrupted(path: Path, report_to: str) -> RunDir:
    """Four steps told, the last lost with a crash, then three more from step 3 on."""
    run = run_of(path, 4)
    Reporting(run, config_of(report_to)).close()
    run.truncate_to(None)
    run = run_of(path, 3)
    reporting = Reporting(run, config_of(report_to))
    for step in (4, 5, 6):
        reporting.write([line(step, loss=1 / step)])
    reporting.close()
    assert list(reporting.reporters) == [report_to]
    return run


def test_tensorboard_has_every_step_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = interrupted(tmp_path, "tensorboard")
    events = EventAccumulator(str(run.path / "tensorboard"))
    events.Reload()
    assert [(e.step, e.wall_time) for e in events.Scalars("loss")] == [
        (step, 1000.0 + step) for step in range(1, 7)
    ]
    assert events.Scalars("loss")[3].value == pytest.approx(1 / 4)


@pytest.mark.filterwarnings("ignore")
def test_mlflow_has_every_step_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = interrupted(tmp_path, "mlflow")
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{run.path}/mlflow.db")
    (experiment,) = [e for e in client.search_experiments() if e.name == "accord"]
    (one,) = client.search_runs([experiment.experiment_id])
    assert sorted(m.step for m in client.get_metric_history(one.info.run_id, "loss")) == [
        1, 2, 3, 4, 5, 6,
    ]  # fmt: skip
    assert one.data.params["batch_size"] == "8"


def wandb_records(data: bytes) -> Iterator[bytes]:
    """The records of an offline file: a header of 7 bytes, then LevelDB's log in blocks of 32 KiB.

    A record has 4 bytes of checksum, 2 of length and one that says whole (1), first (2), middle (3)
    or last (4) part; no record's header crosses the end of a block. One half written is left out.
    """
    at, parts = 7, b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        if at + 7 + length > len(data):
            return
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            yield parts
            parts = b""


def ended(file: Path, kind: Any) -> list[Any]:
    """Its records once the last is there: W&B's own process writes a little after `finish`."""
    deadline = time.monotonic() + 20
    while True:
        records = [kind.FromString(data) for data in wandb_records(file.read_bytes())]
        if records and records[-1].WhichOneof("record_type") == "exit":
            return records
        assert time.monotonic() < deadline, "the run has no end"
        time.sleep(0.05)


@pytest.mark.filterwarnings("ignore")
def test_wandb_offline_keeps_one_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record

    monkeypatch.setenv("WANDB_MODE", "offline")
    run = interrupted(tmp_path, "wandb")
    (file,) = run.path.glob("wandb/offline-run-*/*.wandb")
    steps = []
    for record in ended(file, Record):
        found = {(item.key or item.nested_key[0]): item.value_json for item in record.history.item}
        if "loss" in found:
            steps.append(json.loads(found["_step"]))
    assert steps == [1, 2, 3, 4, 5, 6]


def test_the_packages_are_asked_for_by_the_trainer_and_not_by_the_form() -> None:
    missing = [n for n, e in REPORTERS.items() if importlib.util.find_spec(e.package) is None]
    for name in missing:
        assert config_of(name).report_to == name
        with pytest.raises(ConfigError, match="is not installed"):
            config_of(name).check_machine()
