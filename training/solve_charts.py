"""What a model solved, as charts: shares, pass@k, and words that give reflection away.

Pure functions on the report of a `solve` run; the JSON is what `charts.js` draws. Where the run
compared two models, both stand in every chart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from training import wording
from training.run_report import is_number

Chart = dict[str, Any]
KIND = "solve"
SHARES = ("accuracy", "format", "finished")


def charts(report: Mapping[str, Any]) -> list[Chart]:
    """Everything that can be drawn of a report of problems."""
    models = {_("this model"): report.get("solved"), _("compared with"): report.get("baseline")}
    known = {name: found for name, found in models.items() if isinstance(found, Mapping)}
    parts = [
        _dots("solved", _("Share of the problems"), known, "overall", SHARES),
        _pass_at_k(known),
        _dots("reflective", _("Reflective words per response"), known, "reflective"),
    ]
    return [chart for chart in parts if chart]


def _dots(
    name: str,
    title: str,
    models: Mapping[str, Mapping[str, Any]],
    part: str,
    shares: tuple[str, ...] = (),
) -> Chart | None:
    """The figures of a part of the reports as rows (the ``shares``, else all), models as dots."""
    found = {model: report.get(part) for model, report in models.items()}
    parts = {model: each for model, each in found.items() if isinstance(each, Mapping)}
    keys = shares or tuple(dict.fromkeys(key for each in parts.values() for key in each))
    rows = [
        {
            "name": wording.name_of(key) if shares else key,
            "points": [_point(each.get(key)) for each in parts.values()],
        }
        for key in keys
    ]
    rows = [row for row in rows if any(row["points"])]
    if not rows:
        return None
    return {
        "id": name,
        "type": "dots",
        "title": title,
        "format": "percent" if shares else "number",
        "series": list(parts),
        "rows": rows,
    }


def _pass_at_k(models: Mapping[str, Mapping[str, Any]]) -> Chart | None:
    """How often one of k attempts is right, by k."""
    lines = []
    for model, report in models.items():
        found = report.get("pass_at_k")
        known = {int(k): _point(v) for k, v in found.items()} if isinstance(found, Mapping) else {}
        points = [(k, point) for k, point in sorted(known.items()) if point]
        if points:
            lines.append(
                {
                    "name": model,
                    "points": [[k, point["value"]] for k, point in points],
                    "band": [[k, point.get("low"), point.get("high")] for k, point in points],
                }
            )
    if not lines:
        return None
    return {
        "id": "pass_at_k",
        "type": "line",
        "title": _("Solved by one of k attempts (pass@k)"),
        "x_label": "k",
        "format": "percent",
        "series": lines,
    }


def _point(figure: Any) -> dict[str, Any] | None:
    """A figure with its ends, however it stands in a report."""
    if is_number(figure):
        return {"value": figure}
    if not isinstance(figure, Mapping) or not is_number(figure.get("value")):
        return None
    return {end: figure[end] for end in ("value", "low", "high") if is_number(figure.get(end))}
