"""What PPO gains: runs on a rule and on a learned reward model, measured on held-out prompts."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from bench.contract import progress, report
from bench.ppo_curve import Curve, curve_of, write_curves
from bench.ppo_files import planted_pairs, questions, write_jsonl
from bench.ppo_trl import ALPHA, RANK
from bench.trainer_runs import run_trainer

WORDS = 25
"""Words of the answer that the rule rewards most."""

MOST_KL = 20.0
"""Nats per response within which a run must stay."""


def adapters(model: str, threads: int) -> dict[str, Any]:
    """What all runs of the benchmark share: adapters in fp32 on the CPU, few checkpoints."""
    return {
        "model": model, "device": "cpu", "precision": "fp32", "threads": threads,
        "evaluate_every": 0, "checkpoint_every": 10**6, "lora_rank": RANK, "lora_alpha": ALPHA,
    }  # fmt: skip


def report_gain(folder: Path, given: argparse.Namespace) -> None:
    """Held-out reward and KL of runs on a rule and on a learned reward model, seed by seed."""
    place = folder / "gain"
    write_jsonl(place / "prompts" / "train.jsonl", questions(given.questions, seed=1))
    write_jsonl(place / "prompts" / "test.jsonl", questions(given.held_out, seed=2))
    pairs = write_jsonl(place / "pairs.jsonl", planted_pairs(given.pairs, seed=3))
    progress("gain: a reward model of planted comparisons")
    judge = run_trainer(
        "reward_model",
        place / "judge",
        adapters(given.model, given.threads)
        | {"dataset": pairs, "freeze_fraction": 0.5, "seed": 4},
    )
    rewards: dict[str, dict[str, Any]] = {
        "rule": {"rules": f"length(target={WORDS})=1"},
        "learned": {"reward_model": judge.run.path},
    }
    runs = [(name, seed) for name in rewards for seed in range(given.seeds)]
    # Two runs of one thread each get further than one run of two threads after the other.
    with ThreadPoolExecutor(given.workers) as pool:
        gained = partial(_gained, place, rewards, given)
        curves = list(pool.map(gained, *zip(*runs, strict=True)))
    if given.curve:
        write_curves(Path(given.curve), curves)
    for name in rewards:
        own = [curve for curve in curves if curve.name == name]
        report(
            "reward_gain" if name == "learned" else f"reward_gain_{name}",
            ours=min(curve.gain for curve in own),
            unit="deviations of the start's rewards, the smallest over seeds",
            goal=">= 0.5",
            detail="; ".join(curve.described() for curve in own),
        )
    report(
        "kl",
        ours=max(curve.last.kl for curve in curves),
        unit="nats per response at the end, the largest over seeds",
        goal=f"<= {MOST_KL:g}",
        higher_is_better=False,
        detail=", ".join(f"{curve.name} {curve.last.kl:.2f}" for curve in curves),
    )


def _gained(
    place: Path,
    rewards: dict[str, dict[str, Any]],
    given: argparse.Namespace,
    name: str,
    seed: int,
) -> Curve:
    progress(f"gain: {name}, seed {seed}, for at most {given.minutes:g} minutes")
    ran = run_trainer(
        "ppo",
        place / f"{name}-{seed}",
        adapters(given.model, max(1, given.threads // given.workers))
        | {
            "prompts_file": place / "prompts", "seed": seed, "batch_size": 8, "n": 2,
            "max_steps": given.gain_steps, "epochs": 1000, "max_new_tokens": 48,
            "update_epochs": 2, "minibatches": 2, "accumulation": 1, "learning_rate": 2e-4,
            "critic_learning_rate": 1e-3, "kl_coefficient": 0.02, "kl_budget": MOST_KL,
            "evaluate_every": given.evaluate_every, "evaluation_prompts": 0,
        }
        | rewards[name],
        minutes=given.minutes,
    )  # fmt: skip
    return curve_of(name, seed, ran.metrics("evaluating"), ran.seconds)
