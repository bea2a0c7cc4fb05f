"""The charts of the pages of quality, as charts.js draws them, from kept figures.

A bar or cell leads to the items behind it. Numbers are not computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotation.figures import figure_words
from annotation.figures.breaking_down import TIED
from annotation.quality_links import items_of, labeler_page

MOST_LABELERS = 30
MATRIX_STEPS = {"kappa": [0.0, 0.2, 0.4, 0.6, 0.8], "agreement": [0.5, 0.6, 0.7, 0.8, 0.9]}
"""Where one colour ends and the next begins; kappa by the bounds of Landis and Koch (1977)."""

FILTERS = {"language", "tag", "source", "strength"}
"""Dimensions that the items can be narrowed down by."""

Chart = dict[str, Any]
Figure = Mapping[str, Any]


def agreement_chart(figures: Sequence[Figure], slug: str) -> Chart:
    """Shares that agree with their intervals, and the line of chance."""
    shown = [figure for figure in figures if figure["name"] in figure_words.SHARES]
    chance = next((f.get("chance") for f in shown if f.get("chance") is not None), None)
    queries = {"percent": {"disputed": 1}, "gold": {"gold": 1}, "researchers": {"disputed": 1}}
    return {
        **_bars(_("Who says the same"), _("Share")),
        "bars": [
            _bar(
                str(figure_words.TITLES[figure["name"]]),
                figure,
                items_of(slug, **queries.get(figure["name"], {"disputed": 1})),
                colour=number,
            )
            for number, figure in enumerate(shown)
            if figure["value"] is not None
        ],
        **({"reference": {"name": _("By chance"), "value": chance}} if chance else {}),
    }


def consensus_chart(consensus: Mapping[str, int], slug: str) -> Chart:
    """What share of the comparisons is decided, and what share tied."""
    total = consensus["decided"] + consensus["ties"]
    names = {"decided": _("Decided comparisons"), "ties": _("Ties or undecided")}
    return {
        **_bars(_("What the consensus says"), _("Share of comparisons")),
        "bars": [
            {
                "name": title,
                "value": consensus[name] / total,
                "colour": number,
                "link": items_of(slug, said="tie") if name == "ties" else items_of(slug),
                "note": str(consensus[name]),
            }
            for number, (name, title) in enumerate(names.items())
            if total
        ],
    }


def labelers_chart(labelers: Sequence[Figure], slug: str) -> Chart:
    """Estimated accuracy of those who labeled most, best first."""
    most = sorted(labelers, key=lambda row: -row["judgments"])[:MOST_LABELERS]
    rated = [row for row in most if row["accuracy"]]
    return {
        **_bars(_("Estimated accuracy of labelers"), _("Accuracy")),
        "bars": [
            _bar(row["name"], row["accuracy"], labeler_page(slug, row["key"]))
            for row in sorted(rated, key=lambda row: -row["accuracy"]["value"])
        ],
        "reference": {"name": _("By chance"), "value": 0.5},
    }


def win_chart(rates: Sequence[Figure], slug: str) -> Chart:
    """How often the first source wins against the second."""
    return {
        **_bars(_("Win rates"), _("Win rate")),
        "bars": [
            {
                "name": _("%(first)s against %(second)s")
                % {"first": rate["source_a"], "second": rate["source_b"]},
                "value": rate["rate"],
                "low": rate["low"],
                "high": rate["high"],
                "link": items_of(slug, source=rate["source_a"]),
            }
            for rate in rates
        ],
        "reference": {"name": _("Even"), "value": 0.5},
    }


def strengths_chart(strengths: Sequence[Figure], slug: str) -> Chart:
    """Sources on one scale."""
    return {
        **_bars(_("Strengths in log odds"), _("Strength")),
        "format": "number",
        "bars": [
            {
                "name": row["source"],
                "value": row["strength"],
                "low": row["low"],
                "high": row["high"],
                "link": items_of(slug, source=row["source"]),
            }
            for row in strengths
        ],
    }


def breakdown_chart(dimension: str, rows: Sequence[Figure], slug: str, whole: Figure) -> Chart:
    """Percent agreement of the parts of one dimension, beside that of the whole project."""
    bars = []
    for row in rows:
        query = {dimension: row["part"]} if dimension in FILTERS else {}
        if dimension == "sources":
            query = {"source": row["part"].split("\n")[0]}
        elif row["part"] == TIED:
            query = {"said": "tie"}
        if row["percent"]["value"] is not None:
            name = figure_words.part_name(dimension, row["part"])
            bars.append(
                _bar(name, row["percent"], items_of(slug, **query, order="disagreement"))
                | {"note": str(row["answers"])}
            )
    chart = {**_bars(str(figure_words.DIMENSIONS[dimension]), _("Percent agreement")), "bars": bars}
    if whole["value"] is not None:
        chart["reference"] = {"name": _("Whole project"), "value": whole["value"]}
    return chart


def matrix_chart(
    matrix: Mapping[str, Any], names: Mapping[str, str], slug: str, show: str
) -> Chart:
    """Every two labelers: `show` is kappa or agreement; a cell leads to what both labeled."""
    place = {"agreement": 3, "kappa": 4}[show]
    cells = []
    for cell in matrix["cells"]:
        notes = {"n": cell[2], "share": f"{100 * cell[3]:.0f}"}
        note = _("%(share)s%% the same of %(n)s comparisons") % notes
        cells.append([cell[0], cell[1], cell[place], note])
    return {
        "type": "matrix",
        "title": _("Cohen's kappa of every two labelers")
        if show == "kappa"
        else _("Percent agreement of every two labelers"),
        "format": "percent" if show == "agreement" else "number",
        "y_label": _("Value"),
        "note_label": _("From"),
        "names": [names.get(key, key.removeprefix("i:")) for key in matrix["labelers"]],
        "keys": matrix["labelers"],
        "cells": cells,
        "steps": MATRIX_STEPS[show],
        "link": items_of(slug) + "?labeler=ROW&other=COLUMN",
    }


def week_charts(weeks: Sequence[Figure]) -> dict[str, Chart]:
    """Agreement, volume and gold score by week."""
    gold = [week["gold"] for week in weeks]
    charts = {
        "agreement": {
            **_line(_("Percent agreement by week"), weeks),
            "format": "percent",
            "series": [_series(_("Percent agreement"), [week["percent"] for week in weeks])],
        },
        "alpha": {
            **_line(_("Krippendorff's alpha by week"), weeks),
            "series": [_series(_("Krippendorff's alpha"), [week["alpha"] for week in weeks])],
        },
        "volume": {
            **_line(_("Judgments by week"), weeks),
            "zero": True,
            "series": [
                {
                    "name": title,
                    "points": [[number, week[name]] for number, week in enumerate(weeks)],
                }
                for name, title in (("answers", _("Judgments")), ("gold_answers", _("Of gold")))
            ],
        },
        "gold": {
            **_line(_("Agreement with gold by week"), weeks),
            "format": "percent",
            "series": [_series(_("Agreement with gold"), gold)],
        },
    }
    if not any(figure["n"] for figure in gold):
        del charts["gold"]
        charts["volume"]["series"].pop()
    return charts


def _bars(title: str, y_label: str) -> Chart:
    return {"type": "bars", "format": "percent", "title": title, "y_label": y_label}


def _bar(name: str, figure: Figure, link: str, colour: int = 0) -> Chart:
    kept = {key: figure[key] for key in ("value", "low", "high")}
    return {"name": name, **kept, "link": link, "colour": colour}


def _line(title: str, weeks: Sequence[Figure]) -> Chart:
    names = [week["part"] for week in weeks]
    return {"type": "line", "title": title, "x_label": _("Week"), "x_names": names}


def _series(name: str, figures: Sequence[Figure]) -> Chart:
    return {
        "name": name,
        "points": [[number, figure["value"]] for number, figure in enumerate(figures)],
        "band": [
            [number, figure["low"], figure["high"]]
            for number, figure in enumerate(figures)
            if figure["value"] is not None
        ],
    }
