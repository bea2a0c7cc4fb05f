"""What a policy answered to held-out prompts, and the figures of it. Arrays and plain numbers only.

The start's answers to the same prompts, drawn with the same random numbers, are what gains and win
rates are measured against: a policy that has not moved ties with itself everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.trainers.evaluation.diversity import distinct, repetition
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One response to a held-out prompt, and what was found of it.

    ``logp`` is the sum of its tokens' log-probabilities under the policy; ``kl_k1`` and ``kl_k3``
    are the two estimates of the KL to the start, summed likewise (`kl_estimates`).
    """

    prompt: str
    text: str
    tokens: int
    finished: bool
    reward: float
    rewards: Mapping[str, float]
    unseen_reward: float | None
    logp: float
    kl_k1: float
    kl_k3: float

    def as_line(self) -> dict[str, Any]:
        """As it stands in RUN/evaluations."""
        return asdict(self)


def answer_figures(
    answers: Sequence[Answer], start: Sequence[Answer], *, resamples: int = 2000
) -> dict[str, float]:
    """Flat figures of a policy's answers beside the start's to the same prompts, in that order.

    Intervals (``_low``, ``_high``) are over prompts. ``kl`` is the estimate k1 and ``entropy`` the
    mean of -log p per token, both exact in the mean for responses drawn from the policy itself.
    """
    draws = PromptBootstrap([answer.prompt for answer in answers], resamples=resamples)
    rewards, before = _column(answers, "reward"), _column(start, "reward")
    tokens, one = _column(answers, "tokens"), np.ones(len(answers))
    figures = _mean(draws, "reward", rewards, one)
    for name in answers[0].rewards:
        figures[f"reward/{name}"] = float(np.mean([answer.rewards[name] for answer in answers]))
    figures["reward_deviation"] = float(np.std(rewards)) if np.ptp(rewards) else 0.0
    figures |= _mean(draws, "reward_gain", rewards - before, one)
    figures |= win_rate(rewards, before, draws, "win_rate")
    if answers[0].unseen_reward is not None:
        unseen, unseen_before = (_column(some, "unseen_reward") for some in (answers, start))
        figures |= _mean(draws, "unseen_reward", unseen, one)
        figures |= _mean(draws, "unseen_reward_gain", unseen - unseen_before, one)
        figures |= win_rate(unseen, unseen_before, draws, "unseen_win_rate")
    figures |= _mean(draws, "kl", _column(answers, "kl_k1"), one)
    figures["kl_k3"] = float(np.mean(_column(answers, "kl_k3")))
    figures["sqrt_kl"] = float(np.sqrt(max(0.0, figures["kl"])))
    figures["entropy"] = float(-_column(answers, "logp").sum() / tokens.sum())
    figures["length"] = float(tokens.mean())
    figures["finished"] = float(np.mean(_column(answers, "finished")))
    texts = [answer.text for answer in answers]
    figures["distinct_2"] = distinct(texts, 2) or 0.0
    figures["repetition"] = float(np.mean([repetition(text) for text in texts]))
    return figures


def win_rate(own: Floats, other: Floats, draws: PromptBootstrap, name: str) -> dict[str, float]:
    """How often the first of two rewards [R] is the higher one, ties half, with its interval."""
    wins = (own > other) + 0.5 * (own == other)
    value, low, high = draws.ratio(wins, np.ones(len(wins)))
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _mean(draws: PromptBootstrap, name: str, values: Floats, one: Floats) -> dict[str, float]:
    value, low, high = draws.ratio(values, one, shares=False)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _column(answers: Sequence[Answer], name: str) -> Floats:
    return np.array([getattr(answer, name) for answer in answers], dtype=np.float64)
