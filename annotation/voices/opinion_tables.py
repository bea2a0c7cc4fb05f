"""Whose opinions, as rows of a file and in words: the figures of `opinions` and nothing beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotation.voices import populating

HEADER = (
    *("figure", "dimension", "group", "other", "tag"),
    *("people", "share", "target", "value", "low", "high"),
)
"""An empty number was held back, or there is none."""

Figures = Mapping[str, Any]


def rows_of(figures: Figures) -> Iterator[Sequence[object]]:
    """One row per figure; names as they are stored."""
    for dimension in figures["survey"]["dimensions"]:
        for cell in dimension["cells"]:
            yield _cell("survey", dimension["dimension"], cell)
    for dimension in figures["groups"]:
        name = dimension["dimension"]
        for cell in dimension["cells"]:
            yield _cell("took_part", name, cell)
        for row in dimension["agreement"]:
            yield _value("agreement", name, row["one"], row["other"], "", row)
        for part, row in (dimension["apart"] or {}).items():
            yield _value(part, name, "", "", "", row)
        for tag in dimension["tags"]:
            for part in ("within", "between", "gap"):
                yield _value(part, name, "", "", tag["tag"], tag[part])


def _cell(figure: str, dimension: str, cell: Figures) -> Sequence[object]:
    numbers = [cell["people"], cell["share"], cell["target"]]
    return [figure, dimension, cell["value"] or "not_said", "", "", *numbers, None, None, None]


def _value(
    figure: str, dimension: str, one: str, other: str, tag: str, row: Figures
) -> Sequence[object]:
    interval = [row[name] for name in ("value", "low", "high")]
    return [figure, dimension, one, other, tag, None, None, None, *interval]


def in_words(figures: Figures) -> Figures:
    """The figures with the titles of dimensions and values, as pages show them."""
    survey = [_named(row) for row in figures["survey"]["dimensions"]]
    groups = [_named(row) for row in figures["groups"]]
    return {**figures, "survey": {**figures["survey"], "dimensions": survey}, "groups": groups}


def _named(row: Figures) -> dict[str, Any]:
    title, values = populating.dimensions()[row["dimension"]]

    def name(value: str) -> str:
        return str(values.get(value, value)) if value else _("Not said")

    cells = [cell | {"title": name(cell["value"])} for cell in row["cells"]]
    agreement = [
        pair | {"one_title": name(pair["one"]), "other_title": name(pair["other"])}
        for pair in row.get("agreement", [])
    ]
    has_target = any(cell["target"] is not None for cell in cells)
    found = {**row, "title": str(title), "cells": cells, "has_target": has_target}
    return found | {"agreement": agreement}
