"""Progress lines as charts: which figures share a chart, and no more points than a page needs.

Pure functions on the lines of `progress.jsonl`; the JSON is what `charts.js` draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from training import wording

MAX_POINTS = 400
MEASURING = "measuring"
"""The phase whose figures say what a step costs, and nothing of learning."""

HELD_OUT_PREFIX = "held_out_"
LEFT_OUT = ("pairs", "prompts", "tokens", "responses")
LEFT_OUT_ENDINGS = ("_low", "_high", "_longer", "_shorter", "_first")
"""What hardly moves over steps, or belongs to a result and not to a curve."""

SMALL_SHARES = ("accuracy", "fraction", "rate_correct")
ORDER = ("loss", "accuracy", "score_margin", "reward_margin")
LAST = ("learning_rate", "grad_norm")

TOGETHER: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "logp": (gettext_lazy("Log-probabilities"), ("logp_chosen", "logp_rejected")),
    "reward": (gettext_lazy("Rewards"), ("reward_chosen", "reward_rejected")),
    "kl": (gettext_lazy("Distance from the reference (KL)"), ("kl_k1", "kl_k3")),
    "distinct": (
        gettext_lazy("Diversity"),
        ("distinct_1", "distinct_2", "distinct_3", "distinct_4", "self_bleu"),
    ),
}
"""Figures that are read against one another share a chart: its title, and which they are."""

Point = tuple[float, float]
Series = dict[bool, dict[float, float]]


def charts(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line chart per figure or group of them; held-out prompts stand beside training.

    Records that repeat a step of a phase (after a resume) replace the earlier ones; figures that
    are not numbers are left out.
    """
    series: dict[str, Series] = {}
    for record in records:
        step = record.get("step")
        if not _is_number(step) or record.get("phase") == MEASURING:
            continue
        for name, value in (record.get("metrics") or {}).items():
            if not _is_number(value):
                continue
            base = name.removeprefix(HELD_OUT_PREFIX)
            if base in LEFT_OUT or base.endswith(LEFT_OUT_ENDINGS):
                continue
            held_out = base != name
            series.setdefault(base, {}).setdefault(held_out, {})[step] = value
    place = {name: chart for chart, (_title, names) in TOGETHER.items() for name in names}
    drawn: dict[str, dict[str, Series]] = {}
    for name in sorted(series, key=_rank):
        drawn.setdefault(place.get(name, name), {})[name] = series[name]
    return [_chart(name, found) for name, found in drawn.items()]


def overlaid(records: Mapping[str, Iterable[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The curves of several runs, by their names: a chart for each figure that two of them have."""
    drawn = {
        name: {chart["id"]: chart for chart in charts(lines)} for name, lines in records.items()
    }
    found = []
    for figure in dict.fromkeys(figure for known in drawn.values() for figure in known):
        having = {name: known[figure] for name, known in drawn.items() if figure in known}
        if len(having) < 2:
            continue
        series = [
            {"name": f"{name}: {line['name']}", "points": line["points"]}
            for name, chart in having.items()
            for line in chart["series"]
        ]
        found.append({**next(iter(having.values())), "id": f"curve-{figure}", "series": series})
    return found


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


def _chart(name: str, found: dict[str, Series]) -> dict[str, Any]:
    alone = len(found) == 1
    title = wording.name_of(next(iter(found))) if alone else str(TOGETHER[name][0])
    return {
        "id": name,
        "type": "line",
        "title": title,
        "x_label": _("step"),
        "format": "percent" if any(word in name for word in SMALL_SHARES) else "number",
        "series": [
            {
                "name": _line_name("" if alone else figure, held_out=held_out),
                "points": thin(sorted(series[held_out].items())),
            }
            for figure, series in found.items()
            for held_out in sorted(series)
        ],
    }


def _line_name(figure: str, *, held_out: bool) -> str:
    where = _("held out") if held_out else _("training")
    return f"{wording.name_of(figure)}, {where}" if figure else where


def _rank(name: str) -> tuple[int, str]:
    if name in ORDER:
        return ORDER.index(name), name
    return len(ORDER) + (name in LAST), name


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
