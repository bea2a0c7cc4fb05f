"""The strengths of the things of many tasks at once, given what is known of the labelers.

Laplace's approximation: the strengths that fit best under s ~ N(0, 1), by Newton's method on all
tasks together, and the inverse curvature there as their covariance. Who the labelers are is
`crowd_comparisons`' business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.rao_kupper import slopes

Perceive = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""From differences (n, 1) to what is perceived of them and its derivative, both (n, 1)."""

TOLERANCE = 1e-7


@dataclass(frozen=True)
class Answers:
    """Comparisons (n,) of places ``first`` and ``second`` in tasks 0..T-1, what each counts, and
    the cut and lapse of who said it; ``guess`` as in `rao_kupper`."""

    task: IntArray
    first: IntArray
    second: IntArray
    said: IntArray
    weight: FloatArray
    cut: FloatArray
    lapse: FloatArray
    guess: FloatArray


def strengths_of(
    found: Answers, perceive: Perceive, *, start: FloatArray | None = None, steps: int = 30
) -> tuple[FloatArray, FloatArray]:
    """Strengths (T, K) and their covariances (T, K, K).

    K is the highest place plus one; a place that a task has not keeps the prior, 0 and 1.
    """
    tasks, k = int(found.task.max()) + 1, int(found.second.max()) + 1
    at_i, at_j = found.task * k + found.first, found.task * k + found.second
    strength = np.zeros(tasks * k) if start is None else start.reshape(-1)
    for _ in range(steps):
        d = (strength[at_i] - strength[at_j])[:, None]
        x, by_d = perceive(d)
        moves = slopes(found.said, x, found.cut, found.lapse, found.guess)
        pull = found.weight * (moves.x * by_d)[:, 0]
        bend = -found.weight * (moves.xx * by_d * by_d)[:, 0]
        pulled = np.bincount(at_i, pull, tasks * k) - np.bincount(at_j, pull, tasks * k)
        gradient = pulled - strength
        curvature = _curvature(found, bend, tasks, k)
        step = np.linalg.solve(curvature, gradient.reshape(tasks, k, 1)).reshape(-1)
        strength = strength + np.clip(step, -1.0, 1.0)
        if float(np.abs(step).max()) < TOLERANCE:
            break
    # What is not known of who guessed is information that is missing.
    unseen = ((1 - moves.looked) / np.maximum(moves.looked, 1e-9))[:, 0]
    missing = found.weight * (moves.x * by_d)[:, 0] ** 2 * unseen
    curvature = _curvature(found, np.maximum(bend - missing, 0.0), tasks, k)
    covariance = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
    return strength.reshape(tasks, k), covariance


def _curvature(found: Answers, bend: FloatArray, tasks: int, k: int) -> FloatArray:
    """The negative second derivatives (T, K, K), the prior's identity included."""
    size = tasks * k * k
    base = found.task * k * k
    total = np.bincount(base + found.first * (k + 1), bend, size)
    total += np.bincount(base + found.second * (k + 1), bend, size)
    total -= np.bincount(base + found.first * k + found.second, bend, size)
    total -= np.bincount(base + found.second * k + found.first, bend, size)
    curvature: FloatArray = total.reshape(tasks, k, k) + np.eye(k)
    return curvature
