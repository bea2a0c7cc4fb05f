"""Length bias: how often the longer of two responses is preferred, and what a model makes of it.

Lengths are characters, counted by the database. The statistics are `stats.length_bias`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from annotation.figures.label_matrix import FIRST, SECOND, TIE, LabelMatrix
from annotation.figures.label_rows import copied
from annotation.stats import length_bias
from annotation.stats.length_bias import EDGES, Estimate
from annotation.stats.same_answers import same_as_others
from labelers.models import Project

LEAST_SHARE = 0.55
"""From this share of longer ones on a reward model leans that way."""

NEAR_AGREEMENT = 0.05
"""Length predicts "about as well as labelers agree" if it misses that by no more than this."""

WITHOUT_AGREEMENT = 0.65
"""Where no two labelers meet, length that predicts so many labels is taken to be learnt."""

MOST_ROWS = 30
"""Of sources and languages, those with the most comparisons."""


@dataclass(frozen=True)
class Lengths:
    """The comparisons of two texts of unequal length, one entry per answer and pair.

    ``x`` is log2 of the ratio of their lengths in characters, first to second; ``points`` are 1
    where the first was preferred, 0.5 for a tie.
    """

    x: NDArray[np.float64]
    points: NDArray[np.float64]
    unit: NDArray[np.integer]
    task: NDArray[np.integer]
    labeler: NDArray[np.integer]
    said: NDArray[np.integer]


_LENGTHS = """
    SELECT tr.task_id AS task, tr.position AS position,
        (SELECT coalesce(sum(length(m ->> 'content')), 0)
         FROM jsonb_array_elements(r.messages) AS m) AS length
    FROM annotation_task t JOIN annotation_taskresponse tr ON tr.task_id = t.id
    JOIN annotation_response r ON r.id = tr.response_id
    WHERE t.project_id = {project} AND t.kind = ANY({kinds})
"""


def lengths_of(project: Project, matrix: LabelMatrix) -> Lengths:
    """The comparisons of texts of unequal length; an empty text counts as one character."""
    if not matrix.units:
        nothing = np.zeros(0, dtype=np.int64)
        return Lengths(np.zeros(0), np.zeros(0), nothing, nothing, nothing, nothing)
    types = {"task": pa.int64(), "position": pa.int32(), "length": pa.int64()}
    table = copied(_LENGTHS, types, project=project.pk)
    task, position, length = (table[name].to_numpy() for name in types)
    ids = matrix.about.id
    at = np.searchsorted(ids, task).clip(max=len(ids) - 1)
    judged = ids[at] == task
    width = int(position.max(initial=0)) + 1
    # A place that no response has, like the bar of being good enough, keeps nan.
    lengths = np.full((len(ids), width + 1), np.nan)
    lengths[at[judged], position[judged]] = np.maximum(length[judged], 1)
    places = np.minimum(matrix.unit_places, width)
    log = np.log2(lengths[matrix.unit_task[:, None], places])
    ratio = (log[:, 0] - log[:, 1])[matrix.unit]
    chosen = np.isfinite(ratio) & (ratio != 0)
    points = np.select([matrix.said == FIRST, matrix.said == SECOND], [1.0, 0.0], 0.5)
    return Lengths(
        x=np.clip(ratio[chosen], -6, 6),
        points=points[chosen],
        unit=matrix.unit[chosen],
        task=matrix.task[chosen],
        labeler=matrix.labeler[chosen],
        said=matrix.said[chosen],
    )


def length_of(project: Project, matrix: LabelMatrix) -> dict[str, Any]:
    """How often the longer one is preferred: in all, decided ones only, by language and source,
    along the ratio; the slope per doubling; and how far that is what labelers agree on."""
    found = lengths_of(project, matrix)
    longer = length_bias.for_the_longer(found.x, found.points)
    decided = found.said != TIE
    clusters = (found.task, found.labeler)
    baseline = length_bias.share(longer[decided], *(c[decided] for c in clusters))
    agreed = _agreement(found)
    return {
        "share": asdict(length_bias.share(longer, *clusters)),
        "decided": asdict(baseline),
        "ties": int((~decided).sum()),
        "slope": asdict(length_bias.slope(found.x, found.points, found.task)),
        "agreement": agreed,
        "verdict": verdict_of(baseline, agreed),
        "curve": [
            {"from": low, "to": high, **asdict(estimate)}
            for low, high, estimate in zip(
                EDGES,
                (*EDGES[1:], None),
                length_bias.curve(found.x, found.points, found.task),
                strict=True,
            )
        ],
        "languages": _by_language(matrix, found, longer),
        "sources": _by_source(matrix, found, longer),
    }


def _agreement(found: Lengths) -> float | None:
    """How often two labelers who both decide say the same of the same pair."""
    decided = found.said != TIE
    if not decided.any():
        return None
    same, others = same_as_others(found.unit[decided], found.said[decided])
    return float(same.sum() / others.sum()) if others.sum() else None


def verdict_of(baseline: Estimate, agreed: float | None) -> str:
    """What a reward model would make of it: learns, leans, shorter, fair or unknown.

    It ``learns`` length where the longer one is preferred above chance and tells the label about as
    well as another labeler would; it ``leans`` where that is plain but less than so.
    """
    if baseline.value is None or baseline.low is None or baseline.high is None:
        return "unknown"
    if baseline.high < 0.5:
        return "shorter"
    if baseline.low <= 0.5:
        return "fair"
    enough = WITHOUT_AGREEMENT if agreed is None else agreed - NEAR_AGREEMENT
    if baseline.value >= max(enough, LEAST_SHARE):
        return "learns"
    return "leans" if baseline.value >= LEAST_SHARE else "fair"


def _by_language(
    matrix: LabelMatrix, found: Lengths, longer: NDArray[np.float64]
) -> list[dict[str, Any]]:
    language = matrix.about.language[found.task] if len(found.task) else found.task
    rows = [
        _row("language", name, language == number, found, longer)
        for number, name in enumerate(matrix.about.languages)
    ]
    return _largest(rows)


def _by_source(
    matrix: LabelMatrix, found: Lengths, longer: NDArray[np.float64]
) -> list[dict[str, Any]]:
    """Comparisons in which a response of the source takes part."""
    if not len(found.unit):
        return []
    sources = matrix.unit_sources[found.unit]
    rows = [
        _row("source", name, (sources == number).any(axis=1), found, longer)
        for number, name in enumerate(matrix.about.sources)
    ]
    return _largest(rows)


def _row(
    what: str,
    name: str,
    chosen: NDArray[np.bool],
    found: Lengths,
    longer: NDArray[np.float64],
) -> dict[str, Any]:
    share = length_bias.share(longer[chosen], found.task[chosen], found.labeler[chosen])
    slope = length_bias.slope(found.x[chosen], found.points[chosen], found.task[chosen])
    return {what: name, "share": asdict(share), "slope": asdict(slope)}


def _largest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    there = [row for row in rows if row["share"]["n"]]
    return sorted(there, key=lambda row: -row["share"]["n"])[:MOST_ROWS]
