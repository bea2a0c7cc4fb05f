"""How much more reward one run's policy gets than another's, on the same held-out prompts.

What both answered at their last evaluation (`RUN/evaluations/step-N.jsonl`) is compared prompt by
prompt, where both were judged alike; by the unseen reward too, where both name the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from training.durable_files import read_lines
from training.models import Run
from training.run_report import is_number, number_text
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

JUDGES = {
    "reward": ("reward_model", "reward_model_weight", "head_weights", "rules", "reward_function"),
    "unseen_reward": ("unseen_reward_model",),
}
"""Rewards of an answer, and the settings that must agree for them to be comparable."""

FEWEST_PROMPTS = 2


@dataclass(frozen=True)
class RewardDifference:
    """The mean difference to the first run, with its interval over prompts. ``judge`` is a reward
    of `JUDGES`."""

    run: Run
    judge: str
    value: float
    low: float
    high: float
    prompts: int

    @property
    def text(self) -> str:
        """The difference with its sign."""
        return f"{'+' if self.value >= 0 else ''}{number_text(self.value)}"

    @property
    def interval(self) -> str:
        """The interval as people read it."""
        return f"{number_text(self.low)} – {number_text(self.high)}"

    @property
    def is_unseen(self) -> bool:
        """Whether a reward model judged that nothing was learned from."""
        return self.judge == "unseen_reward"

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def differences(first: Run, other: Run) -> list[RewardDifference]:
    """By each judge that both have in common; none where prompts or judges differ."""
    before, after = _last_answers(first), _last_answers(other)
    shared = [prompt for prompt in before if prompt in after]
    found = []
    for judge, settings in JUDGES.items():
        if any(first.config.get(name) != other.config.get(name) for name in settings):
            continue
        gains = [
            (prompt, after[prompt][judge] - before[prompt][judge])
            for prompt in shared
            if is_number(before[prompt].get(judge)) and is_number(after[prompt].get(judge))
        ]
        if len(gains) >= FEWEST_PROMPTS:
            gained = np.array([gain for _prompt, gain in gains], dtype=np.float64)
            draws = PromptBootstrap([prompt for prompt, _gain in gains])
            value, low, high = draws.ratio(gained, np.ones(len(gained)), shares=False)
            found.append(RewardDifference(other, judge, value, low, high, len(gains)))
    return found


def _last_answers(run: Run) -> dict[str, dict[str, Any]]:
    """By prompt what the run answered at its last evaluation."""
    files = sorted((run.path / "evaluations").glob("step-*.jsonl"))
    lines = read_lines(files[-1], 0)[0] if files else []
    return {str(line["prompt"]): line for line in lines if "prompt" in line}
