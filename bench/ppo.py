"""PPO with SmolLM2-135M beside TRL 1.12's PPOTrainer, its memory, and what it gains at which KL.

`./run bench ppo [--only speed,memory,gain] [--curve FOLDER] [--peer PYTHON] [sizes]`.
Speed: both train adapters with the same prompts, batch, lengths and passes, each in its own
process, in turns; TRL 1.12 comes from PyPI into a throw-away environment (`--peer` names a Python
that has it). Memory: the peak of PPO (policy, reference, critic and reward model) against that of
fine-tuning adapters on rows as long. Gain: runs on a rule and on a learned reward model, over seeds
and stopped after `--minutes`; `--curve` writes them as an SVG and a table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from bench import throwaway
from bench.contract import progress, report
from bench.environments import beside_accord
from bench.ppo_files import guide_rows, write_jsonl
from bench.ppo_gain import adapters, report_gain
from bench.ppo_trl import Case
from bench.trainer_runs import ROOT, run_trainer
from training.trainers.configs import DEFAULT_MODEL

PEER = "TRL 1.12 PPOTrainer"
PACKAGES = ("trl==1.12.0",)
PARTS = ("speed", "memory", "gain")
PHASES = ("generate", "score", "learn")
RATE = 3e-5


def main() -> None:
    """Measure and report."""
    given = _options(sys.argv[1:])
    with throwaway.folder() as folder:
        if "speed" in given.only:
            report_speed(folder, given)
        if "memory" in given.only:
            report_memory(folder, given)
        if "gain" in given.only:
            report_gain(folder, given)


def report_speed(folder: Path, given: argparse.Namespace) -> None:
    """Samples per second of both, for several responses to a prompt and for one."""
    python = Path(given.peer) if given.peer else beside_accord(folder, PACKAGES)
    judge = _judge(folder / "speed", given)
    sizes = {
        "samples_speedup_vs_trl": (given.prompts, given.n),
        "samples_speedup_vs_trl_single": (given.prompts * given.n, 1),
    }
    for name, (batch, n) in sizes.items():
        place = folder / name
        prompts = _guide_prompts(place, given, batch * given.steps)
        case = Case(
            model=given.model, reward_model=str(judge), prompts=str(prompts), batch=batch, n=n,
            response=given.response, steps=given.steps, epochs=given.epochs, tuning=given.tuning,
            learning_rate=RATE, threads=given.threads,
        )  # fmt: skip
        progress(f"{name}: Accord")
        ours = accord_steps(case, place / "run")
        progress(f"{name}: {PEER}")
        theirs = trl_steps(case, python)
        report(**report_of(name, case, ours, theirs))


def report_of(
    name: str, case: Case, ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]]
) -> dict[str, Any]:
    """The figure of one case; the first step of each side is not timed."""
    rates = [case.batch * case.n / _seconds(side) for side in (ours, theirs)]
    return {
        "name": name,
        "ours": rates[0],
        "unit": "samples per second",
        "peer": rates[1],
        "peer_name": PEER,
        "goal": "ratio >= 2",
        "detail": f"{case.batch} prompts x {case.n} responses of at most {case.response} tokens,"
        f" {case.epochs} passes, {case.tuning}; ours {described(ours)}; TRL {described(theirs)}",
    }


def described(steps: Sequence[dict[str, float]]) -> str:
    """A side's seconds by phase, its responses' length and its memory, for a figure's detail."""
    phases = ", ".join(
        f"{name} {median(step[f'seconds_{name}'] for step in steps[1:]):.1f} s" for name in PHASES
    )
    length = median(step["length"] for step in steps[1:])
    return f"{phases}, {length:.0f} tokens, {steps[-1]['peak_mb']:.0f} MB"


def accord_steps(case: Case, folder: Path) -> list[dict[str, float]]:
    """What the steps of our trainer took."""
    ran = run_trainer(
        "ppo",
        folder,
        adapters(case.model, case.threads)
        | {
            "prompts_file": case.prompts, "reward_model": case.reward_model, "n": case.n,
            "batch_size": case.batch, "max_steps": case.steps, "epochs": 1000,
            "max_new_tokens": case.response, "update_epochs": case.epochs, "accumulation": 1,
            "tuning": case.tuning, "learning_rate": case.learning_rate,
            "evaluation_prompts": 1, "samples": 0,
        },
    )  # fmt: skip
    return [step | {"peak_mb": ran.peak_mb} for step in ran.metrics("training")]


