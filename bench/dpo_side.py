"""One side of the benchmark `dpo`, in a process of its own: `... ours|trl`, the case as JSON.

It prepares its run, says so, and then does one optimiser step for every line that it is sent, so
that both sides take turns on the machine. Both get the same tokens, weights, order and rate.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.trainers.data.batch_plan import BatchPlan

ROOT = Path(__file__).resolve().parents[1]
SIDES = {"ours": "bench.dpo_ours", "trl": "bench.dpo_trl"}
BETA, RANK, SEED = 0.1, 16, 0

Pair = tuple[list[int], list[int], list[int]]
"""Prompt, chosen and rejected response as tokens."""


@dataclass(frozen=True)
class Case:
    """What is trained: ``pairs`` a step, for at most ``steps`` steps; lengths are in tokens."""

    prompt: int
    response: int
    pairs: int
    steps: int
    tuning: str
    learning_rate: float
    device: str

    def batches(self) -> list[list[int]]:
        """The numbers of the pairs of every step, as our trainer shuffles them."""
        plan = BatchPlan(
            lengths=(self.prompt + 2 * self.response,) * (self.pairs * self.steps),
            batch_size=self.pairs,
            accumulation=1,
            epochs=1.0,
            max_steps=self.steps,
            seed=SEED,
        )
        return [part for step in range(self.steps) for part in plan.batches(step)]


class Over(Exception):
    """Nobody wants another step."""


class Turns:
    """The line to the benchmark: a step when it is asked for, and what the step was like."""

    def __init__(self, device: str) -> None:
        self._out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print is not for the benchmark
        self._device = device

    def ready(self, **about: Any) -> None:
        """All is prepared."""
        self._say(about)

    def wait(self) -> float:
        """Wait for one's turn; returns when it began."""
        if sys.stdin.readline().strip() != "step":
            raise Over
        return time.perf_counter()

    def done(self, began: float, loss: float) -> None:
        """The step is done."""
        if self._device == "cuda":
            import torch

            torch.cuda.synchronize()
        self._say({"seconds": time.perf_counter() - began, "loss": loss})

    def _say(self, words: dict[str, Any]) -> None:
        print(json.dumps(words | {"peak_mb": self._peak()}), file=self._out, flush=True)

    def _peak(self) -> float:
        if self._device == "cuda":
            import torch

            return torch.cuda.max_memory_allocated() / 2**20
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pairs_of(tokenizer: Any, case: Case) -> list[Pair]:
    """Prompts with the words that follow them and words from elsewhere, out of our own guides."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
    tokens = tokenizer(text)["input_ids"]
    span, count = case.prompt + case.response, case.pairs * case.steps
    stride = (len(tokens) - span) // count
    if stride < case.response:
        raise ValueError("The guides are too short for so many pairs: ask for fewer steps.")
    found = []
    for start in range(0, count * stride, stride):
        other = (start + len(tokens) // 2) % (len(tokens) - case.response)
        parts = [(start, case.prompt), (start + case.prompt, case.response), (other, case.response)]
        prompt, chosen, rejected = (tokens[a : a + n] for a, n in parts)
        found.append((prompt, chosen, rejected))
    return found


def same_adapters(model: Any) -> None:
    """LoRA's first matrices, drawn alike on both sides."""
    import torch

    parameters = {n: p for n, p in model.named_parameters() if ".lora_A." in n}
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for _, weight in sorted(parameters.items()):
            drawn = torch.randn(weight.shape, generator=generator) / weight.shape[1] ** 0.5
            weight.copy_(drawn.to(weight))


def take_part(side: str, case: Case) -> None:
    """Prepare, and do steps until nobody asks for one."""
    turns = Turns(case.device)
    os.environ.update({"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TQDM_DISABLE": "1"})
    warnings.simplefilter("ignore", FutureWarning)  # libraries among themselves
    with tempfile.TemporaryDirectory(prefix="accord-bench-") as folder:
        try:
            importlib.import_module(SIDES[side]).train(case, Path(folder), turns)
        except Over:
            return


if __name__ == "__main__":
    # By its name, so that what it raises is what the sides know.
    importlib.import_module("bench.dpo_side").take_part(
        sys.argv[1], Case(**json.loads(sys.argv[2]))
    )
