"""The charts of the page of consensus, as charts.js draws them, from kept figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from annotation.quality_links import labeler_page

MOST_LABELERS = 30

Chart = dict[str, Any]


def labelers_chart(labelers: Sequence[Mapping[str, Any]], slug: str) -> Chart:
    """How reliable those with the most answers are, with the line of chance."""
    most = sorted(labelers, key=lambda row: -row["answers"])[:MOST_LABELERS]
    shown = sorted(most, key=lambda row: -row["reliability"])
    return {
        "type": "bars",
        "title": _("Reliability with its interval"),
        "x_label": _("Labeler"),
        "y_label": _("Right where they take a side"),
        "format": "percent",
        "bars": [
            {
                "name": title_of(row),
                "value": row["reliability"],
                "low": row["low"],
                "high": row["high"],
                "link": labeler_page(slug, row["key"]),
                "note": str(row["answers"]),
            }
            for row in shown
        ],
        "reference": {"name": _("By chance"), "value": 0.5},
    }


def confidence_chart(calibration: Mapping[str, Mapping[str, Any]]) -> Chart:
    """How often holds what is stated with each probability, beside what it should be."""
    names = {"others": _("Against labelers left out"), "gold": _("Against gold")}
    series = [
        {
            "name": title,
            "points": [[each["stated"], each["right"]] for each in calibration[name]["bins"]],
            "band": [[b["stated"], b["low"], b["high"]] for b in calibration[name]["bins"]],
        }
        for name, title in names.items()
        if calibration[name]["bins"]
    ]
    exact = {"name": _("As stated"), "points": [[0.5, 0.5], [1.0, 1.0]]}
    return {
        "type": "line",
        "title": _("Stated probability, and the share that holds"),
        "x_label": _("Stated probability"),
        "y_label": _("Share that holds"),
        "format": "percent",
        "series": [exact, *series] if series else [],
    }


def posterior_chart(edges: Sequence[float], counts: Sequence[int]) -> Chart:
    """How sure the consensus is of the better side."""
    return {
        "type": "histogram",
        "title": _("Posterior of the better side"),
        "x_label": _("Posterior"),
        "y_label": _("Comparisons"),
        "edges": list(edges),
        "series": [{"name": _("Comparisons"), "counts": list(counts)}],
    }


def title_of(row: Mapping[str, Any]) -> str:
    """What a labeler is called, and as what they speak."""
    if row["adjudicates"]:
        return _("%(name)s as adjudicator") % {"name": row["name"]}
    return str(row["name"])
