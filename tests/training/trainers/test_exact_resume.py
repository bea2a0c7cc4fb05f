"""Every trainer of weights in the catalog, stopped again and again, ends as if it never was."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from training.run_dir import RunDir
from training.trainers.catalog import TRAINERS
from training.trainers.configs import OptimisationConfig, RewardedConfig
from training.trainers.configs.rounds import RoundsConfig
from training.trainers.loop import command_line
from training.trainers.loop.command_line import StopTraining, StopWatch

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

OF_WEIGHTS = [
    name
    for name, entry in TRAINERS.items()
    if issubclass(entry.config, OptimisationConfig) and not issubclass(entry.config, RoundsConfig)
]
"""Rounds are made of runs of these: `test_rounds`."""

QUICK = ("reward_model", "sft", "ppo")
"""The others stand on the same loop; they take their time in `./run bench long_tests`."""

SETTINGS = {
    "batch_size": 2, "accumulation": 2, "max_steps": 4, "evaluate_every": 2, "checkpoint_every": 2,
    "evaluation_prompts": 3, "threads": 1, "learning_rate": 1e-3,
}  # fmt: skip
OF_REWARDS = {"rules": "length(target=20)=1", "max_new_tokens": 6, "n": 2, "update_epochs": 2}
VOLATILE = (
    "tokens_per_second", "seconds", "seconds_generate", "seconds_score", "seconds_learn",
)  # fmt: skip


class ImpatientWatch(StopWatch):
    """Says stop from its n-th question on, wherever in the trainer that is asked."""

    def __init__(self, run: RunDir, patience: int) -> None:
        super().__init__(run)
        self.patience = patience

    def state(self) -> str | None:
        self.patience -= 1
        return "cancelled" if self.patience < 0 else None


def work_of(module: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """What a trainer's module hands to `command_line.main`."""
    found: list[Callable[..., dict[str, Any]]] = []
    monkeypatch.delitem(sys.modules, module, raising=False)  # run_module would warn of it
    monkeypatch.setattr(command_line, "main", lambda config, work: found.append(work) or 0)
    with pytest.raises(SystemExit):
        runpy.run_module(module, run_name="__main__")
    return found[0]


def stopped_often(work: Callable[..., Any], run: RunDir, config: OptimisationConfig) -> int:
    """Run to the end through stops, each a little later than the last; how many there were."""
    for stops in range(40):
        try:
            if work(run, config, ImpatientWatch(run, patience=2 + 3 * stops))["state"] == "done":
                return stops
        except StopTraining:
            pass
        torch.manual_seed(stops)
    raise AssertionError("the run never ended")


def lines(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Progress or samples without what no two runs share."""
    kept = [r for r in records if r.get("phase", "training") in ("training", "evaluating")]
    return [
        record
        | {"time": 0}
        | {"metrics": {k: v for k, v in record.get("metrics", {}).items() if k not in VOLATILE}}
        for record in kept
    ]


def end_of(run: RunDir) -> dict[str, Any]:
    """Weights, optimiser and random states of the last checkpoint."""
    latest = run.latest_checkpoint()
    assert latest is not None
    weights = {path.name: path.read_bytes() for path in latest.path.glob("*.safetensors")}
    return {"weights": weights, **torch.load(latest.path / "resume.pt", weights_only=True)}


def assert_equal(one: Any, other: Any, at: str = "") -> None:
    """Equal bits, through dicts and lists."""
    assert type(one) is type(other), at
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), at
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), at
        for key in one:
            assert_equal(one[key], other[key], f"{at}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), at
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_equal(a, b, f"{at}[{number}]")
    else:
        assert one == other, at


@pytest.mark.parametrize(
    "trainer",
    [
        trainer if trainer in QUICK else pytest.param(trainer, marks=pytest.mark.long)
        for trainer in OF_WEIGHTS
    ],
)
def test_a_run_that_is_stopped_often_ends_with_the_bits_of_one_that_is_not(
    trainer: str, tiny: Path, pairs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = TRAINERS[trainer]
    work = work_of(entry.module, monkeypatch)
    given = SETTINGS | {"dataset": str(pairs_dir), "model": str(tiny)}
    given |= OF_REWARDS if issubclass(entry.config, RewardedConfig) else {"max_length": 256}
    config = entry.config.from_dict(given)
    assert isinstance(config, OptimisationConfig)
    runs = {name: RunDir(tmp_path / name) for name in ("whole", "broken")}
    for run in runs.values():
        run.create(config.as_dict())
    result = work(runs["whole"], config, StopWatch(runs["whole"]))
    assert stopped_often(work, runs["broken"], config) >= 3
    again = work(runs["broken"], config, StopWatch(runs["broken"]))
    assert (again["checkpoint"], again["metrics"]) == (result["checkpoint"], result["metrics"])
    assert_equal(end_of(runs["whole"]), end_of(runs["broken"]))
    for read in (RunDir.read_progress, RunDir.read_samples):
        assert lines(read(runs["whole"])[0]) == lines(read(runs["broken"])[0])
