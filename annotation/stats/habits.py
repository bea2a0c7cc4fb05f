"""Habits of labelers in choosing: how fast, which place on screen, how uniform, how long a text.

Arrays of answers in, one `Signal` per habit out. What they mean is for people to judge; what is
written in words is the business of `written_habits`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, bdtrik, ndtr

from annotation.stats.bootstrap import FloatArray, IntArray, wilson_interval
from annotation.stats.signals import MOST_ROWS, Signal, nothing

LEAST = 10
"""Fewer answers than this say nothing about a habit."""

SKIMMING, SKIMMING_DENSE = 70.0, 25.0
"""Characters a second: three times what adults read silently (238 words of some six letters a
minute: Brysbaert 2019; some 500 characters of Japanese), which nobody does who reads."""

LONGEST_READING = 60.0
"""A long text may be left off once the matter is clear."""

_RARE = 1e-4
"""What happens to one honest labeler in ten thousand is worth a look."""


def time_to_skim(letters: int, dense: int) -> float:
    """Seconds in which a text cannot even be skimmed; ``dense`` letters are Chinese or kana."""
    return min(LONGEST_READING, letters / SKIMMING + dense / SKIMMING_DENSE)


def speed(seconds: FloatArray, others: FloatArray, skim: FloatArray) -> Signal:
    """How long somebody takes, as a ratio to what others took for the same items.

    ``seconds``, ``others`` (median of the others, nan where nobody else), ``skim`` (n,). The value
    is the median ratio, its interval the order statistics of the binomial (distribution-free).
    Raised where the interval ends below a third, or a tenth of the answers came faster than the
    text can be skimmed (and surely more than a twentieth).
    """
    known = np.isfinite(seconds)
    n = int(known.sum())
    if n < LEAST:
        return nothing("speed", n)
    fast = known & (seconds < skim)
    share, least_share = fast.sum() / n, wilson_interval(float(fast.sum()), n)[0] or 0.0
    ratios = np.sort((seconds / others)[known & np.isfinite(others) & (others > 0)])
    value = low = high = None
    if len(ratios) >= LEAST:
        value = float(np.median(ratios))
        edge = _fair_quantile(0.025, len(ratios))
        low, high = float(ratios[max(edge - 1, 0)]), float(ratios[-max(edge, 1)])
    slow = high is not None and high < 1 / 3
    order = np.argsort(np.where(fast, seconds - skim, np.inf))[: int(min(fast.sum(), MOST_ROWS))]
    return Signal(
        name="speed",
        value=value,
        low=low,
        high=high,
        n=n,
        usual=1.0,
        raised=bool(slow or (share >= 0.1 and least_share > 0.05)),
        counts={
            "median_seconds": float(np.median(seconds[known])),
            "unread": int(fast.sum()),
            "unread_share": float(share),
        },
        rows=order.tolist(),
    )


def _fair_quantile(share: float, n: int) -> int:
    """The least count of heads in `n` fair throws up to which that share of probability lies."""
    count: int = max(math.ceil(bdtrik(share, n, 0.5)), 0)
    return count - 1 if count and bdtr(count - 1, n, 0.5) >= share else count


def position(place: IntArray, places: IntArray) -> Signal:
    """How often what stood first on screen was preferred.

    ``place`` (n,) of the preferred thing on screen (0 is first), ``places`` (n,) how many there
    were. The order is drawn for each labeler, so chance is ``mean 1 / places``; Wilson's interval.
    Raised where the exact binomial probability of a share as far from chance is below 1 in 10,000
    and the share is at least 10 points away.
    """
    n = len(place)
    if n < LEAST:
        return nothing("position", n)
    first = place == 0
    chance = float((1 / places).mean())
    share = float(first.mean())
    low, high = wilson_interval(float(first.sum()), n)
    # scipy.stats says the same, but every process would hold 35 MB for it.
    tail = min(bdtr(first.sum(), n, chance), bdtrc(first.sum() - 1, n, chance))
    favoured = first if share > chance else ~first
    return Signal(
        name="position",
        value=share,
        low=low,
        high=high,
        n=n,
        usual=chance,
        raised=bool(2 * tail < _RARE and abs(share - chance) >= 0.1),
        counts={"first": int(first.sum())},
        rows=_last(favoured),
    )


def straight_lining(place: IntArray) -> Signal:
    """How often the same place on screen was chosen as the time before, and the longest run.

    ``place`` (n,) in the order of answering. What is usual is ``sum share_k^2`` of the labeler's
    own shares; the interval is Wilson's, and raised asks, beyond it, either that the number of
    changes is as low as in 1 of 10,000 (normal approximation of the runs test of Wald and Wolfowitz
    1940, for any number of places) or a run as improbable as that.
    """
    n = len(place)
    if n < 2 * LEAST:
        return nothing("straight_lining", n)
    same = place[1:] == place[:-1]
    shares = np.bincount(place) / n
    # Of somebody who only ever chose one place nothing is known about what chance would do.
    usual = float((shares**2).sum()) if shares.max() < 1 else None
    low, high = wilson_interval(float(same.sum()), n - 1)
    edges = np.flatnonzero(np.concatenate([[True], ~same, [True]]))
    runs = np.diff(edges)
    longest = int(runs.max())
    start = int(edges[runs.argmax()])
    if len(runs) == 1:
        # Of one place only nothing is known about shares; two fair ones are kind to it.
        odds = 0.5 ** (n - 1)
    else:
        # A run of r begins at any of n places: at most n sum share^r by the union bound.
        odds = min(n * float((shares**longest).sum()), _odds_of_so_few_runs(place, len(runs)))
    return Signal(
        name="straight_lining",
        value=float(same.mean()),
        low=low,
        high=high,
        n=n - 1,
        usual=usual,
        raised=bool(odds < _RARE),
        counts={"longest_run": longest},
        rows=list(range(start, start + longest))[-MOST_ROWS:],
    )


def _odds_of_so_few_runs(place: IntArray, runs: int) -> float:
    """P(at most so many runs) for k kinds in random order (Barton and David 1957, normal)."""
    counts = np.bincount(place).astype(np.float64)
    counts = counts[counts > 0]
    n = counts.sum()
    squares, cubes = (counts**2).sum(), (counts**3).sum()
    mean = n + 1 - squares / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (n**2 * (n - 1))
    if variance <= 0:
        return 1.0
    return float(ndtr((runs + 0.5 - mean) / math.sqrt(variance)))


def length(longer: NDArray[np.bool_], others: FloatArray) -> Signal:
    """How often the longer text was preferred, beside how often others did on the same items.

    ``longer`` (n,): whether it was, of comparisons whose texts differ by a tenth; ``others`` (n,):
    the share of the others who did, nan where there are none. Wilson's interval. Raised where
    the labeler lies at least 15 points from the others on shared items with an interval of the
    difference (normal) that leaves out 5 points, or beyond 9 in 10 surely with nobody to compare.
    """
    n = len(longer)
    if n < LEAST:
        return nothing("length", n)
    share = float(longer.mean())
    low, high = wilson_interval(float(longer.sum()), n)
    shared = np.isfinite(others)
    usual, difference, raised = None, None, bool((low or 0) > 0.9 or (high or 1) < 0.1)
    if shared.sum() >= LEAST:
        usual = float(others[shared].mean())
        apart = longer[shared] - others[shared]
        difference = float(apart.mean())
        error = float(apart.std(ddof=1) / math.sqrt(shared.sum()))
        raised = abs(difference) >= 0.15 and abs(difference) - 1.96 * error > 0.05
    favoured = longer if share > (0.5 if usual is None else usual) else ~longer
    return Signal(
        name="length",
        value=share,
        low=low,
        high=high,
        n=n,
        usual=usual,
        raised=bool(raised),
        counts={"difference": difference, "shared": int(shared.sum())},
        rows=_last(favoured),
    )


def undecided(tied: NDArray[np.bool_], others: FloatArray) -> Signal:
    """How often somebody decides nothing, beside the others on the same comparisons.

    ``tied`` (n,): whether they called it a tie; ``others`` (n,): the share of the others who did,
    nan where there are none. Ties are neutral everywhere else, so this alone sees who always
    ties. Raised at 25 points above the others and surely 10 above.
    """
    shared = np.isfinite(others)
    n = len(tied)
    if n < LEAST or not shared.any():
        return nothing("undecided", n)
    share, usual = float(tied.mean()), float(others[shared].mean())
    low, high = wilson_interval(float(tied.sum()), n)
    return Signal(
        name="undecided",
        value=share,
        low=low,
        high=high,
        n=n,
        usual=usual,
        raised=bool(share - usual >= 0.25 and (low or 0.0) - usual > 0.1),
        rows=_last(tied),
    )


def _last(chosen: NDArray[np.bool_]) -> list[int]:
    """The last answers of a kind."""
    rows: list[int] = np.flatnonzero(chosen)[-MOST_ROWS:].tolist()
    return rows
