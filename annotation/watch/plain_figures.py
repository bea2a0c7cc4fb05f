"""Statistics about labelers as plain values that JSON holds: rounded, ids instead of places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from annotation.stats.bootstrap import IntArray
from annotation.stats.difficulty import Rasch
from annotation.stats.falling import Share
from annotation.stats.ongoing import Path
from annotation.stats.signals import Signal

_MOST_STEPS = 200


def plain_share(share: Share) -> dict[str, Any]:
    """A share with its interval."""
    return {name: _short(value) for name, value in asdict(share).items()}


def _short(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def plain_corrected(fitted: Rasch | None, code: int) -> dict[str, Any]:
    """The difficulty-corrected accuracy of the labeler with that number."""
    if fitted is None or code not in fitted.labelers:
        return {"value": None, "low": None, "high": None}
    row = int(np.searchsorted(fitted.labelers, code))
    return {
        "value": _short(fitted.accuracy[row]),
        "low": _short(fitted.low[row]),
        "high": _short(fitted.high[row]),
    }


def plain_path(path: Path) -> dict[str, Any]:
    """The evidence against somebody, step by step; at most some 200 of the steps."""
    steps = np.arange(len(path.score))
    every = max(1, len(steps) // _MOST_STEPS)
    kept = np.unique(np.concatenate([steps[::every], steps[-1:]]))
    return {
        "points": list(
            map(list, zip((kept + 1).tolist(), path.score[kept].round(3).tolist(), strict=True))
        ),
        "threshold": round(path.threshold, 3),
        "good": None if np.isnan(path.good) else round(path.good, 4),
        "crossed": path.crossed,
    }


def plain_signal(signal: Signal, ids: Sequence[int] | IntArray) -> dict[str, Any]:
    """A signal as plain values, its rows as judgments."""
    found = asdict(signal)
    rows = found.pop("rows")
    counts = {k: round(v, 4) if isinstance(v, float) else v for k, v in signal.counts.items()}
    kept: dict[str, Any] = {
        **{name: _short(found[name]) for name in ("value", "low", "high", "usual")},
        "counts": counts,
        "examples": list(signal.examples),
        "judgments": [int(ids[row]) for row in rows],
    }
    return {**found, **kept}
