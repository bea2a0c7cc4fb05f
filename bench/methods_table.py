"""The rows of the bench of methods: what each method reached at equal KL, seed by seed.

Pure: points of sweeps in, rows out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.equal_kl import Reading, Spread, read_at, spread_of

Point = Mapping[str, float]
Curve = Sequence[Point]
"""The points of one seed, the policy that the method starts from among them."""

LEVELS = (0.5, 2.0, 5.0)
"""Nats from the base at which methods are compared; the middle one is a row's own figure."""

LOST = {
    "text_loss": "loss on held-out text",
    "skill": "sorted right",
    "calibration_error": "calibration error",
}


@dataclass(frozen=True)
class Row:
    """A method's figure with what stands beside it."""

    name: str
    truth: Spread
    detail: str


def row_of(
    name: str, title: str, curves: Sequence[Curve], before: Sequence[Point], level: float
) -> Row:
    """A method's row; ``curves`` and ``before``, what the base is like, are by seed."""
    at = {kl: [read(curve, "truth", kl) for curve in curves] for kl in (level, *LEVELS)}
    here = at[level]
    truth = spread_of([one.value for one in here])
    kl = spread_of([one.kl for one in here]).mean
    parts = [
        f"{title}: planted_truth {_interval(truth)} at kl {kl:.2f}{_short(here, level)}",
        *(
            f"at kl {spread_of([one.kl for one in found]).mean:.2f}"
            f" {_interval(spread_of([one.value for one in found]))}{_short(found, other)}"
            for other, found in at.items()
            if other != level
        ),
        _beside("reward", "learned reward", curves, before, level),
        *(_beside(figure, words, curves, before, level) for figure, words in LOST.items()),
        "points of the first seed (kl: truth) "
        + ", ".join(f"{p['kl']:.2f}: {p['truth']:.2f}" for p in curves[0]),
    ]
    return Row(name, truth, "; ".join(filter(None, parts)) + f"; seeds: {len(curves)}")


def read(curve: Curve, figure: str, kl: float) -> Reading:
    """A figure of a curve at a KL."""
    return read_at([(point["kl"], point[figure]) for point in curve], kl)


def _beside(
    figure: str, words: str, curves: Sequence[Curve], before: Sequence[Point], level: float
) -> str:
    """Another figure where the truth is read, and what it was of the base."""
    if any(figure not in point for curve in curves for point in curve):
        return ""
    found = spread_of([read(curve, figure, level).value for curve in curves])
    base = spread_of([point[figure] for point in before]).mean
    return f"{words} {found.mean:.3f} (before {base:.3f})"


def _interval(spread: Spread) -> str:
    return f"{spread.mean:.2f} (95% {spread.low:.2f} to {spread.high:.2f})"


def _short(found: Sequence[Reading], level: float) -> str:
    """A word of warning where a sweep does not come to the level on every seed."""
    missing = sum(not one.reached for one in found)
    if not missing:
        return ""
    return f" ({missing} of {len(found)} seeds have no point on both sides of {level:g})"
