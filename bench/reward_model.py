"""K-way reward training on rankings of four, beside unshared rows and TRL's RewardTrainer.

`./run bench reward_model [FOLDER]` measures seconds per epoch and memory with SmolLM2-135M on
planted rankings (prompts of about 256 tokens, responses of about 64), held-out accuracy on planted
truth with a small model, and both again on the real answers of `finegrained_rlhf_qa` in FOLDER (or
ACCORD_DATA); `--on` and `--only` pick a part, of which speed on real answers takes longest. Every
way runs in a process of its own, one after the other in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from bench.contract import progress, report
from bench.ranked_answers import write_planted, write_real
from training.trainers.configs import DEFAULT_MODEL
from training.trainers.data.labelled_prompts import read_texts
from training.trainers.models.default_model import default_model
from training.trainers.models.tiny_model import make_tiny_model

WAYS = ("kway", "unshared", "trl")
NAMES = {"kway": "Accord K-way", "unshared": "Accord, a row per response", "trl": "TRL on pairs"}
SET = "finegrained_rlhf_qa"
EPOCH = 1000
"""Prompts of the epoch whose seconds are extrapolated."""

Measured = dict[str, dict[str, Any]]


def main() -> None:
    """Measure and report."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="rankings-") as folder:
        if given.on != "real":
            if given.only != "accuracy":
                _planted_speed(Path(folder), given)
            if given.only != "speed":
                _planted_accuracy(Path(folder), given)
        source = _real_folder(given.folder)
        if source is None:
            progress(f"{SET} is left out: name the folder that holds it, or ACCORD_DATA")
        elif given.on != "planted":
            _real(Path(folder), source, given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="reward_model")
    parser.add_argument("folder", nargs="?", default=os.environ.get("ACCORD_DATA", ""))
    parser.add_argument("--on", choices=("both", "planted", "real"), default="both")
    parser.add_argument("--only", choices=("both", "speed", "accuracy"), default="both")
    parser.add_argument("--seeds", type=int, default=5, help="Seeds of the accuracy part.")
    parser.add_argument("--steps", type=int, default=2, help="Steps of TRL that are timed.")
    parser.add_argument("--rounds", type=int, default=2, help="Turns of the timed part.")
    parser.add_argument("--prompts", type=int, default=600, help="Prompts of the accuracy part.")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="The model of the timed part.")
    return parser.parse_args()


def _planted_speed(folder: Path, given: argparse.Namespace) -> None:
    data = write_planted(
        folder / "long", train=64, held_out=0, prompt_words=226, answer_words=63, seed=1
    )
    measured = _timed(data, given)
    _report_speed("kway", measured, goals=(6, 1.8, 1))


def _planted_accuracy(folder: Path, given: argparse.Namespace) -> None:
    pairs = []
    for seed in range(given.seeds):
        data = write_planted(
            folder / f"short-{seed}", train=given.prompts, held_out=given.prompts // 2,
            prompt_words=24, answer_words=16, seed=100 + seed,
        )  # fmt: skip
        pairs.append(_learned(data, seed, epochs=2.0))
    _report_accuracy("kway", pairs, goal=-0.01)


def _real(folder: Path, source: Path, given: argparse.Namespace) -> None:
    data = [
        write_real(source, folder / f"real-{seed}", held_out=125, seed=seed)
        for seed in range(given.seeds)
    ]
    if given.only != "accuracy":
        _report_speed("finegrained", _timed(data[0], given), goals=None)
    if given.only != "speed":
        pairs = [_learned(each, seed, epochs=3.0) for seed, each in enumerate(data)]
        _report_accuracy("finegrained", pairs, goal=None)


def _timed(data: Path, given: argparse.Namespace) -> Measured:
    """Median seconds per prompt and peak memory of each way, in turns."""
    model = str(default_model()) if given.model == DEFAULT_MODEL else given.model
    found: Measured = {way: {"seconds": [], "peak_mb": 0.0} for way in WAYS}
    for turn in range(given.rounds):
        for way in WAYS:
            # The first step is a warm-up; quick ways take more of them.
            steps = 1 + given.steps * (1 if way == "trl" else 3)
            progress(f"turn {turn + 1}: {NAMES[way]}, {steps} steps")
            said = _process(way, data, model, seed=turn, steps=steps, batch_size=2)
            found[way]["seconds"] += [s / said["prompts_per_step"] for s in said["seconds"]]
            found[way]["peak_mb"] = max(found[way]["peak_mb"], said["peak_mb"])
    for way in WAYS:
        found[way]["per_prompt"] = float(np.median(found[way]["seconds"]))
    return found


