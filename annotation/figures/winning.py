"""Which source of responses wins: win rates of every two, and all of them on one scale.

Read from the stored consensus, so that a tie stays a tie; who labeled is not known here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotation.consensus.aggregating import winner
from annotation.models import Consensus, TaskResponse
from annotation.stats.bootstrap import clustered_bootstrap_mean
from annotation.stats.bradley_terry import bradley_terry
from labelers.models import Project

REPLICATES = 1000


@dataclass(frozen=True)
class WinRate:
    """How often `source_a` wins against `source_b` in consensus comparisons.

    ``rate`` counts a tie as half; ``low`` and ``high`` are a 95% bootstrap interval over prompts.
    """

    source_a: str
    source_b: str
    wins_a: int
    wins_b: int
    ties: int
    rate: float
    low: float | None
    high: float | None


def win_rates(project: Project) -> list[WinRate]:
    """Every two sources that were compared, from the stored consensus."""
    sources: dict[int, list[str]] = defaultdict(list)
    placed = (
        TaskResponse.objects.filter(task__project=project, task__consensus__isnull=False)
        .order_by("task", "position")
        .values_list("task_id", "response__source__name")
    )
    for task, source in placed.iterator(chunk_size=10_000):
        sources[task].append(source)
    scores: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    rows = Consensus.objects.filter(task__project=project).values_list(
        "task_id", "task__prompt_id", "comparisons"
    )
    for task, prompt, comparisons in rows.iterator(chunk_size=2000):
        for comparison in comparisons:
            # The bar of being good enough stands behind the responses and has no source.
            if not comparison["n"] or comparison["j"] >= len(sources[task]):
                continue
            first, second = (sources[task][comparison[key]] for key in ("i", "j"))
            if first == second:
                continue
            best = winner(comparison)
            score = 0.5 if best is None else float(best == comparison["i"])
            key = (first, second) if first < second else (second, first)
            scores[key].append((score if key == (first, second) else 1 - score, prompt))
    return [_win_rate(*pair, found) for pair, found in sorted(scores.items())]


def _win_rate(first: str, second: str, found: list[tuple[float, int]]) -> WinRate:
    points = np.array([score for score, _prompt in found])
    prompts = np.array([prompt for _score, prompt in found])
    low, high = clustered_bootstrap_mean(points, prompts, replicates=REPLICATES)
    return WinRate(
        source_a=first,
        source_b=second,
        wins_a=int((points == 1).sum()),
        wins_b=int((points == 0).sum()),
        ties=int((points == 0.5).sum()),
        rate=float(points.mean()),
        low=low,
        high=high,
    )


def strengths_of(rates: list[WinRate]) -> list[dict[str, Any]]:
    """One scale for three or more sources: Bradley-Terry strengths, strongest first.

    In log odds around a mean of 0, with 95% intervals; one virtual tie between every two sources
    keeps a source that never lost finite. Empty for fewer than three sources.
    """
    names = sorted({name for rate in rates for name in (rate.source_a, rate.source_b)})
    if len(names) < 3:
        return []
    rows = [
        (names.index(rate.source_a), names.index(rate.source_b), outcome, count)
        for rate in rates
        for outcome, count in ((1.0, rate.wins_a), (0.0, rate.wins_b), (0.5, rate.ties))
        if count
    ]
    first, second, outcomes, counts = (np.array(column) for column in zip(*rows, strict=True))
    fitted = bradley_terry(first, second, outcomes, weights=counts, prior=1.0)
    found = [
        {
            "source": names[int(place)],
            "strength": float(strength),
            "low": float(strength - 1.96 * error),
            "high": float(strength + 1.96 * error),
        }
        for place, strength, error in zip(
            fitted.ids, fitted.strength, fitted.standard_error, strict=True
        )
    ]
    return sorted(found, key=lambda row: -row["strength"])
