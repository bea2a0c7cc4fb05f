"""PPO by processes: two that train as one, and one that is killed or told to stop in each phase."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file
from torch.testing import assert_close

from config.addresses import free_port_or_given
from tests.training.trainers.reinforcement.ppo_fixture import configured, settings
from tests.training.trainers.test_exact_resume import assert_equal, end_of
from training.run_dir import RunDir
from training.trainers.loop.command_line import StopWatch
from training.trainers.ppo import train_ppo

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]
ROOT = Path(__file__).resolve().parents[3]

WHITEN = """
import sys, torch
import torch.distributed as dist
from training.trainers.loop.processes import together
from training.trainers.reinforcement.ppo_math import length_mask, whiten
values = torch.randn(6, 5, generator=torch.Generator().manual_seed(0)).double()
mask = length_mask(torch.tensor([5, 1, 3, 2, 5, 4]))
whole = whiten(values, mask)
with together() as processes:
    part = slice(0, 2) if processes.leads else slice(2, 6)
    own = whiten(values[part], mask[part], summed=processes.summed)
    assert processes.count == 2
    assert torch.allclose(own, whole[part], atol=1e-12), (own, whole[part])
"""

CUT = """
import os, signal, sys
from training.trainers import ppo
from training.trainers.configs import PpoConfig
from training.trainers.loop.command_line import main
from training.trainers.reinforcement import learner
from training.trainers.reinforcement.updates import Updates
from training.trainers.rewards.reward_sources import RewardSources
phase, number, at = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
holder, name = {
    "generate": (ppo, "sample_parts"), "score": (RewardSources, "score"),
    "learn": (Updates, "_step"), "checkpoint": (learner, "save_critic"),
}[phase]
call, calls = getattr(holder, name), []
def cut(*given, **named):
    calls.append(1)
    if len(calls) == at:
        os.kill(os.getpid(), number)
    return call(*given, **named)
setattr(holder, name, cut)
sys.exit(main(PpoConfig, ppo.train_ppo, [sys.argv[1]]))
"""


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""} | more


def two_processes(*command: str) -> list[str]:
    """Run a command twice, as torchrun would; what each said on standard error."""
    port = str(free_port_or_given("127.0.0.1", 0))
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    both = [
        subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(RANK=rank, LOCAL_RANK=rank, **shared),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    return said


def test_line_11_two_gloo_processes_whiten_as_one() -> None:
    two_processes("-c", WHITEN)


def test_two_processes_learn_what_one_does(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    config = settings(
        pairs_dir, tiny, batch_size=6, minibatches=2, accumulation=2, max_steps=3, device="cpu",
        kl_control="adaptive", reward_normalisation="moments", ptx_coefficient=0.2,
        ptx_data=str(pairs_dir), ptx_batch_size=3, evaluate_every=2,
    )  # fmt: skip
    alone = configured(tmp_path / "alone", config)
    several = configured(tmp_path / "several", config)
    train_ppo(alone, config, StopWatch(alone))
    two_processes("-m", "training.trainers.ppo", str(several.path))
    ours, theirs = (
        [r["metrics"] for r in run.read_progress()[0] if r["phase"] == "training"]
        for run in (alone, several)
    )
    for one, other in zip(ours, theirs, strict=True):
        for name in ("reward", "kl", "entropy", "policy_loss", "value_loss", "ptx_loss",
                     "advantage_deviation", "kl_coefficient", "grad_norm"):  # fmt: skip
            assert other[name] == pytest.approx(one[name], rel=1e-3, abs=1e-4), name
    for file in ("adapter_model.safetensors", "critic.safetensors"):
        weights = [load_file(run.checkpoints()[-1].path / file) for run in (alone, several)]
        for name, weight in weights[0].items():
            assert_close(weight, weights[1][name], atol=1e-3, rtol=0)


@pytest.mark.parametrize("number", [9, 15], ids=["kill", "term"])
@pytest.mark.parametrize(
    ("phase", "at"), [("generate", 4), ("score", 5), ("learn", 10), ("checkpoint", 2)]
)
def test_a_process_that_is_ended_in_any_phase_leaves_a_run_that_goes_on(
    phase: str, at: int, number: int, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    config = settings(pairs_dir, tiny, max_steps=3, update_epochs=4)
    whole, run = (configured(tmp_path / name, config) for name in ("whole", "run"))
    train_ppo(whole, config, StopWatch(whole))
    ended = subprocess.run(
        [sys.executable, "-c", CUT, str(run.path), phase, str(number), str(at)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ended.returncode == (-9 if number == 9 else 75), ended.stderr
    assert run.state() == ("dead" if number == 9 else "preempted")
    assert run.latest_checkpoint() is not None
    fresh = RunDir(run.path)
    assert train_ppo(fresh, config, StopWatch(fresh))["state"] == "done"
    # Generators that nothing draws from begin differently in every process.
    ends = [end_of(one) for one in (whole, fresh)]
    for end in ends:
        del end["python"], end["numpy"]
    assert_equal(*ends)