def trl_steps(case: Case, python: Path) -> list[dict[str, float]]:
    """What the steps of TRL's trainer took."""
    words = [str(python), "-m", "bench.ppo_trl", json.dumps(asdict(case))]
    done = subprocess.run(words, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{PEER} failed: its reason stands above.")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _seconds(steps: Sequence[dict[str, float]]) -> float:
    """Seconds of a step, all phases."""
    return median(sum(step[f"seconds_{name}"] for name in PHASES) for step in steps[1:])


def report_memory(folder: Path, given: argparse.Namespace) -> None:
    """The peak of PPO with adapters against that of fine-tuning with them, at the same rows."""
    judge = _judge(folder / "memory", given)
    rows = given.prompts * given.n
    pairs = _guide_prompts(folder / "memory", given, rows * 3)
    common = adapters(given.model, given.threads) | {
        "dataset": pairs, "batch_size": rows, "max_steps": 2, "epochs": 1000, "samples": 0,
        "evaluation_prompts": 1,
    }  # fmt: skip
    progress("memory: fine-tuning")
    tuned = run_trainer("sft", folder / "sft", common | {"sampled_prompts": 0})
    progress("memory: PPO")
    learned = run_trainer(
        "ppo",
        folder / "ppo",
        common
        | {
            "reward_model": judge, "n": 1, "accumulation": 1, "max_new_tokens": given.response,
            "sampling_batch_size": rows,
        },
    )  # fmt: skip
    report(
        "memory_ratio_vs_lora",
        ours=learned.peak_mb / tuned.peak_mb,
        unit="of the peak memory of LoRA fine-tuning",
        goal="<= 1.5",
        higher_is_better=False,
        detail=f"{learned.peak_mb:.0f} against {tuned.peak_mb:.0f} MB resident, {rows} rows of"
        f" {given.prompt} and at most {given.response} tokens in a forward pass",
    )


def _judge(place: Path, given: argparse.Namespace) -> Path:
    """A reward model of adapters on the policy's own model, hardly trained."""
    pairs = _guide_prompts(place / "judged", given, 16)
    settings = {"dataset": pairs, "max_steps": 1, "batch_size": 2, "evaluation_prompts": 1}
    progress("a reward model on the same base")
    common = adapters(given.model, given.threads)
    return run_trainer("reward_model", place / "judge", common | settings).run.path


def _guide_prompts(place: Path, given: argparse.Namespace, count: int) -> Path:
    """A file of prompts with two responses each; the tokenizer alone is loaded for it."""
    from transformers import AutoTokenizer

    from training.trainers.models.default_model import default_model

    source = str(default_model()) if given.model == DEFAULT_MODEL else given.model
    tokenizer = AutoTokenizer.from_pretrained(source)
    return write_jsonl(
        place / "prompts.jsonl", guide_rows(tokenizer, count, given.prompt, given.response)
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench ppo")
    parser.add_argument("--only", default=",".join(PARTS), help="Parts, with commas.")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--peer", default="", help="A Python that has TRL 1.12.")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of every side.")
    parser.add_argument("--prompts", type=int, default=2, help="Prompts a step.")
    parser.add_argument("--n", type=int, default=4, help="Responses to each.")
    parser.add_argument("--prompt", type=int, default=128, help="Tokens of a prompt.")
    parser.add_argument("--response", type=int, default=64, help="Tokens of a response at most.")
    parser.add_argument("--epochs", type=int, default=4, help="Passes over a step's responses.")
    parser.add_argument("--steps", type=int, default=3, help="Steps of each side, 2 or more.")
    parser.add_argument("--tuning", choices=("lora", "full"), default="lora")
    parser.add_argument("--minutes", type=float, default=20.0, help="Of each run of the gain.")
    parser.add_argument("--seeds", type=int, default=3, help="Runs on each reward.")
    parser.add_argument(
        "--workers", type=int, default=2, help="Runs of the gain at a time, sharing threads."
    )
    parser.add_argument("--gain_steps", type=int, default=30, help="Steps of each of them.")
    parser.add_argument("--evaluate_every", type=int, default=6, help="Steps between points.")
    parser.add_argument("--questions", type=int, default=400, help="Prompts they learn from.")
    parser.add_argument("--held_out", type=int, default=32, help="Held-out prompts.")
    parser.add_argument("--pairs", type=int, default=400, help="Pairs of the learned reward.")
    parser.add_argument("--curve", default="", help="A folder for the curves, as SVG and table.")
    options = parser.parse_args(words)
    options.only = [part.strip() for part in options.only.split(",")]
    if set(options.only) - set(PARTS) or options.steps < 2 or options.workers < 1:
        parser.error(f"--only takes {', '.join(PARTS)}; --steps is 2 or more, --workers 1 or more")
    return options


if __name__ == "__main__":
    main()
