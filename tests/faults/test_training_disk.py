"""A disk that fills up under a training run: one sentence, the last checkpoint kept, on it goes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disks import fill, small_disk
from tests.training.trainers.dataset_fixture import make_pairs
from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.loop.command_line import main
from training.trainers.reward_model import train_reward_model

MEGABYTES = 60


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[Path]:
    """A folder on a small disk of its own."""
    try:
        with small_disk(tmp_path / "small", megabytes=MEGABYTES) as place:
            yield place
    except PermissionError as error:
        pytest.skip(f"a disk of one's own cannot be mounted here: {error}")


@pytest.fixture
def signals() -> Iterator[None]:
    """A trainer's command takes signals for itself; they are given back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_a_full_disk_stops_the_run_with_its_last_checkpoint(cramped: Path, tmp_path: Path) -> None:
    data = make_pairs(tmp_path / "data")
    run = RunDir(cramped / "run")
    flags = [
        str(run.path), "--dataset", str(data), "--model", "tiny", "--tuning", "full",
        "--max_steps", "6", "--checkpoint_every", "1", "--evaluate_every", "0", "--threads", "1",
    ]  # fmt: skip
    ballast: list[Path] = []

    def work(*given: object) -> dict[str, object]:
        loop_write = RunDir.write_checkpoint

        def filling(self: RunDir, **kwargs: object) -> object:
            if len(self.checkpoints()) == 2 and not ballast:
                ballast.append(fill(cramped, leave=200_000))
            return loop_write(self, **kwargs)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(RunDir, "write_checkpoint", filling)
            return train_reward_model(*given)  # type: ignore[arg-type]

    assert main(RewardModelConfig, work, flags) == 1
    assert (run.error() or "").startswith("The disk is full: free some space and start the run")
    latest = run.latest_checkpoint()
    assert latest is not None
    assert latest.step == 2
    assert not list(run.checkpoints_path.glob(".*"))
    os.unlink(ballast[0])
    assert main(RewardModelConfig, train_reward_model, [str(run.path)]) == 0
    steps = [r["step"] for r in run.read_progress()[0] if r["phase"] == "training"]
    assert steps == [1, 2, 3, 4, 5, 6]
