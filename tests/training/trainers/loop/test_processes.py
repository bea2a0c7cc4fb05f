"""Several processes train as one: the same curve and weights, one writer, a stop that all heed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from config.addresses import free_port_or_given
from training.run_dir import RunDir
from training.trainers.configs import EvaluateConfig, PpoConfig, RewardModelConfig
from training.trainers.loop.command_line import StopWatch, main
from training.trainers.loop.processes import FollowedRun, Processes, together
from training.trainers.ppo import train_ppo
from training.trainers.reward_model import train_reward_model

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
ROOT = Path(__file__).resolve().parents[4]
MODULE = "training.trainers.reward_model"


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""} | more


def with_accelerate(run: RunDir) -> subprocess.CompletedProcess[str]:
    """The run under `accelerate launch`, with the configuration of the documents."""
    command = [
        sys.executable, "-m", "accelerate.commands.launch",
        "--config_file", "docs/accelerate/cpu.yaml",
        "--main_process_port", str(free_port_or_given("127.0.0.1", 0)),
        "-m", MODULE, str(run.path),
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)


def two_processes(run: RunDir, module: str = MODULE) -> list[subprocess.Popen[str]]:
    """Two processes as torchrun starts them, each for us to look at."""
    port = str(free_port_or_given("127.0.0.1", 0))
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [
        subprocess.Popen(
            [sys.executable, "-m", module, str(run.path)],
            cwd=ROOT,
            env=environment(RANK=rank, LOCAL_RANK=rank, **shared),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]


def wait_for_step(run: RunDir, step: int, processes: list[subprocess.Popen[str]]) -> None:
    offset, deadline = 0, time.monotonic() + 120
    while time.monotonic() < deadline:
        records, offset = run.read_progress(offset)
        if any(r["phase"] == "training" and r["step"] >= step for r in records):
            return
        assert all(process.poll() is None for process in processes)
        time.sleep(0.02)
    raise AssertionError("the processes made no step in two minutes")


def curve(run: RunDir) -> dict[tuple[int, str], float | None]:
    found = [r for r in run.read_progress()[0] if r["phase"] in ("training", "evaluating")]
    figures = {
        (r["step"], name): r["metrics"].get(name)
        for r in found
        for name in ("loss", "grad_norm", "held_out_loss")
        if name in r["metrics"]
    }
    assert len(figures) == sum(2 if r["phase"] == "training" else 1 for r in found)
    return figures


@pytest.mark.long
def test_two_processes_make_the_curve_of_one_through_a_stop_and_a_resume(
    tiny: Path, rankings_dir: Path, tmp_path: Path
) -> None:
    config = RewardModelConfig.from_dict(
        {
            "dataset": str(rankings_dir), "model": str(tiny), "device": "cpu", "threads": 1,
            "batch_size": 3, "accumulation": 2, "max_steps": 12, "evaluate_every": 6,
            "checkpoint_every": 4, "learning_rate": 1e-3, "evaluation_prompts": 4,
        }
    )  # fmt: skip
    alone, several = RunDir(tmp_path / "alone"), RunDir(tmp_path / "several")
    for run in (alone, several):
        run.create(config.as_dict())
    result = train_reward_model(alone, config, StopWatch(alone))

    both = two_processes(several)
    wait_for_step(several, 2, both)
    both[1].terminate()  # a signal to one of them, and not to the one that leads
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [75, 75], said
    assert several.state() == "preempted"
    latest = several.latest_checkpoint()
    assert latest is not None
    assert latest.step == max(r["step"] for r in several.read_progress()[0])

    done = with_accelerate(several)
    assert done.returncode == 0, done.stderr
    ended = several.result()
    assert ended is not None
    assert ended["checkpoint"] == result["checkpoint"]
    assert curve(several).keys() == curve(alone).keys()
    for key, value in curve(alone).items():
        assert curve(several)[key] == pytest.approx(value, rel=2e-4, abs=1e-5), key
    ends = [run.checkpoints()[-1].path / "adapter_model.safetensors" for run in (alone, several)]
    ours, theirs = map(load_file, ends)
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], atol=2e-4, rtol=0)
    assert not list(several.path.glob("**/.*writing*"))


@pytest.mark.long
def test_two_processes_sample_reward_and_learn_as_one(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    """Each writes and learns from its share of the responses, which are those of one process."""
    config = PpoConfig.from_dict(
        {
            "dataset": str(pairs_dir), "model": str(tiny), "device": "cpu", "threads": 1,
            "rules": "length(target=4)=1", "batch_size": 5, "n": 2, "max_new_tokens": 8,
            "max_steps": 4, "evaluate_every": 2, "evaluation_prompts": 4, "update_epochs": 2,
            "minibatches": 2, "accumulation": 1, "learning_rate": 1e-3, "samples": 1,
        }
    )  # fmt: skip
    alone, several = RunDir(tmp_path / "alone"), RunDir(tmp_path / "several")
    for run in (alone, several):
        run.create(config.as_dict())
    train_ppo(alone, config, StopWatch(alone))
    both = two_processes(several, "training.trainers.ppo")
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    ours, theirs = (rewarded_curve(run) for run in (several, alone))
    assert ours.keys() == theirs.keys()
    assert {step for step, _ in theirs} == {0, 1, 2, 3, 4}
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, rel=1e-3, abs=1e-4), key


def rewarded_curve(run: RunDir) -> dict[tuple[int, str], float]:
    names = ("reward", "kl", "length", "policy_loss", "value_loss", "held_out_reward")
    return {
        (record["step"], name): record["metrics"][name]
        for record in run.read_progress()[0]
        for name in names
        if name in record["metrics"]
    }


def test_every_example_is_somebodys() -> None:
    batch = list(range(7))
    shares = [Processes(rank, 3).share(batch) for rank in range(3)]
    assert shares == [[0, 3, 6], [1, 4], [2, 5]]
    assert Processes().share(batch) == batch


def test_one_process_alone_changes_nothing() -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.tensor([1.0, 2.0])
    with together() as processes:
        processes.sum_gradients([parameter])
        assert processes.sum_figures({"loss": 2.0}) == {"loss": 2.0}
        assert processes.largest(1) == 1
        assert processes.leads
    assert parameter.grad.tolist() == [1.0, 2.0]


def test_who_does_not_lead_writes_nothing_but_an_error(tmp_path: Path) -> None:
    leader, follower = RunDir(tmp_path), FollowedRun(tmp_path)
    leader.append_progress({"step": 1})
    follower.append_progress({"step": 1})
    follower.append_samples({"step": 1})
    follower.truncate_to(None)
    follower.write_result({"state": "done"})
    follower.create({})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["progress.jsonl"]
    assert len(leader.read_progress()[0]) == 1
    follower.write_error("The memory of this one ran out.")
    assert leader.error() == "The memory of this one ran out."


def test_sharded_training_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    assert main(EvaluateConfig, lambda *_: {}, [str(tmp_path), "--dataset", "d"]) == 1
    assert "FSDP is not supported: choose plain data parallelism" in capsys.readouterr().err
