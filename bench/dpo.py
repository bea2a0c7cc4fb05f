"""DPO on pairs with SmolLM2-135M, beside TRL's DPOTrainer: seconds per step, losses, memory.

`./run bench dpo [--steps 6] [--pairs 4] [--device cpu]`. Each side is a process of its own and they
take turns, a step each; reference log-probabilities are computed beforehand on both sides. The
first step of each is not timed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.contract import progress, report
from bench.dpo_side import ROOT, Case

PEER = "TRL DPOTrainer"
FULL_RATE, LORA_RATE = 1e-6, 5e-5


@dataclass(frozen=True)
class Measured:
    """One side's steps: seconds without the first, all losses, the most memory."""

    seconds: list[float]
    losses: list[float]
    peak_mb: float
    reference_seconds: float

    @property
    def step(self) -> float:
        """Seconds per step."""
        return median(self.seconds)


class Side:
    """A process that does a step when it is told to."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self.name, self.process = name, process
        self.about = self._hear()
        self.steps: list[dict[str, Any]] = []

    def step(self) -> None:
        """One step, waited for."""
        print("step", file=self.process.stdin, flush=True)
        self.steps.append(self._hear())

    def measured(self) -> Measured:
        """What its steps were like."""
        return Measured(
            seconds=[step["seconds"] for step in self.steps[1:]],
            losses=[step["loss"] for step in self.steps],
            peak_mb=self.steps[-1]["peak_mb"],
            reference_seconds=self.about["reference_seconds"],
        )

    def _hear(self) -> dict[str, Any]:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise RuntimeError(f"The side {self.name} ended early: its reason stands above.")
        heard: dict[str, Any] = json.loads(line)
        return heard


@contextmanager
def side(name: str, case: Case) -> Iterator[Side]:
    """A side that is ready, and gone at the end."""
    command = [sys.executable, "-m", "bench.dpo_side", name, json.dumps(asdict(case))]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Side(name, process)
        finally:
            if process.stdin:
                process.stdin.close()  # an empty line is no step: it ends
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    """Measure and report."""
    options = _options(sys.argv[1:])
    cases = {
        "step_speedup_vs_trl": _case(options, prompt=256, response=64),
        "step_speedup_vs_trl_short": _case(options, prompt=64, response=128),
        "lora": _case(options, prompt=256, response=64, tuning="lora"),
    }
    found = {name: measure(case) for name, case in cases.items()}
    lora = described(*found["lora"])
    goals = {"step_speedup_vs_trl": 2.0, "step_speedup_vs_trl_short": 1.3}
    for name, goal in goals.items():
        ours, theirs = found[name]
        detail = described(ours, theirs)
        report(
            name,
            ours=theirs.step / ours.step,
            unit="times as fast per step",
            goal=goal,
            detail=f"{detail}; with LoRA {lora}" if name == "step_speedup_vs_trl" else detail,
        )
    full = [found[name] for name in goals]
    worst = max(full, key=lambda sides: sides[0].peak_mb / sides[1].peak_mb)
    report(
        "memory_ratio_vs_trl",
        ours=worst[0].peak_mb / worst[1].peak_mb,
        unit="of the peak memory",
        goal="<= 1",
        higher_is_better=False,
        detail="the larger of both lengths; "
        + ", ".join(f"{o.peak_mb:.0f} against {t.peak_mb:.0f} MB" for o, t in full),
    )
    report(
        "loss_max_abs_diff",
        ours=max(apart(*sides) for sides in full),
        unit="nats",
        goal="<= 1e-4",
        higher_is_better=False,
        detail=f"over {options.steps} steps of both lengths, losses from {full[0][0].losses[0]:.6f}"
        f" to {full[0][0].losses[-1]:.4f}; with LoRA {apart(*found['lora']):.2g}",
    )


def measure(case: Case) -> tuple[Measured, Measured]:
    """Ours and TRL's, taking turns; who goes first alternates."""
    progress(f"{case.tuning}, prompt {case.prompt}, response {case.response}: preparing")
    with ExitStack() as stack:
        # One after the other, so that neither slows the other's loading down.
        sides = [stack.enter_context(side(name, case)) for name in ("ours", "trl")]
        for number in range(case.steps):
            for one in sides if number % 2 == 0 else reversed(sides):
                one.step()
            times = ", ".join(f"{one.name} {one.steps[-1]['seconds']:.2f} s" for one in sides)
            progress(f"step {number + 1} of {case.steps}: {times}")
        ours, theirs = (one.measured() for one in sides)
    return ours, theirs


def apart(ours: Measured, theirs: Measured) -> float:
    """The largest difference of losses at the same step."""
    return max(abs(a - b) for a, b in zip(ours.losses, theirs.losses, strict=True))


def described(ours: Measured, theirs: Measured) -> str:
    """Seconds of both, for a figure's detail."""
    return (
        f"{ours.step:.2f} s against {theirs.step:.2f} s of {PEER}"
        f" ({theirs.step / ours.step:.2f} times; reference {ours.reference_seconds:.0f} s against"
        f" {theirs.reference_seconds:.0f} s; {len(ours.seconds)} steps each)"
    )


def _case(options: argparse.Namespace, *, prompt: int, response: int, tuning: str = "full") -> Case:
    return Case(
        prompt=prompt,
        response=response,
        pairs=options.pairs,
        steps=options.steps,
        tuning=tuning,
        learning_rate=LORA_RATE if tuning == "lora" else FULL_RATE,
        device=options.device,
    )


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench dpo")
    parser.add_argument("--steps", type=int, default=6, help="Steps of each case, 2 or more.")
    parser.add_argument("--pairs", type=int, default=4, help="Pairs a step.")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options = parser.parse_args(words)
    if options.steps < 2 or options.pairs < 1:
        parser.error("give 2 steps or more, for the first is not timed, and 1 pair or more")
    return options


if __name__ == "__main__":
    main()
