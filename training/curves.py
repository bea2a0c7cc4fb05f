"""Progress lines as charts: which figures share a chart, and no more points than a page needs.

Pure functions on the lines of `progress.jsonl`; the JSON is what `charts.js` draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from training import wording

MAX_POINTS = 400
HELD_OUT_PREFIX = "held_out_"
LEFT_OUT = ("pairs", "prompts", "tokens", "responses")
LEFT_OUT_ENDINGS = ("_low", "_high", "_longer", "_shorter", "_first")
"""What hardly moves over steps, or belongs to a result and not to a curve."""

SMALL_SHARES = ("accuracy", "fraction", "rate_correct")
ORDER = ("loss", "accuracy", "score_margin", "reward_margin")
LAST = ("learning_rate", "grad_norm")

Point = tuple[float, float]


def charts(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line chart per figure; what was measured on held-out prompts goes beside training.

    Records that repeat a step of a phase (after a resume) replace the earlier ones; figures that
    are not numbers are left out.
    """
    series: dict[str, dict[bool, dict[float, float]]] = {}
    for record in records:
        step = record.get("step")
        if not _is_number(step):
            continue
        for name, value in (record.get("metrics") or {}).items():
            if not _is_number(value):
                continue
            base = name.removeprefix(HELD_OUT_PREFIX)
            if base in LEFT_OUT or base.endswith(LEFT_OUT_ENDINGS):
                continue
            held_out = base != name
            series.setdefault(base, {}).setdefault(held_out, {})[step] = value
    return [_chart(name, series[name]) for name in sorted(series, key=_rank)]


def seconds_left(records: Sequence[dict[str, Any]]) -> float | None:
    """How long the remaining steps take at the pace of the last ones; None while nobody knows."""
    timed = [
        (record["time"], record["step"])
        for record in records[-50:]
        if all(_is_number(record.get(key)) for key in ("time", "step", "total_steps"))
    ]
    total = records[-1].get("total_steps") if records else None
    if len(timed) < 2 or not _is_number(total):
        return None
    (first_time, first_step), (last_time, last_step) = timed[0], timed[-1]
    if last_step <= first_step or total < last_step:
        return None
    return (total - last_step) * (last_time - first_time) / (last_step - first_step)


def thin(points: Sequence[Point], most: int = MAX_POINTS) -> list[Point]:
    """At most `most` points that keep the shape: of every stretch its lowest and its highest."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(2 * len(points) / (most - 2))
    kept = {0, len(points) - 1}
    for start in range(0, len(points), size):
        stretch = range(start, min(start + size, len(points)))
        kept |= {
            min(stretch, key=lambda i: points[i][1]),
            max(stretch, key=lambda i: points[i][1]),
        }
    return [points[i] for i in sorted(kept)]


def _chart(name: str, found: dict[bool, dict[float, float]]) -> dict[str, Any]:
    words = {False: _("training"), True: _("held out")}
    return {
        "id": name,
        "type": "line",
        "title": wording.name_of(name),
        "x_label": _("step"),
        "format": "percent" if any(word in name for word in SMALL_SHARES) else "number",
        "series": [
            {"name": words[held_out], "points": thin(sorted(found[held_out].items()))}
            for held_out in sorted(found)
        ],
    }


def _rank(name: str) -> tuple[int, str]:
    if name in ORDER:
        return ORDER.index(name), name
    return len(ORDER) + (name in LAST), name


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
