"""The front of several rewards: what each point reaches, what nothing beats, and which to take.

Arrays only. A point is a policy; rewards are means over the responses to the same prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.trainers.config_fields import ConfigError
from training.trainers.data.labelled_prompts import DataError
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

Floats = NDArray[np.float64]


def undominated(values: Floats) -> list[bool]:
    """Of points [P, C], each the means of C rewards, whether no other point beats it.

    Another beats it that is at least as good in every reward and better in one.
    """
    as_good = (values[:, None, :] >= values[None, :, :]).all(axis=2)
    better = (values[:, None, :] > values[None, :, :]).any(axis=2)
    beaten = np.logical_and(as_good, better).any(axis=0)
    free: list[bool] = np.logical_not(beaten).tolist()
    return free


def with_interval(values: Sequence[float], prompts: Sequence[str], seed: int) -> dict[str, float]:
    """The mean of values with its 95% interval over prompts; ``prompts`` names each value's."""
    given = np.asarray(values, dtype=np.float64)
    drawn = PromptBootstrap(prompts, seed=seed)
    value, low, high = drawn.ratio(given, np.ones_like(given), shares=False)
    return {"value": value, "low": low, "high": high}


def deviations(rewards: Mapping[str, Sequence[float]]) -> Floats:
    """The standard deviation of each criterion's rewards [C], by which they are compared.

    Raises DataError for a criterion that gives all responses the same.
    """
    found = np.array([np.std(np.asarray(values, dtype=np.float64)) for values in rewards.values()])
    for name, deviation in zip(rewards, found.tolist(), strict=True):
        if not deviation > 0:
            raise DataError(
                f"The criterion {name} gives every response the same reward, so it tells no mixture"
                " from another: take a reward model that has learned, or more prompts."
            )
    return found


def together(values: Floats, scales: Floats, shares: Sequence[float]) -> list[float]:
    """One number per point [P]: sum_c share_c r_c / scale_c over the criteria of [P, C]."""
    summed: list[float] = (values / scales @ np.asarray(shares, dtype=np.float64)).tolist()
    return summed


def shares_of(given: Mapping[str, float], criteria: Sequence[str]) -> list[float]:
    """How much each criterion counts: as ``given``, else all alike.

    Raises ConfigError for a criterion that is not there.
    """
    missing = [name for name in given if name not in criteria]
    if missing:
        raise ConfigError(
            f"head_weights names {', '.join(missing)}, and the reward models have"
            f" {', '.join(criteria)}: correct it."
        )
    return [given.get(name, 0.0) if given else 1 / len(criteria) for name in criteria]
