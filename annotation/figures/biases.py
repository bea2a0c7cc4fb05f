"""Biases of a whole data set: towards what stood first on screen, and towards what is longer.

`figures_of` measures them (`positions`, `lengths`), in plain values that know no language; `advice`
says in words what they mean for a reward model. Which labeler leans how is `watching`'s part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from annotation.figures import lengths, positions
from annotation.figures.label_matrix import LabelMatrix
from labelers.models import Project


def figures_of(project: Project, matrix: LabelMatrix) -> dict[str, Any]:
    """Every figure of biases."""
    return {
        "judgments": matrix.judgments,
        "position": {**positions.position_of(matrix), "places": positions.places_of(project)},
        "length": lengths.length_of(project, matrix),
    }


def advice(length: Mapping[str, Any]) -> list[str]:
    """What the length figures mean for a reward model, and the remedy, in sentences."""
    verdict, share = length["verdict"], length["decided"]
    if verdict == "unknown":
        return []
    numbers = {
        "share": _percent(share["value"]),
        "low": _percent(share["low"]),
        "high": _percent(share["high"]),
    }
    if verdict == "fair":
        said = _(
            "Choosing the longer one predicts {share} of the decided labels ({low} to {high}): "
            "length tells a reward model next to nothing."
        )
        return [said.format(**numbers)]
    if verdict == "shorter":
        said = _(
            "Choosing the longer one predicts only {share} of the decided labels ({low} to "
            "{high}): a reward model would learn to prefer short answers."
        )
        return [said.format(**numbers), _remedy()]
    if verdict == "leans":
        said = _(
            "Choosing the longer one predicts {share} of the decided labels ({low} to {high}), "
            "more than chance: a reward model would lean towards length."
        )
        return [said.format(**numbers), _remedy()]
    sentences = [
        _(
            "A reward model would learn length: choosing the longer one predicts {share} of the "
            "decided labels ({low} to {high})."
        ).format(**numbers)
    ]
    if length["agreement"] is not None:
        agreed = _(
            "Two labelers agree on {agreed}, so that length tells about as much as a person."
        )
        sentences.append(agreed.format(agreed=_percent(length["agreement"])))
    return [*sentences, _remedy()]


def _remedy() -> str:
    return _(
        "Export with a filter so that as many longer as shorter answers win, ask again for items "
        "whose answers are of like length, or train with a length-aware loss; and report the "
        "accuracy of the longer one beside every reward model's."
    )


def _percent(value: float) -> str:
    return f"{round(100 * value, 1):.1f}%"
