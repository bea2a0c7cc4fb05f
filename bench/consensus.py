"""Consensus weighed by reliability on planted truth: accuracy and calibration, beside majority.

Six crowds, twenty seeds of each. A decision is first, second, or neither; undecided counts as
neither. Stated confidence is the posterior of what is decided. crowd-kit's models are measured on
the same answers where that package is installed; nothing of it is used otherwise.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.stats.bootstrap import clustered_bootstrap_mean
from bench.contract import progress, report
from bench.planted_crowds import CROWDS, Crowd, Planted, graded

SEEDS = range(1000, 1020)
"""None of those on which weights and priors of the models were chosen."""

BINS = np.linspace(0.0, 1.0, 11)
OURS, VOTES = "reliability", "majority"
SPEED_COMPARISONS = 100_000

Shares = NDArray[np.float64]


def main() -> None:
    """Measure and report."""
    right: dict[str, dict[str, list[float]]] = {}
    errors: dict[str, dict[str, float]] = {}
    for name, plant in CROWDS.items():
        progress(f"{name}: {len(SEEDS)} seeds")
        right[name], errors[name] = measured([plant(seed) for seed in SEEDS])
    _accuracy(right)
    _calibration(errors)
    _speed()


def measured(planted: list[Planted]) -> tuple[dict[str, list[float]], dict[str, float]]:
    """By method: the share of comparisons decided right by seed, and the calibration error."""
    right: dict[str, list[float]] = {name: [] for name in ways()}
    stated: dict[str, list[tuple[Shares, NDArray[np.bool_]]]] = {name: [] for name in ways()}
    for crowd in planted:
        for name, way in ways().items():
            shares = way(crowd)
            hits = decided(votes_of(crowd) if name == VOTES else shares) == crowd.truth
            right[name].append(float(hits.mean()))
            stated[name].append((shares.max(axis=1), hits))
    return right, {name: calibration(found) for name, found in stated.items()}


def ways() -> dict[str, Callable[[Planted], Shares]]:
    """Every way of making one answer of several that is measured."""
    found: dict[str, Callable[[Planted], Shares]] = {VOTES: majority}
    for name, method in CONSENSUS_METHODS.items():
        if method.fit is not None:
            found[name] = lambda planted, name=name: by_method(planted, name)
    return found | peers()


def by_method(planted: Planted, name: str) -> Shares:
    """The posterior of one of our methods, as a project has it."""
    method = CONSENSUS_METHODS[name]
    assert method.fit is not None
    assert method.posterior is not None
    return method.posterior(planted.answers, method.fit(planted.answers))


def majority(planted: Planted) -> Shares:
    """The rule of succession over votes, as `aggregate` has it."""
    votes = votes_of(planted)
    shares: Shares = (votes + np.array([1, 1, 0])) / (votes.sum(axis=1, keepdims=True) + 2)
    return shares


def votes_of(planted: Planted) -> Shares:
    """How often each was said of every compared pair, (U, 3)."""
    found = planted.answers.comparisons
    units = len(found.unit_task)
    counts = np.bincount(found.unit * 3 + found.said, minlength=units * 3)
    return counts.reshape(units, 3).astype(np.float64)


def decided(counts: Shares) -> NDArray[np.int64]:
    """0 first, 1 second, 2 neither: the side that is ahead of the other and of a tie."""
    first = counts[:, 0] > np.maximum(counts[:, 1], counts[:, 2])
    second = counts[:, 1] > np.maximum(counts[:, 0], counts[:, 2])
    return np.where(first, 0, np.where(second, 1, 2)).astype(np.int64)


def calibration(found: list[tuple[Shares, NDArray[np.bool_]]]) -> float:
    """Expected calibration error of stated confidence in ten bins over all seeds."""
    stated = np.concatenate([part[0] for part in found])
    hits = np.concatenate([part[1] for part in found])
    place = np.clip(np.digitize(stated, BINS) - 1, 0, len(BINS) - 2)
    apart = np.abs(np.bincount(place, stated - hits))
    return float(apart.sum() / len(stated))


def peers() -> Mapping[str, Callable[[Planted], Shares]]:
    """crowd-kit's models, where it is installed."""
    try:
        models = importlib.import_module("crowdkit.aggregation")
        frames = importlib.import_module("pandas")
    except ImportError:
        return {}

    def run(planted: Planted, model: str) -> Shares:
        found = planted.answers.comparisons
        table = frames.DataFrame({"task": found.unit, "worker": found.labeler, "label": found.said})
        proba = getattr(models, model)().fit_predict_proba(table)
        return proba.reindex(columns=range(3), fill_value=0.0).sort_index().to_numpy()

    return {
        f"crowd-kit {model}": lambda planted, model=model: run(planted, model)
        for model in ("DawidSkene", "OneCoinDawidSkene", "GLAD")
    }


def _accuracy(right: dict[str, dict[str, list[float]]]) -> None:
    def mean(way: str) -> float:
        return float(np.mean([np.mean(found[way]) for found in right.values()]))

    gains = np.concatenate(
        [np.array(found[OURS]) - np.array(found[VOTES]) for found in right.values()]
    )
    low, high = clustered_bootstrap_mean(gains, np.arange(len(gains)))
    others = ", ".join(f"{way} {mean(way):.3f}" for way in ways() if way not in (OURS, VOTES))
    by_crowd = ", ".join(
        f"{name} {np.mean(found[OURS]):.3f} against {np.mean(found[VOTES]):.3f}"
        for name, found in right.items()
    )
    report(
        "accuracy_posterior",
        ours=mean(OURS),
        unit="share right",
        goal="ratio > 1",
        peer=mean(VOTES),
        peer_name="majority",
        detail=f"gain {gains.mean():.3f}, 95% {low:.3f} to {high:.3f}; {by_crowd}; {others}",
    )
    report(
        "accuracy_majority",
        ours=mean(VOTES),
        unit="share right",
        goal=None,
        detail=f"{len(SEEDS)} seeds of {len(CROWDS)} crowds",
    )


def _calibration(errors: dict[str, dict[str, float]]) -> None:
    def mean(way: str) -> float:
        return float(np.mean([found[way] for found in errors.values()]))

    by_crowd = ", ".join(f"{name} {found[OURS]:.3f}" for name, found in errors.items())
    others = ", ".join(f"{way} {mean(way):.3f}" for way in ways() if way not in (OURS, VOTES))
    report(
        "calibration_error",
        ours=mean(OURS),
        unit="mean distance of stated confidence from share right",
        goal="<= 0.03",
        peer=mean(VOTES),
        peer_name="majority",
        higher_is_better=False,
        detail=f"{by_crowd}; {others}",
    )


def _speed() -> None:
    tasks = SPEED_COMPARISONS // 3
    planted = graded(0, Crowd(tasks=tasks, labelers=200))
    began = time.perf_counter()
    by_method(planted, OURS)
    report(
        "consensus_100k_seconds",
        ours=time.perf_counter() - began,
        unit="s",
        goal="< 10",
        higher_is_better=False,
        detail="fit and posteriors of 100,000 comparisons by 200 labelers",
    )


if __name__ == "__main__":
    main()
