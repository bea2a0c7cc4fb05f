"""The charts of biases and opinions, as charts.js draws them, from kept figures.

A bar leads to the items behind it. Numbers are not computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from annotation.kind_words import choice_in_words
from annotation.quality_links import items_of

Chart = dict[str, Any]
Figure = Mapping[str, Any]


def position_charts(position: Figure, slug: str) -> dict[str, Chart]:
    """What stood first: in all and by strength, and the places of items with three or more."""
    rows = [(_("All answers"), position["share"], items_of(slug))]
    rows += [
        (choice_in_words(row["strength"]), row, items_of(slug, strength=row["strength"]))
        for row in position["strengths"]
    ]
    places = [(_("Place %d") % row["place"], row, items_of(slug)) for row in position["places"]]
    even = _("Without a bias")
    return {
        "position": _bars(_("How often what stood first is preferred"), _("Share"), even, rows),
        "places": _bars(
            _("Comparisons won, by place on screen"), _("Share of comparisons"), even, places
        ),
    }


def length_charts(length: Figure, slug: str) -> dict[str, Chart]:
    """The curve over the ratio of lengths, and the longer one by language and source."""
    even = _("Without a bias")
    curve = [(ratio_in_words(row), row, "") for row in length["curve"] if row["n"]]
    languages = [
        (row["language"] or _("not given"), row["share"], items_of(slug, language=row["language"]))
        for row in length["languages"]
    ]
    sources = [
        (row["source"], row["share"], items_of(slug, source=row["source"]))
        for row in length["sources"]
    ]
    share = _("Share")
    return {
        "curve": _bars(_("The longer one is preferred, by how much longer"), share, even, curve),
        "languages": _bars(_("The longer one, by language"), share, even, languages),
        "sources": _bars(_("The longer one, by source"), share, even, sources),
    }


def ratio_in_words(row: Figure) -> str:
    """A bin of the ratio of the longer to the shorter text."""
    low = number_format(row["from"])
    if row["to"] is None:
        return _("{low} times and more").format(low=low)
    return _("{low} to {high} times").format(low=low, high=number_format(row["to"]))


def tags_chart(tags: Iterable[Figure], slug: str) -> Chart:
    """By tag: how much more people agree with their own group than with others."""
    rows = [(row["tag"], row["gap"], items_of(slug, tag=row["tag"])) for row in tags]
    chart = _bars(_("Own group less other groups"), _("Difference"), _("No difference"), rows)
    chart["reference"]["value"] = 0
    # Differences go below zero; the axis of shares does not.
    for bar in chart["bars"]:
        for key in ("value", "low", "high"):
            bar[key] = None if bar[key] is None else round(100 * bar[key], 1)
    return chart | {"format": "number", "y_label": _("Percentage points")}


def _bars(title: str, y_label: str, even: str, rows: list[tuple[str, Figure, str]]) -> Chart:
    bars = [
        {"name": str(name), "link": link, "note": str(row["n"]) if "n" in row else ""}
        | {key: row[key] for key in ("value", "low", "high")}
        for name, row, link in rows
        if row["value"] is not None
    ]
    return {
        "type": "bars",
        "format": "percent",
        "title": title,
        "y_label": y_label,
        "bars": bars,
        "reference": {"name": even, "value": 0.5},
    }
