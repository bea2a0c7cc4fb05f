"""The figures of a project: agreement, each labeler against gold and the others, win rates.

The statistics are `annotation.stats`; this module reads the judgments they are about. Every
answer is read as comparisons between two responses, so that all kinds share the same figures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np
from django.utils.translation import gettext
from numpy.typing import NDArray

from annotation import label_matrix, wording
from annotation.aggregating import winner
from annotation.grading import Grade, grade_judgment
from annotation.label_matrix import TIE, LabelMatrix
from annotation.models import Consensus, Judgment, TaskResponse
from annotation.stats.agreement import (
    Coefficient,
    Resampling,
    krippendorff_alpha,
    percent_agreement,
)
from annotation.stats.bootstrap import clustered_bootstrap_mean, wilson_interval
from annotation.stats.bradley_terry import bradley_terry
from annotation.stats.dawid_skene import one_coin
from labelers.models import Person, Project

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


def quality_of(project: Project) -> dict[str, Any]:
    """Every figure of the quality page."""
    matrix = label_matrix.read(project)
    rates = win_rates(project)
    return {
        "judgments": matrix.judgments,
        "tasks": matrix.tasks,
        "agreement": agreement_of(matrix),
        "labelers": labelers_of(project, matrix),
        "consensus": consensus_of(project),
        "win_rates": [asdict(rate) for rate in rates],
        "strengths": strengths_of(rates),
    }


def agreement_of(matrix: LabelMatrix) -> list[dict[str, Any]]:
    """Percent agreement and Krippendorff's alpha (nominal) over comparisons.

    A unit is a pair of responses of a task; what was said of it is first, second or tie.
    """
    if not len(matrix.unit):
        nothing = Coefficient("", None, None, None, 0, 0, str(wording.NO_JUDGMENTS))
        return [_in_words(name, nothing) for name in wording.COEFFICIENTS]
    arrays = (matrix.unit, matrix.labeler, matrix.said)
    resampling = Resampling(replicates=REPLICATES)
    found = {
        "percent": percent_agreement(*arrays, resampling=resampling),
        "alpha": krippendorff_alpha(*arrays, resampling=resampling),
    }
    return [_in_words(name, coefficient) for name, coefficient in found.items()]


def _in_words(name: str, coefficient: Coefficient) -> dict[str, Any]:
    return {
        **asdict(coefficient),
        "name": name,
        "title": str(wording.COEFFICIENTS[name]),
        "reason": coefficient.reason and gettext(coefficient.reason),
    }


def labelers_of(project: Project, matrix: LabelMatrix) -> list[dict[str, Any]]:
    """Each labeler's count, speed, agreement with gold and with the others, and accuracy."""
    gold = _against_gold(project)
    others = _against_others(matrix)
    accuracy = _accuracy(matrix)
    seconds: dict[int, list[float]] = defaultdict(list)
    counts: dict[int, int] = defaultdict(int)
    rows = Judgment.objects.filter(
        task__project=project, is_current=True, person__isnull=False
    ).values_list("person_id", "seconds")
    for person, spent in rows:
        counts[person] += 1
        if spent is not None:
            seconds[person].append(spent)
    people = Person.objects.filter(pk__in=counts).order_by("username")
    return [
        {
            "name": person.username,
            "pseudonym": person.pseudonym,
            "judgments": counts[person.pk],
            "median_seconds": median(seconds[person.pk]) if seconds[person.pk] else None,
            "gold": _share(*gold.get(person.pk, (0, 0))),
            "others": _share(*others.get(f"p:{person.pk}", (0, 0))),
            "accuracy": accuracy.get(f"p:{person.pk}"),
        }
        for person in people
    ]


def _share(right: int, n: int) -> dict[str, Any]:
    low, high = wilson_interval(right, n)
    return {"right": right, "n": n, "value": right / n if n else None, "low": low, "high": high}


def _against_gold(project: Project) -> dict[int, tuple[int, int]]:
    """By person: comparisons right and comparisons judged, of gold tasks; ties are neutral."""
    judgments = Judgment.objects.filter(
        task__project=project, is_current=True, standing=Judgment.Standing.GOLD
    ).select_related("task__gold")
    tallies: dict[int, Grade] = defaultdict(Grade)
    for judgment in judgments.iterator(chunk_size=2000):
        tallies[judgment.person_id] += grade_judgment(judgment)
    return {person: (score.right, score.judged) for person, score in tallies.items()}


def _against_others(matrix: LabelMatrix) -> dict[str, tuple[int, int]]:
    """By labeler: pairings with another's answer about the same pair that agree, and all of them.

    Ties of either side are left out, as in the comparison with gold.
    """
    decided = matrix.said != TIE
    if not decided.any():
        return {}
    unit, labeler, said = (a[decided] for a in (matrix.unit, matrix.labeler, matrix.said))
    votes = np.zeros((int(unit.max()) + 1, 2), dtype=np.int64)
    np.add.at(votes, (unit, said), 1)
    same = votes[unit, said] - 1
    others = votes[unit].sum(axis=1) - 1
    size = len(matrix.labelers)
    agreeing: NDArray[np.float64] = np.bincount(labeler, weights=same, minlength=size)
    pairings: NDArray[np.float64] = np.bincount(labeler, weights=others, minlength=size)
    return {
        name: (int(agreeing[index]), int(pairings[index]))
        for index, name in enumerate(matrix.labelers)
    }


def _accuracy(matrix: LabelMatrix) -> dict[str, dict[str, float]]:
    """By labeler: how often they are right, estimated without gold from all answers together.

    The one-coin model over comparisons that two or more labelers decided; with a single answer
    per comparison there is nothing to estimate from.
    """
    decided = matrix.said != TIE
    shared = (
        decided & (np.bincount(matrix.unit[decided], minlength=_units(matrix)) > 1)[matrix.unit]
    )
    if not shared.any():
        return {}
    found = one_coin(matrix.unit[shared], matrix.labeler[shared], matrix.said[shared])
    columns = zip(
        found.labelers, found.accuracy, found.accuracy_low, found.accuracy_high, strict=True
    )
    return {
        matrix.labelers[labeler]: {"value": float(a), "low": float(low), "high": float(high)}
        for labeler, a, low, high in columns
    }


def _units(matrix: LabelMatrix) -> int:
    return int(matrix.unit.max()) + 1 if len(matrix.unit) else 0


def consensus_of(project: Project) -> dict[str, int]:
    """How many comparisons the consensus decides, how many it leaves tied, and its cycles."""
    tasks = decided = ties = cycles = 0
    rows = Consensus.objects.filter(task__project=project).values_list("comparisons", "ranks")
    for comparisons, ranks in rows.iterator(chunk_size=2000):
        tasks += 1
        winners = [winner(comparison) for comparison in comparisons if comparison["n"]]
        decided += sum(best is not None for best in winners)
        ties += winners.count(None)
        # Where some were never compared (best of several) there is no order to be missed.
        cycles += ranks is None and len(winners) == len(comparisons)
    return {"tasks": tasks, "decided": decided, "ties": ties, "cycles": cycles}


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
