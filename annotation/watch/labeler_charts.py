"""The charts of a labeler's page, as `charts.js` draws them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from annotation.watch import signal_words


def charts_of(figures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Scores over time with their bands, and the evidence against its threshold."""
    rolling = figures.get("rolling", {})
    scores = [
        {
            "name": str(signal_words.SCORES[name]),
            "points": [[at, value] for at, value, _low, _high in rolling[name]],
            "band": [[at, low, high] for at, _value, low, high in rolling[name]],
        }
        for name in ("gold", "consensus")
        if rolling.get(name)
    ]
    charts = {}
    if scores:
        charts["scores"] = {
            "title": _("Scores over the last 50 comparisons"),
            "x_label": _("Answers"),
            "format": "percent",
            "series": scores,
        }
    paths = figures.get("paths", {})
    if paths:
        charts["evidence"] = {
            "title": _("Evidence of a fall, as a share of what a pause needs"),
            "x_label": _("Answers"),
            "format": "percent",
            "zero": True,
            "series": [
                {
                    "name": str(signal_words.PATHS[name]),
                    "points": [[k, score / path["threshold"]] for k, score in path["points"]],
                }
                for name, path in paths.items()
            ]
            + [_line(_("Enough for a pause"), paths)],
        }
    return charts


def _line(name: str, paths: dict[str, Any]) -> dict[str, Any]:
    steps = [point[0] for path in paths.values() for point in path["points"]]
    return {"name": name, "points": [[min(steps), 1.0], [max(steps), 1.0]]}
