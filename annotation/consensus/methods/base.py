"""What a consensus method is: how labelers are fitted from all answers, and what that makes of one
task's answers. Reading answers and storing results is `annotation.consensus.aggregating`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.crowd_comparisons import Comparisons
from annotation.stats.crowd_fitting import KNOWN, ORDINARY, TRUSTED

GOLD = "gold"
"""The labeler under whose name known answers take part in a fit."""

ADJUDICATOR = "a:"
"""Stands before the key of a labeler who speaks as an adjudicator: a role of its own, with its own
reliability, whatever the same person is like as a labeler."""

DECIMALS = 6
"""Everything that is kept is rounded, so that the same answers give the same bytes."""


@dataclass(frozen=True)
class Reliabilities:
    """What a method has learned of the labelers of a project; plain values, rounded.

    ``labelers`` maps a labeler's key to ``{"answers", "reliability", "low", "high"}`` and whatever
    the method keeps: ``reliability`` is how often they are right where two things differ and they
    take a side, with its 95% interval; 0.5 is chance. ``shared`` holds what is common to all,
    ``usual`` in it what is held of somebody who was not there.
    """

    method: str
    shared: Mapping[str, Any] = field(default_factory=dict)
    labelers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, key: str) -> Mapping[str, Any]:
        """What is held of the labeler `key`."""
        known = self.labelers.get(key)
        if known is not None:
            return known
        usual: Mapping[str, Any] = self.shared["trusted" if standing_of(key) else "usual"]
        return usual

    def as_dict(self) -> dict[str, Any]:
        """Itself as JSON has it."""
        return {
            "method": self.method,
            "shared": dict(self.shared),
            "labelers": {key: dict(values) for key, values in self.labelers.items()},
        }


@dataclass(frozen=True)
class Answers:
    """All answers to be fitted: comparisons, whose ``labeler`` indexes into ``names``.

    ``symmetric`` is False where things are held against a bar, which the order of two then tells.
    """

    comparisons: Comparisons
    names: Sequence[str]
    symmetric: bool = True

    @property
    def standing(self) -> IntArray:
        """What each labeler is held to be beforehand, (L,)."""
        return np.array([standing_of(name) for name in self.names], dtype=np.int64)

    @property
    def given(self) -> IntArray:
        """How many comparisons each labeler answered, (L,)."""
        counts: IntArray = np.bincount(self.comparisons.labeler, minlength=len(self.names))
        return counts


@dataclass(frozen=True)
class ConsensusMethod:
    """One way of making one answer of several.

    ``fit`` learns the labelers; None where all count the same. ``posterior`` gives P(first is
    better), P(second is), P(tie) of every compared pair, (U, 3), None with ``fit``.
    """

    name: str
    title: str
    description: str
    fit: Callable[[Answers], Reliabilities] | None = None
    posterior: Callable[[Answers, Reliabilities], FloatArray] | None = None


def standing_of(key: str) -> int:
    """What the labeler of this key is held to be beforehand."""
    return KNOWN if key == GOLD else TRUSTED if key.startswith(ADJUDICATOR) else ORDINARY


def rounded(values: NDArray[np.float64] | float) -> Any:
    """Plain rounded numbers."""
    return np.round(np.asarray(values, dtype=np.float64), DECIMALS).tolist()
