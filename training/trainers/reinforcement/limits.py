"""When PPO is not to go on: a policy that ran away or fell silent, rewards that say nothing.

Each is told in one sentence with the remedy, and the last good checkpoint stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from training.trainers.loop.step_loop import TrainingDivergedError


@dataclass(frozen=True)
class Steady:
    """For how many steps on end every reward was the same ``value``."""

    steps: int = 0
    value: float = 0.0

    def after(self, rewards: Tensor, limit: int) -> Steady:
        """What it is after a step with these rewards [R] of all processes.

        Raises TrainingDivergedError where there were ``limit`` such steps (0: never).
        """
        value = float(rewards[0])
        if not bool((rewards == rewards[0]).all()):
            return Steady()
        found = Steady(self.steps + 1 if value == self.value or not self.steps else 1, value)
        if limit and found.steps >= limit:
            raise TrainingDivergedError(
                f"Every reward of the last {found.steps} steps is {value:g}, from which nothing can"
                " be learned: correct the rewards, or start from a policy that sometimes earns one."
            )
        return found


def check_kl(kl: float, limit: float, step: int) -> None:
    """Refuse to go on from a policy that is too far from where it started."""
    if limit and not kl <= limit:
        raise TrainingDivergedError(
            f"The KL to the start is {kl:.4g} nats per response at step {step}, over kl_limit"
            f" ({limit:g}): raise kl_coefficient or lower learning_rate and start a new run; the"
            " last good checkpoint is kept."
        )


def check_written(figures: dict[str, float], step: int) -> None:
    """Refuse to go on from a policy that answers every prompt with nothing."""
    if figures["empty"] == 1:
        raise TrainingDivergedError(
            f"Every response of step {step + 1} is empty, so nothing can be learned: start from a"
            " policy that writes, or pull it harder towards its start; the last good checkpoint is"
            " kept."
        )
