"""What a step of PPO showed before it learned, over all processes, and how long its phases took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from torch import Tensor

from training.trainers.loop.processes import Processes
from training.trainers.reinforcement.experience import Part, ReadPart


class Clock:
    """Seconds of each phase, from one lap to the next."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self.laps: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """The phase ends here."""
        now = time.monotonic()
        self.laps[f"seconds_{phase}"] = now - self._last
        self._last = now

    def total(self) -> float:
        """Seconds since the beginning; never 0."""
        return max(time.monotonic() - self._began, 1e-9)


def sampled_figures(
    parts: Sequence[Part],
    rewards: Tensor,
    by_name: Mapping[str, Tensor],
    read: Sequence[ReadPart | None],
    processes: Processes,
) -> dict[str, float]:
    """Means over responses (entropy: over tokens), the spread of rewards, and counts.

    ``kl`` is the mean log-ratio to the reference of whole responses; ``entropy`` the mean surprise
    at what was drawn, which is the policy's entropy on average.
    """
    answers = [answer for part in parts for group in part.answers for answer in group]
    found = [part for part in read if part is not None]
    squares = rewards.double().square()
    sums = {
        "responses": float(len(answers)),
        "tokens": float(sum(len(answer.tokens) for answer in answers)),
        "reward": float(rewards.double().sum()),
        "squares": float(squares.sum()),
        "kl": float(sum(part.log_ratio.double().sum() for part in found)),
        "entropy": -float(sum(part.logps.double().sum() for part in found)),
        "finished": float(sum(answer.finished for answer in answers)),
        "empty": float(sum(not answer.text for answer in answers)),
        **{f"reward/{name}": float(values.double().sum()) for name, values in by_name.items()},
    }
    sums = processes.sum_figures(sums)
    responses, tokens = sums.pop("responses"), sums.pop("tokens")
    means = {name: value / responses for name, value in sums.items()}
    means["entropy"] = sums["entropy"] / tokens
    variance = max(0.0, means.pop("squares") - means["reward"] ** 2)
    return means | {
        "reward_deviation": variance**0.5,
        "length": tokens / responses,
        "responses": responses,
        "tokens": tokens,
    }
