"""How far the labelers of a project agree: every coefficient, against gold, against researchers.

Every answer is read as comparisons between two responses, so that all kinds share the same figures;
rankings of three and more have those of rankings besides. The statistics are `annotation.stats`;
figures are plain values that know no language (`figure_words` puts them into words).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.figures.gold_grades import GoldGrades
from annotation.figures.label_matrix import TIE, UNASKED, LabelMatrix, Rankings
from annotation.figures.label_rows import Ints
from annotation.stats.agreement import (
    Coefficient,
    Resampling,
    fleiss_kappa,
    gwet_ac1,
    kendall_tau_b,
    kendall_w,
    krippendorff_alpha,
    percent_agreement,
)
from annotation.stats.bootstrap import bootstrap_ratio
from annotation.stats.coefficient import codes
from annotation.stats.labeler_pairs import mean_cohen_kappa, pairs_of
from annotation.stats.same_answers import pooled, same_as_others

REPLICATES = 1000

NO_JUDGMENTS = "There are no judgments yet."
NO_STRENGTHS = "Nobody was asked how much better a response is."
NO_RANKINGS = "No answer puts three or more responses in order."
NO_GOLD = "No answer to a gold item could be compared yet."
NO_RESEARCHERS = "No researcher of this project has labeled what others labeled, too."

NAMES = (
    *("percent", "alpha", "fleiss", "cohen", "gwet", "comparisons"),
    *("alpha_strength", "alpha_rank", "tau_b", "w"),
)
"""What `coefficients_of` gives, in this order."""

MATRIX_LABELERS = 60
MOST_PAIRS = 20_000

Figure = dict[str, Any]


def coefficients_of(matrix: LabelMatrix, *, replicates: int = REPLICATES) -> list[Figure]:
    """Every coefficient with its 95% interval, in the order of NAMES.

    A unit is a pair of responses of a task, and what was said of it is first, second or tie; the
    bootstrap draws whole tasks. ``chance`` is what percent agreement would be if everybody guessed
    as often as all together say each.
    """
    if not len(matrix.unit):
        return [figure_of(name, _nothing(NO_JUDGMENTS)) for name in NAMES]
    resampling = Resampling(replicates=replicates)
    found = {
        **_of_comparisons(matrix, resampling),
        "alpha_strength": _alpha_over_strengths(matrix, resampling),
        **_of_rankings(matrix.rankings, resampling),
    }
    figures = [figure_of(name, found[name]) for name in NAMES]
    figures[NAMES.index("percent")]["chance"] = _chance(matrix.said)
    figures[NAMES.index("comparisons")]["chance"] = _chance(matrix.said[matrix.said != TIE])
    return figures


def figure_of(name: str, coefficient: Coefficient) -> Figure:
    """A coefficient as plain values under our own name for it."""
    return {**asdict(coefficient), "name": name}


def clusters_of(matrix: LabelMatrix) -> Ints | None:
    """What the bootstrap draws whole: the tasks, None where each has a single pair."""
    if not len(matrix.unit_task):
        return matrix.task
    return matrix.task if np.bincount(matrix.unit_task).max() > 1 else None


def _nothing(reason: str) -> Coefficient:
    return Coefficient("", None, None, None, 0, 0, reason)


def _chance(said: Ints) -> float | None:
    shares = np.bincount(said) / max(len(said), 1)
    return float((shares**2).sum()) if len(said) else None


def _of_comparisons(matrix: LabelMatrix, resampling: Resampling) -> dict[str, Coefficient]:
    answers = (matrix.unit, matrix.labeler, matrix.said)
    clusters = clusters_of(matrix)
    decided = matrix.said != TIE
    same, others = same_as_others(matrix.unit[decided], matrix.said[decided])
    return {
        "percent": percent_agreement(*answers, clusters=clusters, resampling=resampling),
        "alpha": krippendorff_alpha(*answers, clusters=clusters, resampling=resampling),
        "fleiss": fleiss_kappa(*answers, clusters=clusters, resampling=resampling),
        "gwet": gwet_ac1(*answers, clusters=clusters, resampling=resampling),
        "cohen": mean_cohen_kappa(*answers),
        "comparisons": pooled(matrix.task[decided], same, others, resampling=resampling),
    }


def _alpha_over_strengths(matrix: LabelMatrix, resampling: Resampling) -> Coefficient:
    """Ordinal alpha on the scale from significantly worse over a tie to significantly better."""
    scaled = matrix.signed != UNASKED
    if not (matrix.signed[scaled] != 0).any():
        return _nothing(NO_STRENGTHS)
    of = matrix.where(scaled)
    clusters = clusters_of(of)
    return krippendorff_alpha(
        of.unit, of.labeler, of.signed, metric="ordinal", clusters=clusters, resampling=resampling
    )


def _of_rankings(rankings: Rankings | None, resampling: Resampling) -> dict[str, Coefficient]:
    if rankings is None:
        return dict.fromkeys(("alpha_rank", "tau_b", "w"), _nothing(NO_RANKINGS))
    rows, places = np.nonzero(~np.isnan(rankings.ranks))
    task = rankings.task[rows]
    whole = (rankings.task, rankings.labeler, rankings.ranks)
    return {
        "alpha_rank": krippendorff_alpha(
            task.astype(np.int64) * rankings.ranks.shape[1] + places,
            rankings.labeler[rows],
            rankings.ranks[rows, places],
            metric="ordinal",
            clusters=task,
            resampling=resampling,
        ),
        "tau_b": kendall_tau_b(*whole, resampling=resampling),
        "w": kendall_w(*whole, resampling=resampling),
    }


def against_gold(grades: GoldGrades, *, replicates: int = REPLICATES) -> Figure:
    """The share of decided comparisons that agree with gold, over all labelers."""
    judged = int(grades.judged.sum())
    if not judged:
        return figure_of("gold", _nothing(NO_GOLD))
    _, task = codes(grades.task)
    right = np.bincount(task, weights=grades.right)
    compared = np.bincount(task, weights=grades.judged)
    low, high = bootstrap_ratio(right, compared, replicates=replicates)
    value = float(right.sum() / judged)
    return figure_of("gold", Coefficient("", value, low, high, len(right), judged))


def same_as_researchers(matrix: LabelMatrix) -> tuple[LabelMatrix, NDArray[Any], NDArray[Any]]:
    """The decided comparisons, and of each how many researchers' answers are the same and in all.

    A researcher's own answers meet nobody.
    """
    decided = matrix.where(matrix.said != TIE)
    is_researcher = np.isin(decided.labeler, sorted(matrix.researchers))
    return decided, *same_as_others(decided.unit, decided.said, reference=is_researcher)


def against_researchers(matrix: LabelMatrix, *, replicates: int = REPLICATES) -> Figure:
    """The share of decided comparisons that agree with researchers', over all other labelers."""
    decided, same, others = same_as_researchers(matrix)
    if not (others > 0).any():
        return figure_of("researchers", _nothing(NO_RESEARCHERS))
    resampling = Resampling(replicates=replicates)
    return figure_of("researchers", pooled(decided.task, same, others, resampling=resampling))


