"""Policies that mix several rewards, as charts: one reward against another, and what nothing beats.

Pure functions on `RUN/outputs/front.json`, which a run of reward soups writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _

from training.run_report import is_number, number_text

Chart = dict[str, Any]
Point = Mapping[str, Any]

MOST_PAIRS = 3
"""Pairs of criteria that are drawn: with many criteria there are very many pairs."""

MOST_ROWS = 40


def charts(front: Mapping[str, Any]) -> list[Chart]:
    """One reward against another for the first pairs of criteria, then every point by itself."""
    criteria = [str(name) for name in front.get("criteria") or []]
    points = [
        point
        for point in front.get("points") or []
        if isinstance(point, Mapping) and all(_value(point, name) is not None for name in criteria)
    ]
    if not criteria or not points:
        return []
    pairs = list(combinations(criteria, 2))[:MOST_PAIRS]
    drawn = [
        _against(number, first, second, points) for number, (first, second) in enumerate(pairs)
    ]
    return [*drawn, _by_point(criteria, points)]


def _against(number: int, first: str, second: str, points: list[Point]) -> Chart:
    groups = {
        _("not beaten by another"): [p for p in points if p.get("undominated")],
        _("beaten by another"): [
            p for p in points if not p.get("undominated") and p.get("kind") != "start"
        ],
        _("the start"): [p for p in points if p.get("kind") == "start"],
    }
    return {
        "id": f"front-{number}",
        "type": "line",
        "title": _("{second} against {first}").format(first=first, second=second),
        "x_label": first,
        "format": "number",
        "series": [
            {
                "name": name,
                "points": sorted([_value(p, first), _value(p, second)] for p in some),
                # Only what nothing beats is a front; the rest are points by themselves.
                "loose": place > 0,
            }
            for place, (name, some) in enumerate(groups.items())
            if some
        ],
    }


def _by_point(criteria: list[str], points: list[Point]) -> Chart:
    return {
        "id": "front-points",
        "type": "dots",
        "title": _("Every mixture by every reward"),
        "format": "number",
        "series": criteria,
        "rows": [
            {
                "name": _("the start") if p.get("kind") == "start" else str(p.get("name", "")),
                "note": _kl(p),
                "points": [_ends(p["rewards"][name]) for name in criteria],
            }
            for p in points[:MOST_ROWS]
        ],
        "note_label": "KL",
    }


def _value(point: Point, criterion: str) -> float | None:
    figure = (point.get("rewards") or {}).get(criterion)
    value = figure.get("value") if isinstance(figure, Mapping) else None
    return value if is_number(value) else None


def _ends(figure: Mapping[str, Any]) -> dict[str, Any]:
    return {end: figure[end] for end in ("value", "low", "high") if is_number(figure.get(end))}


def _kl(point: Point) -> str:
    figure = point.get("kl")
    value = figure.get("value") if isinstance(figure, Mapping) else None
    return number_text(value) if value is not None and is_number(value) else ""
