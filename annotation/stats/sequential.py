"""Wald's sequential probability ratio test: an exam that ends once the answers have said enough.

Each item adds to the log odds of a good labeler against a poor one; the exam ends where they cross
a threshold. Pass probabilities and lengths are exact sums over (right, n), for items of one
comparison, not simulations. Knows no gold and no person. Source: Wald 1947, Sequential Analysis,
ch. 3; for a fixed length, exact binomials.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from annotation.stats.bootstrap import FloatArray

Verdict = Literal["open", "passed", "failed", "borderline"]

LONGEST_FIXED = 5000
"""A fixed exam of more items than this is no exam any more."""


@dataclass(frozen=True)
class OperatingCharacteristic:
    """What becomes of labelers of each accuracy in one attempt; all arrays of shape (accuracies,).

    ``passed``, ``failed`` and ``borderline`` are probabilities that sum to 1; ``items`` is the
    expected length.
    """

    accuracy: FloatArray
    passed: FloatArray
    failed: FloatArray
    borderline: FloatArray
    items: FloatArray

    def passed_within(self, attempts: int) -> FloatArray:
        """The probability of passing where whoever fails may try again, `attempts` times in all.

        A borderline exam ends the trying: a person decides. Shape (accuracies,).
        """
        if attempts < 1:
            raise ValueError(f"attempts is {attempts}; give at least 1")
        tries: FloatArray = (self.failed[:, None] ** np.arange(attempts)).sum(axis=1)
        return self.passed * tries


@dataclass(frozen=True)
class FixedExam:
    """An exam of ``items`` items that is passed with ``pass_at`` right ones or more."""

    items: int
    pass_at: int


@dataclass(frozen=True)
class SequentialTest:
    """Tells an accuracy of ``good`` from one of ``poor``, both between 0 and 1.

    ``false_pass`` is the wanted chance that a poor labeler passes, ``false_fail`` that a good one
    fails. It ends after ``least`` items at the earliest and ``most`` at the latest.

    Raises:
        ValueError: a number is out of its range; the sentence names it and what to give.
    """

    good: float
    poor: float
    false_pass: float
    false_fail: float
    least: int = 1
    most: int = 500

    def __post_init__(self) -> None:
        _check(self.good, self.poor, self.false_pass, self.false_fail)
        if self.least < 1:
            raise ValueError(f"least is {self.least}; give at least 1")
        if self.most < self.least:
            raise ValueError(f"most is {self.most}; give at least as many as least ({self.least})")

    @cached_property
    def pass_at(self) -> float:
        """Log odds from which on the exam is passed: ``log((1 - false_fail) / false_pass)``."""
        return math.log((1 - self.false_fail) / self.false_pass)

    @cached_property
    def fail_at(self) -> float:
        """Log odds down to which it is failed: ``log(false_fail / (1 - false_pass))``."""
        return math.log(self.false_fail / (1 - self.false_pass))

    def step(self, right: float, judged: float) -> float:
        """The log odds in nats that one item adds, of whose `judged` comparisons `right` are right.

        The C(K, 2) comparisons of a ranking are not independent, for K - 1 of them can settle the
        order. So the item adds the mean per comparison times K - 1, where K is what `judged` would
        be all comparisons of; ties leave it a fraction. An item that decided nothing adds 0.
        """
        if not 0 <= right <= judged:
            raise ValueError(f"{right} right of {judged} judged; give 0 <= right <= judged")
        if judged == 0:
            return 0.0
        effective = (math.sqrt(1 + 8 * judged) - 1) / 2
        share = right / judged
        if_right = math.log(self.good / self.poor)
        if_wrong = math.log((1 - self.good) / (1 - self.poor))
        return effective * (share * if_right + (1 - share) * if_wrong)

    def verdict(self, log_odds: float, items: int) -> Verdict:
        """What to say after `items` items; borderline where `most` were not enough."""
        if items < self.least:
            return "open"
        if log_odds >= self.pass_at:
            return "passed"
        if log_odds <= self.fail_at:
            return "failed"
        return "borderline" if items >= self.most else "open"

    def operating_characteristic(self, accuracies: ArrayLike) -> OperatingCharacteristic:
        """What becomes of labelers who are right with these probabilities, item by item.

        `accuracies` has shape (n,), between 0 and 1. Exact for items of one comparison.
        """
        accuracy = np.atleast_1d(np.asarray(accuracies, dtype=np.float64))
        if accuracy.ndim != 1 or not ((accuracy >= 0) & (accuracy <= 1)).all():
            raise ValueError("accuracies must be one list of numbers between 0 and 1")
        passed, failed, items = (np.zeros(len(accuracy)) for _ in range(3))
        # Probability of having come so far with 0, 1, 2, ... right ones, one row per accuracy.
        alive = np.ones((len(accuracy), 1))
        for n in range(1, self.most + 1):
            items += alive.sum(axis=1)
            alive = _one_more(alive, accuracy)
            right = np.arange(n + 1)
            log_odds = right * self.step(1, 1) + (n - right) * self.step(0, 1)
            if n >= self.least:
                up, down = log_odds >= self.pass_at, log_odds <= self.fail_at
                passed += alive[:, up].sum(axis=1)
                failed += alive[:, down].sum(axis=1)
                alive[:, up | down] = 0.0
        return OperatingCharacteristic(accuracy, passed, failed, alive.sum(axis=1), items)

    def expected_items(self, accuracy: float) -> float:
        """How many items an exam of somebody of this accuracy has on average."""
        return float(self.operating_characteristic([accuracy]).items[0])


def fixed_length_for(good: float, poor: float, false_pass: float, false_fail: float) -> FixedExam:
    """The shortest exam of fixed length with both errors at most as wanted, by exact binomials.

    Raises:
        ValueError: a number is out of range, or more than 5,000 items would be needed.
    """
    _check(good, poor, false_pass, false_fail)
    for n, (by_good, by_poor) in enumerate(_binomials(good, poor), start=1):
        # poor_passes[c] and good_fails[c]: with a cut-off of c right ones, c = 0..n + 1.
        poor_passes = np.append(np.cumsum(by_poor[::-1])[::-1], 0.0)
        good_fails = np.append(0.0, np.cumsum(by_good))
        enough = np.flatnonzero((poor_passes <= false_pass) & (good_fails <= false_fail))
        if len(enough):
            return FixedExam(n, int(enough[0]))
    raise ValueError(
        f"good is {good} and poor {poor}: an exam of fixed length would need more than"
        f" {LONGEST_FIXED} items; set them further apart or allow more errors"
    )


def _binomials(good: float, poor: float) -> Iterator[FloatArray]:
    """The probabilities of 0..n right ones for both, shape (2, n + 1), for n = 1, 2, ..."""
    accuracy = np.array([good, poor])
    rows = np.ones((2, 1))
    for _ in range(LONGEST_FIXED):
        rows = _one_more(rows, accuracy)
        yield rows


def _one_more(rows: FloatArray, accuracy: FloatArray) -> FloatArray:
    """The probabilities of each number of right ones after one more item."""
    longer = np.zeros((len(rows), rows.shape[1] + 1))
    longer[:, 1:] = rows * accuracy[:, None]
    longer[:, :-1] += rows * (1 - accuracy[:, None])
    return longer


def _check(good: float, poor: float, false_pass: float, false_fail: float) -> None:
    for name, value in (("good", good), ("poor", poor)):
        if not 0 < value < 1:
            raise ValueError(
                f"{name} is {value}; give an accuracy between 0 and 1, neither of them"
            )
    if poor >= good:
        raise ValueError(f"poor is {poor}; give less than good ({good})")
    for name, value in (("false_pass", false_pass), ("false_fail", false_fail)):
        if not 0 < value < 0.5:
            raise ValueError(f"{name} is {value}; give an error rate between 0 and 0.5")
