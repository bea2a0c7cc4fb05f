"""The items of a project that labelers disagree about most, with what is known of them.

Kept are the worst of all and the worst of every language, criterion, tag and source, so that the
page can be narrowed down without reading judgments. Why they disagree is for a person to see.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from annotation.figures.label_matrix import LabelMatrix
from annotation.figures.label_rows import Ints
from annotation.stats.same_answers import same_as_others

WORST = 200
WORST_OF_PART = 20
MOST_PARTS = 60


def items_of(matrix: LabelMatrix) -> list[dict[str, Any]]:
    """Rows of the items with the most disagreement, worst first; none on which all agree.

    ``agreement`` is the share of labeler pairs who said the same. The order is by the pairs that
    differ over all pairs and one more: two against two comes before one against one.
    """
    if not len(matrix.unit):
        return []
    same, others = same_as_others(matrix.unit, matrix.said)
    n = matrix.tasks
    agreeing = np.bincount(matrix.task, weights=same, minlength=n)
    meeting = np.bincount(matrix.task, weights=others, minlength=n)
    worst = (meeting - agreeing) / (meeting + 2)
    order = np.argsort(-worst, kind="stable")
    order = order[worst[order] > 0]
    answers = np.bincount(
        matrix.task[np.unique(matrix.judgment, return_index=True)[1]], minlength=n
    )
    return [
        {
            "task": int(matrix.about.id[task]),
            "agreement": round(float(agreeing[task] / meeting[task]), 6),
            "answers": int(answers[task]),
            **_described(matrix, task),
        }
        for task in _chosen(matrix, order)
    ]


def _chosen(matrix: LabelMatrix, order: Ints) -> list[int]:
    about = matrix.about
    kept = set(order[:WORST].tolist())
    place = np.full(matrix.tasks, len(order))
    place[order] = np.arange(len(order))
    first_unit = np.unique(matrix.unit_task, return_index=True)[1]
    sources = matrix.unit_sources[first_unit]
    everyone = np.arange(matrix.tasks)
    parts = [(everyone, about.language), (everyone, about.criterion), (about.tag_task, about.tag)]
    # A task without comparisons has no unit and is never in `order`.
    with_units = matrix.unit_task[first_unit]
    parts += [(with_units, sources[:, side]) for side in (0, 1)]
    for task, code in parts:
        for number in range(min(int(code.max(initial=-1)) + 1, MOST_PARTS)):
            places = np.sort(place[task[code == number]])[:WORST_OF_PART]
            kept |= set(order[places[places < len(order)]].tolist())
    return sorted(kept, key=lambda task: int(place[task]))


def _described(matrix: LabelMatrix, task: int) -> dict[str, Any]:
    about = matrix.about
    units = np.unique(matrix.unit_sources[matrix.unit_task == task])
    return {
        "language": about.languages[about.language[task]],
        "criterion": about.criteria[about.criterion[task]],
        "tags": [about.tags[tag] for tag in about.tag[about.tag_task == task]],
        "sources": [about.sources[source] for source in units if source >= 0],
    }
