"""Where labelers agree and where they do not: agreement by what is known of items and answers.

By language, criterion, tag, source of a response, pair of sources, strength and week. Each part has
percent agreement and alpha of its own answers; what a strength or week is, is `label_matrix`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.figures.agreeing import clusters_of, figure_of
from annotation.figures.gold_grades import GoldGrades
from annotation.figures.label_matrix import UNASKED, LabelMatrix, week_name
from annotation.figures.label_rows import Ints
from annotation.stats.agreement import Resampling, krippendorff_alpha, percent_and_alpha
from annotation.stats.bootstrap import wilson_interval
from annotation.stats.same_answers import pooled, same_as_others
from annotation.task_kinds.base import STRENGTHS

REPLICATES = 400
MOST_PARTS = 40
"""Of one dimension at most so many parts are kept, those with the most answers first."""

TIED = "tie"

Part = tuple[str, NDArray[np.bool]]
Likeness = tuple[NDArray[np.float64], NDArray[np.float64]]


def breakdowns(matrix: LabelMatrix) -> dict[str, list[dict[str, Any]]]:
    """By dimension, one row per part: percent, alpha, answers and items.

    A dimension with fewer than two parts says nothing and is left out, weeks and strengths aside.
    """
    if not len(matrix.unit):
        return {}
    about = matrix.about
    dimensions = {
        "language": _by_task(matrix, about.language, about.languages),
        "criterion": _by_task(matrix, about.criterion, about.criteria),
        "tag": _by_tag(matrix),
        "source": _by_source(matrix),
        "sources": _by_two_sources(matrix),
    }
    found = {
        name: rows
        for name, parts in dimensions.items()
        if len(rows := [row_of(matrix, *part) for part in parts]) > 1
    }
    return {**found, "strength": by_strength(matrix)}


def row_of(matrix: LabelMatrix, name: str, rows: NDArray[np.bool]) -> dict[str, Any]:
    """The agreement of some of the answers among themselves."""
    part = matrix.where(rows)
    answers = (part.unit, part.labeler, part.said)
    resampling = Resampling(replicates=REPLICATES)
    clusters = clusters_of(part)
    percent, alpha = percent_and_alpha(*answers, clusters=clusters, resampling=resampling)
    return {
        "part": name,
        **_counted(part),
        "percent": figure_of("percent", percent),
        "alpha": figure_of("alpha", alpha),
    }


def _counted(part: LabelMatrix) -> dict[str, int]:
    numbers = {"answers": part.judgment, "items": part.task}
    return {name: int(np.count_nonzero(np.bincount(of))) for name, of in numbers.items()}


def by_strength(matrix: LabelMatrix) -> list[dict[str, Any]]:
    """How often the others say the same where somebody gave a strength, strongest first.

    The others may have said it with any strength. Alpha is not defined for it.
    """
    same, others = same_as_others(matrix.unit, matrix.said)
    level = np.abs(matrix.signed.astype(np.int64))
    level[matrix.signed == UNASKED] = UNASKED
    names = {len(STRENGTHS) - n: name for n, name in enumerate(STRENGTHS)} | {0: TIED}
    if not (level > 0).any():
        return []
    found = []
    for step, name in names.items():
        rows = level == step
        if rows.any():
            resampling = Resampling(replicates=REPLICATES)
            share = pooled(matrix.task[rows], same[rows], others[rows], resampling=resampling)
            found.append(
                {
                    "part": name,
                    **_counted(matrix.where(rows)),
                    "percent": figure_of("percent", share),
                }
            )
    return found


def by_week(matrix: LabelMatrix, grades: GoldGrades) -> list[dict[str, Any]]:
    """One row per week from the first to the last: volume, agreement, and agreement with gold.

    ``percent`` is how often the answers of that week are the same as the others' about the same
    comparisons, whenever those were given; ``alpha`` is of the items answered in that week, with
    all their answers. Weeks without answers are there, too.
    """
    weeks = [int(w) for a in (matrix.week, grades.week) if len(a) for w in (a.min(), a.max())]
    if not weeks:
        return []
    likeness = same_as_others(matrix.unit, matrix.said)
    return [
        _of_week(matrix, likeness, week) | _gold_of_week(grades, week)
        for week in range(min(weeks), max(weeks) + 1)
    ]


def _of_week(matrix: LabelMatrix, likeness: Likeness, week: int) -> dict[str, Any]:
    rows = matrix.week == week
    touched = np.zeros(matrix.units, dtype=bool)
    touched[matrix.unit[rows]] = True
    of = matrix.where(touched[matrix.unit])
    resampling = Resampling(replicates=REPLICATES)
    same, others = likeness
    percent = pooled(matrix.task[rows], same[rows], others[rows], resampling=resampling)
    alpha = krippendorff_alpha(
        of.unit, of.labeler, of.said, clusters=clusters_of(of), resampling=resampling
    )
    return {
        "part": week_name(week),
        **_counted(matrix.where(rows)),
        "percent": figure_of("percent", percent),
        "alpha": figure_of("alpha", alpha),
    }


def _gold_of_week(grades: GoldGrades, week: int) -> dict[str, Any]:
    gold = grades.week == week
    right, judged = int(grades.right[gold].sum()), int(grades.judged[gold].sum())
    low, high = wilson_interval(right, judged)
    value = right / judged if judged else None
    return {
        "gold_answers": int(gold.sum()),
        "gold": {"value": value, "low": low, "high": high, "n": judged},
    }


def _by_task(matrix: LabelMatrix, code: Ints, names: list[str]) -> Iterator[Part]:
    for number in _most(code[matrix.task]):
        yield names[number], code[matrix.task] == number


def _by_tag(matrix: LabelMatrix) -> Iterator[Part]:
    about = matrix.about
    sizes = np.bincount(matrix.task, minlength=matrix.tasks)
    weights = np.bincount(about.tag, weights=sizes[about.tag_task], minlength=len(about.tags))
    for number in np.argsort(-weights, kind="stable")[:MOST_PARTS]:
        tagged = np.zeros(matrix.tasks, dtype=bool)
        tagged[about.tag_task[about.tag == number]] = True
        yield about.tags[number], tagged[matrix.task]


def _by_source(matrix: LabelMatrix) -> Iterator[Part]:
    sources = matrix.unit_sources[matrix.unit]
    for number in _most(sources[sources >= 0]):
        yield matrix.about.sources[number], (sources == number).any(axis=1)


def _by_two_sources(matrix: LabelMatrix) -> Iterator[Part]:
    """Both sources by name, in the order of the alphabet, with a line break between them."""
    low, high = np.sort(matrix.unit_sources, axis=1)[matrix.unit].T
    width = len(matrix.about.sources)
    code = np.where(low >= 0, low.astype(np.int64) * width + high, -1)
    for number in _most(code[code >= 0]):
        names = sorted(matrix.about.sources[n] for n in divmod(int(number), width))
        yield "\n".join(names), code == number


def _most(codes: Ints) -> list[int]:
    """The codes that occur, the most frequent first, at most MOST_PARTS."""
    distinct, counts = np.unique(codes, return_counts=True)
    return [int(code) for code in distinct[np.argsort(-counts, kind="stable")][:MOST_PARTS]]