def _learned(data: Path, seed: int, *, epochs: float) -> tuple[float, float]:
    """Held-out accuracy of a small model trained K-way, and on the same pairs flattened."""
    model = make_tiny_model(
        data.parent / f"{data.name}-model", read_texts(data), hidden_size=64, layers=2, seed=seed
    )
    accuracy = []
    for way in ("kway", "trl"):
        progress(f"{data.name}: {NAMES[way]}")
        said = _process(
            way, data, str(model), seed=seed, epochs=epochs, batch_size=8, judge=True,
            learning_rate=2e-3,
        )  # fmt: skip
        accuracy.append(float(np.mean(said["right"])))
    return accuracy[0], accuracy[1]


def _process(way: str, data: Path, model: str, **task: Any) -> dict[str, Any]:
    """What one way measures in a process of its own."""
    defaults = {
        "learning_rate": 1e-5, "epochs": 1.0, "steps": 0, "judge": False, "max_length": 2048,
        "threads": 0,
    }  # fmt: skip
    words = json.dumps(defaults | task | {"data": str(data), "model": model})
    command = [sys.executable, "-m", "bench.reward_ways", way, words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{NAMES[way]} failed:\n{done.stderr[-4000:]}")
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def _report_speed(
    name: str, measured: Measured, *, goals: tuple[float, float, float] | None
) -> None:
    ours, unshared, trl = (measured[way] for way in WAYS)
    steps = ", ".join(f"{NAMES[way]} {len(measured[way]['seconds'])}" for way in WAYS)
    table = "; ".join(
        f"{NAMES[way]} {measured[way]['per_prompt'] * EPOCH / 60:.1f} min,"
        f" {measured[way]['peak_mb']:.0f} MB"
        for way in WAYS
    )
    detail = (
        f"an epoch of {EPOCH} prompts extrapolated from the median of steps after a warm-up step"
        f" ({steps}), fp32, every weight trained, 2 prompts a step: {table}"
    )
    for peer, other, goal in (("trl", trl, 0), ("unshared", unshared, 1)):
        report(
            f"{name}_speedup_vs_{peer}",
            ours=other["per_prompt"] / ours["per_prompt"],
            unit="times faster per epoch",
            goal=goals[goal] if goals else None,
            detail=detail,
        )
    report(
        f"{name}_memory_ratio_vs_trl",
        ours=ours["peak_mb"] / trl["peak_mb"],
        unit="resident peak, share of TRL's",
        goal=goals[2] if goals else None,
        higher_is_better=False,
        detail="up to the last step, before anything is saved; TRL takes the six pairs of one"
        " prompt in a forward pass, activations kept",
    )


def _report_accuracy(name: str, pairs: list[tuple[float, float]], *, goal: float | None) -> None:
    kway, trl = (np.array(side) for side in zip(*pairs, strict=True))
    gain = kway - trl
    reach = 0.0
    if len(gain) > 1:
        deviation = float(gain.std(ddof=1)) / len(gain) ** 0.5
        reach = float(student.ppf(0.975, len(gain) - 1)) * deviation
    report(
        f"{name}_accuracy_gain_low",
        ours=float(gain.mean()) - reach,
        unit="share right, lower end of the 95% interval of the difference to TRL",
        goal=goal,
        detail=f"{len(gain)} seeds, a small model; mean {gain.mean():+.4f};"
        f" K-way {kway.mean():.3f}, TRL on pairs {trl.mean():.3f}; by seed "
        + ", ".join(f"{each:+.4f}" for each in gain),
    )


def _real_folder(given: str) -> Path | None:
    folders = [Path(given).expanduser(), Path(given).expanduser() / SET] if given else []
    return next((f for f in folders if (f / "dev_feedback.json").is_file()), None)


if __name__ == "__main__":
    main()
