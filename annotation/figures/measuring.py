"""All figures of a project, measured from its judgments in one reading.

`measure` gives every set of figures that the pages of quality show, by name, as plain values that
know no language. Each part has a module of its own (`agreeing`, `breaking_down`, `disagreeing`,
`winning`); labelers and consensus are here. Keeping figures is `keeping_figures`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import connection

from annotation.consensus.aggregating import winner
from annotation.figures import (
    agreeing,
    biases,
    breaking_down,
    disagreeing,
    gold_grades,
    label_matrix,
    winning,
)
from annotation.figures.gold_grades import GoldGrades
from annotation.figures.label_matrix import TIE, LabelMatrix
from annotation.figures.label_rows import Ints
from annotation.models import Consensus
from annotation.stats.bootstrap import wilson_interval
from annotation.stats.dawid_skene import one_coin
from annotation.stats.same_answers import same_as_others
from labelers.models import Person, Project

NAMES = ("quality", "agreement", "matrix", "pairs", "weeks", "disagreement", "biases")
"""The sets of figures that `measure` gives."""

Figures = dict[str, Any]


def measure(project: Project) -> dict[str, Figures]:
    """Every set of figures of a project, by the names of NAMES."""
    matrix = label_matrix.read(project)
    grades = gold_grades.read(project)
    coefficients = agreeing.coefficients_of(matrix)
    gold = agreeing.against_gold(grades)
    researchers = agreeing.against_researchers(matrix)
    pairs = agreeing.pair_rows(matrix)
    said = {"judgments": matrix.judgments, "tasks": matrix.tasks}
    rates = winning.win_rates(project)
    return {
        "quality": {
            **said,
            "agreement": [*coefficients[:2], gold, researchers],
            "labelers": labelers_of(project, matrix, grades),
            "consensus": consensus_of(project),
            "win_rates": [asdict(rate) for rate in rates],
            "strengths": winning.strengths_of(rates),
        },
        "agreement": {
            **said,
            "coefficients": coefficients,
            "gold": gold,
            "researchers": researchers,
            "by": breaking_down.breakdowns(matrix),
        },
        "matrix": agreeing.labeler_matrix(matrix, pairs),
        "pairs": {"pairs": pairs},
        "weeks": {"weeks": breaking_down.by_week(matrix, grades)},
        "disagreement": {"items": disagreeing.items_of(matrix)},
        "biases": biases.figures_of(project, matrix),
    }


def quality_of(project: Project) -> Figures:
    """The figures of the first page of quality, measured now."""
    return measure(project)["quality"]


# ------------------------------------------------------------------------------------- labelers


def labelers_of(project: Project, matrix: LabelMatrix, grades: GoldGrades) -> list[dict[str, Any]]:
    """Each labeler's count and speed, and how they agree with gold, the others, researchers.

    Shares are of comparisons without ties. The intervals are Wilson's, for gold by comparison, else
    by item: what one item is compared with several others stands or falls together. ``accuracy`` is
    estimated without gold.
    """
    gold = _against_gold(grades)
    decided = matrix.where(matrix.said != TIE)
    others = _shares(matrix.labelers, decided, *same_as_others(decided.unit, decided.said))
    researchers = _shares(matrix.labelers, *agreeing.same_as_researchers(matrix))
    accuracy = _accuracy(matrix)
    nothing = share(0, 0)
    counted = _counts(project)
    people = _people(key for key, _count, _seconds in counted)
    rows = []
    for key, count, seconds in counted:
        name, pseudonym = people.get(key, (key.removeprefix("i:"), ""))
        rows.append(
            {
                "key": key,
                "name": name,
                "pseudonym": pseudonym,
                "judgments": count,
                "median_seconds": seconds,
                "gold": gold.get(key, nothing),
                "others": others.get(key, nothing),
                "researchers": researchers.get(key, nothing),
                "accuracy": accuracy.get(key),
            }
        )
    return sorted(rows, key=lambda row: row["name"])


def share(right: float, n: float, items: float | None = None) -> dict[str, Any]:
    """`right` of `n` with Wilson's interval, for so many items where they are not independent."""
    value = right / n if n else None
    worth = n if items is None else items
    low, high = wilson_interval((value or 0) * worth, worth)
    return {"right": int(right), "n": int(n), "value": value, "low": low, "high": high}


_COUNTS = """
    SELECT coalesce('p:' || j.person_id, 'i:' || j.imported_labeler) AS labeler, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY j.seconds)
    FROM annotation_task t JOIN annotation_judgment j ON j.task_id = t.id
    WHERE t.project_id = %s AND j.is_current GROUP BY labeler ORDER BY labeler
"""


def _counts(project: Project) -> list[tuple[str, int, float | None]]:
    """Key, current judgments and median seconds of everybody who has labeled."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [project.pk])
        return list(cursor.fetchall())


def _people(keys: Any) -> dict[str, tuple[str, str]]:
    """Username and pseudonym by key."""
    ids = [int(key[2:]) for key in keys if key.startswith("p:")]
    rows = Person.objects.filter(pk__in=ids).values_list("pk", "username", "pseudonym")
    return {f"p:{pk}": (username, pseudonym) for pk, username, pseudonym in rows}


def _against_gold(grades: GoldGrades) -> dict[str, dict[str, Any]]:
    size = len(grades.labelers)
    right = np.bincount(grades.labeler, weights=grades.right, minlength=size)
    judged = np.bincount(grades.labeler, weights=grades.judged, minlength=size)
    return {
        name: share(right[number], judged[number]) for number, name in enumerate(grades.labelers)
    }


def _shares(
    names: list[str], matrix: LabelMatrix, same: Ints, others: Ints
) -> dict[str, dict[str, Any]]:
    """By labeler: of the others' answers about the same pairs, how many are the same."""
    size = len(names)
    met = others > 0
    # One entry per labeler and task: pairs of a ranking are not independent either.
    items = np.unique(
        matrix.labeler[met].astype(np.int64) * max(matrix.tasks, 1) + matrix.task[met]
    )
    columns = [
        np.bincount(matrix.labeler, weights=same, minlength=size),
        np.bincount(matrix.labeler, weights=others, minlength=size),
        np.bincount(items // max(matrix.tasks, 1), minlength=size),
    ]
    return {
        name: share(*(column[number] for column in columns))
        for number, name in enumerate(names)
        if columns[1][number]
    }


def _accuracy(matrix: LabelMatrix) -> dict[str, dict[str, float]]:
    """By labeler: how often they are right, estimated without gold from all answers together.

    The one-coin model over comparisons that two or more labelers decided; with a single answer
    per comparison there is nothing to estimate from.
    """
    decided = matrix.said != TIE
    votes = np.bincount(matrix.unit[decided], minlength=matrix.units)
    shared = decided & (votes > 1)[matrix.unit]
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


# ------------------------------------------------------------------------------------ consensus


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
