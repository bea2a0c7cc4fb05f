"""Crowds whose truth is known: who is how good, which of two things is better, and what they said.

Graded crowds perceive differences of all sizes with noise; alike ones are right equally often
whatever is compared. Both are drawn here and nowhere fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from annotation.consensus.methods.base import Answers
from annotation.stats.crowd_comparisons import comparisons
from annotation.stats.rao_kupper import FIRST, SECOND, TIE

GOOD, MIDDLING, GUESSING, OPPOSITE = range(4)
MIXED = (0.6, 0.25, 0.1, 0.05)
HOSTILE = (0.5, 0.15, 0.25, 0.1)
CLOSE = 0.35
"""Graded things that differ by less are tied in truth, where there are ties."""


@dataclass(frozen=True)
class Planted:
    """Answers, the truth of every compared pair (U,) as 0 first, 1 second, 2 tie, and what sort
    each labeler is, (L,)."""

    answers: Answers
    truth: NDArray[np.int64]
    sort: NDArray[np.int64]


@dataclass(frozen=True)
class Crowd:
    """How a crowd is drawn: ``tasks`` with ``overlap`` answers each by ``labelers`` of sorts in
    ``shares``."""

    tasks: int = 1000
    overlap: int = 3
    labelers: int = 50
    shares: tuple[float, ...] = MIXED
    ties: bool = True


def graded(seed: int, crowd: Crowd) -> Planted:
    """Two things a task, s ~ N(0, 1); perceived with logistic noise and a tie inside a cut."""
    rng = np.random.default_rng(seed)
    close = CLOSE if crowd.ties else 0.0
    sort = _sorts(rng, crowd)
    slope, cut = _perceiving(rng, sort, close)
    d = rng.normal(size=crowd.tasks) * 2**0.5
    task, who = _shared_out(rng, crowd)
    x = slope[who] * d[task] + rng.logistic(size=len(task))
    said = _sides(x, cut[who])
    return Planted(_pairs(task, who, said, len(sort)), _sides(d, close), sort)


def alike(seed: int, crowd: Crowd) -> Planted:
    """Every comparison is equally hard; who is wrong says either of the other two things."""
    rng = np.random.default_rng(seed)
    values = 3 if crowd.ties else 2
    sort = _sorts(rng, crowd)
    n = len(sort)
    right = np.choose(
        sort, [rng.uniform(0.75, 0.95, n), rng.uniform(0.55, 0.7, n), 1 / values, 0.1]
    )
    truth = rng.choice(3, size=crowd.tasks, p=[0.43, 0.43, 0.14] if crowd.ties else [0.5, 0.5, 0])
    task, who = _shared_out(rng, crowd)
    off = np.where(rng.random(len(task)) < right[who], 0, rng.integers(1, values, len(task)))
    return Planted(_pairs(task, who, (truth[task] + off) % values, n), truth, sort)


def ranked(seed: int, crowd: Crowd, k: int = 4) -> Planted:
    """Rankings of `k` by Plackett and Luce's noise; neighbours inside the cut share a rank."""
    rng = np.random.default_rng(seed)
    close = CLOSE if crowd.ties else 0.0
    sort = _sorts(rng, crowd)
    slope, cut = _perceiving(rng, sort, close)
    s = rng.normal(size=(crowd.tasks, k))
    task, who = _shared_out(rng, crowd)
    seen = slope[who][:, None] * s[task] + rng.gumbel(size=(len(task), k))
    order = np.argsort(-seen, axis=1)
    gaps = -np.diff(np.take_along_axis(seen, order, axis=1), axis=1)
    steps = np.concatenate([np.zeros((len(task), 1)), gaps > cut[who][:, None]], axis=1)
    ranks = np.empty((len(task), k))
    np.put_along_axis(ranks, order, steps.cumsum(axis=1), axis=1)
    pairs = list(combinations(range(k), 2))
    i, j = (np.tile([pair[side] for pair in pairs], len(task)) for side in (0, 1))
    rows = np.repeat(np.arange(len(task)), len(pairs))
    said = _sides(ranks[rows, j] - ranks[rows, i], 0.0)
    found = comparisons(task[rows], i, j, who[rows], said)
    d = s[found.unit_task, found.unit_first] - s[found.unit_task, found.unit_second]
    return Planted(Answers(found, _names(len(sort))), _sides(d, close), sort)


def _sorts(rng: np.random.Generator, crowd: Crowd) -> NDArray[np.int64]:
    return rng.choice(4, size=crowd.labelers, p=crowd.shares)


def _perceiving(
    rng: np.random.Generator, sort: NDArray[np.int64], close: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = len(sort)
    slope = np.choose(sort, [rng.uniform(2, 4, n), rng.uniform(0.6, 1.2, n), 0.0, -2.0])
    cut = np.abs(slope) * close * rng.uniform(0.6, 1.4, n)
    return slope, np.where((sort == GUESSING) & (close > 0), 0.7, cut)


def _shared_out(
    rng: np.random.Generator, crowd: Crowd
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Task and labeler of every answer: each task to different people."""
    lots = rng.random((crowd.tasks, crowd.labelers)).argpartition(crowd.overlap, axis=1)
    return np.repeat(np.arange(crowd.tasks), crowd.overlap), lots[:, : crowd.overlap].ravel()


def _sides(x: NDArray[np.float64], cut: NDArray[np.float64] | float) -> NDArray[np.int64]:
    return np.where(x > cut, FIRST, np.where(x < -np.asarray(cut), SECOND, TIE)).astype(np.int64)


def _pairs(
    task: NDArray[np.int64], who: NDArray[np.int64], said: NDArray[np.int64], labelers: int
) -> Answers:
    zeros = np.zeros_like(task)
    return Answers(comparisons(task, zeros, zeros + 1, who, said), _names(labelers))


def _names(labelers: int) -> list[str]:
    return [f"p:{number}" for number in range(labelers)]


CROWDS: dict[str, Callable[[int], Planted]] = {
    "mixed crowd": lambda seed: graded(seed, Crowd(ties=False)),
    "ties": lambda seed: graded(seed, Crowd()),
    "spammers and adversaries": lambda seed: graded(seed, Crowd(shares=HOSTILE)),
    "few answers per labeler": lambda seed: graded(seed, Crowd(labelers=400)),
    "all equally hard": lambda seed: alike(seed, Crowd()),
    "rankings of four": lambda seed: ranked(seed, Crowd(tasks=500)),
}
"""What `bench.consensus` measures on, by name."""