def pair_rows(matrix: LabelMatrix) -> list[list[Any]]:
    """``[labeler, labeler, shared, agreement, kappa or None]`` of labelers with shared pairs.

    At most MOST_PAIRS, those who share the most first.
    """
    if not len(matrix.unit):
        return []
    found = pairs_of(matrix.unit, matrix.labeler, matrix.said)
    # Labelers without a comparison have no code of their own in the statistics.
    ids, _ = codes(matrix.labeler)
    most = np.argsort(-found.shared, kind="stable")[:MOST_PAIRS]
    columns = (found.first, found.second, found.shared, found.agreement, found.kappa)
    rows = zip(*(column[most] for column in columns), strict=True)
    return [
        [
            *(matrix.labelers[ids[first]], matrix.labelers[ids[second]], int(shared)),
            *(round(float(same), 6), round(float(kappa), 6) if np.isfinite(kappa) else None),
        ]
        for first, second, shared, same, kappa in rows
    ]


def labeler_matrix(matrix: LabelMatrix, pairs: list[list[Any]]) -> dict[str, Any]:
    """The pairs among the MATRIX_LABELERS who said the most, for the page: names and cells."""
    said = np.bincount(matrix.labeler, minlength=len(matrix.labelers)) if len(matrix.unit) else []
    order = np.argsort(-np.asarray(said), kind="stable")[:MATRIX_LABELERS]
    shown = {matrix.labelers[n]: place for place, n in enumerate(order) if said[n]}
    cells = [
        [shown[first], shown[second], *rest]
        for first, second, *rest in pairs
        if first in shown and second in shown
    ]
    return {"labelers": list(shown), "of": int((np.asarray(said) > 0).sum()), "cells": cells}
