"""Position bias: how often what stood first on screen is preferred, in all, by strength, by place.

Measured over the answers whose order on screen is known; imported ones may have none.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotation.consensus.aggregating import SPEAKING
from annotation.figures.label_matrix import TIE, UNASKED, UNKNOWN, LabelMatrix
from annotation.figures.label_rows import codes, copied
from annotation.stats import length_bias
from annotation.task_kinds.base import STRENGTHS
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project


def position_of(matrix: LabelMatrix) -> dict[str, Any]:
    """How often what stood first of two on screen was preferred, in all and by strength."""
    known = matrix.where(matrix.shown_first != UNKNOWN) if len(matrix.shown_first) else matrix
    if not len(known.shown_first):
        return {"share": asdict(length_bias.NOTHING), "strengths": [], "ties": 0}
    points = np.where(known.said == TIE, 0.5, np.where(known.said == known.shown_first, 1.0, 0.0))
    return {
        "share": asdict(length_bias.share(points, known.labeler, known.task)),
        "ties": int((known.said == TIE).sum()),
        "strengths": _by_strength(known, points),
    }


def _by_strength(known: LabelMatrix, points: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Of the preferences of each strength, how many went to what stood first."""
    rows = []
    for step, name in enumerate(STRENGTHS):
        chosen = (np.abs(known.signed) == len(STRENGTHS) - step) & (known.signed != UNASKED)
        if chosen.any():
            found = length_bias.share(points[chosen], known.labeler[chosen], known.task[chosen])
            rows.append({"strength": name, **asdict(found)})
    return rows


_PLACES = """
    SELECT t.kind AS kind, coalesce('p:' || j.person_id, 'i:' || j.imported_labeler) AS labeler,
        j.answer::text AS answer, j.display_order::text AS shown, count(*) AS count
    FROM annotation_task t JOIN annotation_judgment j ON j.task_id = t.id
    WHERE t.project_id = {project} AND (NOT t.is_gold OR t.counted > 0) AND t.kind = ANY({kinds})
        AND j.is_current AND j.standing = ANY({standings})
        AND jsonb_array_length(j.display_order) > 2
    GROUP BY 1, 2, 3, 4
"""


def places_of(project: Project) -> list[dict[str, Any]]:
    """Of items with three or more responses: how the response at each place on screen fared.

    ``value`` is the share of its comparisons that it won, a tie being half; without a bias it is
    one half at every place. The interval is by bootstrap over labelers.
    """
    text = pa.dictionary(pa.int32(), pa.string())
    types = dict.fromkeys(("kind", "labeler", "answer", "shown"), text)
    table = copied(
        _PLACES,
        {**types, "count": pa.int64()},
        project=project.pk,
        standings=[str(standing) for standing in SPEAKING],
    )
    columns = [codes(table[name]) for name in types]
    names, count = [texts for texts, _code in columns], table["count"].to_numpy()
    won: dict[int, list[tuple[float, int, int]]] = {}
    for row in range(len(table)):
        kind, labeler, answer, shown = (int(code[row]) for _texts, code in columns)
        scores = _scores(names[0][kind], names[2][answer], names[3][shown])
        for place, (points, pairs) in enumerate(scores):
            won.setdefault(place, []).append((points * count[row], pairs * count[row], labeler))
    return [{"place": place + 1, **_place(rows)} for place, rows in sorted(won.items())]


@lru_cache(maxsize=50_000)
def _scores(kind: str, answer: str, shown: str) -> tuple[tuple[float, int], ...]:
    """By place on screen: the points that the response there won, and its comparisons."""
    order: list[int] = json.loads(shown)
    scores = {canonical: [0.0, 0] for canonical in order}
    for outcome in TASK_KINDS[kind].outcomes(json.loads(answer), len(order)):
        for one in (outcome.i, outcome.j):
            if one in scores:
                scores[one][0] += 0.5 if outcome.winner is None else outcome.winner == one
                scores[one][1] += 1
    return tuple((scores[c][0], int(scores[c][1])) for c in order)


def _place(rows: list[tuple[float, int, int]]) -> dict[str, Any]:
    points, pairs, labeler = (
        np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)
    )
    low, high = length_bias.ratio_interval(points, pairs, labeler)
    n = int(pairs.sum())
    return {"value": float(points.sum() / n) if n else None, "low": low, "high": high, "n": n}
