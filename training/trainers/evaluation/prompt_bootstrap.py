"""Intervals over prompts: whole prompts are drawn again, since items of one prompt hang together.

The draws are made once and used for every figure of a report. Arrays only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

Floats = NDArray[np.float64]
Interval = tuple[float, float]

MOST_KEPT = 5_000_000
"""Draws times prompts that are kept in memory (40 MB); beyond that they are drawn again."""

MOST_DRAWN, FEWEST = 40_000_000, 200
"""Draws times prompts at most: with very many prompts there are fewer draws, 200 at least."""

CHUNK = 100


class PromptBootstrap:
    """Draws of the prompts behind N items; ``clusters`` names the prompt of each item.

    Intervals are percentiles, expanded for few prompts by Student's t (Hesterberg 2015, "What
    Teachers Should Know About the Bootstrap"): plain percentiles are too narrow there.
    """

    def __init__(
        self,
        clusters: Sequence[str],
        *,
        resamples: int = 2000,
        seed: int = 0,
        level: float = 0.95,
    ) -> None:
        names, place = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
        self.place: NDArray[np.intp] = place
        self.prompts = len(names)
        self.resamples = min(resamples, max(FEWEST, MOST_DRAWN // self.prompts))
        self.seed, self.level = seed, level
        self._kept: list[Floats] = []

    def sums(self, columns: Floats) -> tuple[Floats, Floats]:
        """Sums of [N, C] columns over the prompts: [C] as they are and [resamples, C] as drawn."""
        by_prompt = np.zeros((self.prompts, columns.shape[1]))
        np.add.at(by_prompt, self.place, columns)
        return by_prompt.sum(0), np.concatenate([draws @ by_prompt for draws in self._draws()])

    def ratios(
        self, over: Floats, under: Floats, *, shares: bool = True
    ) -> list[tuple[float, float, float]]:
        """sum(over) / sum(under) with its interval, for each of G columns of [N, G] arrays.

        A column of ``under`` that is 0 for an item leaves the item out; draws in which nothing of a
        column is left do not count. Where all prompts of ``shares`` say the same, the interval is
        Wilson's for as many prompts: draws would claim to be certain.
        """
        found, drawn = self.sums(np.concatenate([over, under], axis=1))
        groups = over.shape[1]
        results = []
        for g in range(groups):
            with np.errstate(invalid="ignore", divide="ignore"):
                values = drawn[:, g] / drawn[:, groups + g]
            value = float(found[g] / found[groups + g])
            prompts = len(np.unique(self.place[under[:, g] != 0]))
            low, high = self.percentiles(values, prompts)
            if shares and math.isclose(low, high, abs_tol=1e-12):
                low, high = wilson(value, prompts, self.level)
            results.append((value, low, high))
        return results

    def ratio(
        self, over: Floats, under: Floats, *, shares: bool = True
    ) -> tuple[float, float, float]:
        """The same for single columns [N]."""
        return self.ratios(over[:, None], under[:, None], shares=shares)[0]

    def percentiles(self, values: Floats, prompts: int) -> Interval:
        """The interval that drawn ``values`` of a figure over so many prompts span."""
        known = values[np.isfinite(values)]
        if not len(known):
            return float("nan"), float("nan")
        tail = (1 - self.level) / 2
        if prompts > 1:
            tail = float(ndtr(np.sqrt(prompts / (prompts - 1)) * stdtrit(prompts - 1, tail)))
        low, high = np.quantile(known, [tail, 1 - tail])
        return float(low), float(high)

    def _draws(self) -> Iterator[Floats]:
        """How often each prompt is drawn, [some resamples, prompts] at a time."""
        if self._kept:
            yield from self._kept
            return
        rng = np.random.default_rng(self.seed)
        keep = self.resamples * self.prompts <= MOST_KEPT
        kept: list[Floats] = []
        for start in range(0, self.resamples, CHUNK):
            size = min(CHUNK, self.resamples - start)
            drawn = rng.integers(self.prompts, size=(size, self.prompts))
            flat = (drawn + self.prompts * np.arange(size)[:, None]).ravel()
            counts = np.bincount(flat, minlength=size * self.prompts)
            draws = counts.reshape(size, self.prompts).astype(np.float64)
            if keep:
                kept.append(draws)
            yield draws
        self._kept = kept


def wilson(share: float, count: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share of ``count`` independent items (Wilson 1927)."""
    z = float(ndtri(1 - (1 - level) / 2))
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
