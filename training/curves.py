"""Progress lines as charts, in groups, no more points than a page needs.

Pure functions on the lines of `progress.jsonl`; the JSON is what `charts.js` draws. Which figures
share a chart stands in `curve_groups`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from training import wording
from training.curve_groups import BY_NAME, TOGETHER, folded, group_of, rank
from training.curve_points import binned, is_noisy, moving_average, thin, window_of

MEASURING = "measuring"
"""The phase whose figures say what a step costs, and nothing of learning."""

HELD_OUT_PREFIX = "held_out_"
LEFT_OUT = ("pairs", "prompts", "tokens", "responses", "sqrt_kl")
LEFT_OUT_ENDINGS = ("_longer", "_shorter", "_first")
"""What hardly moves over steps, belongs to a result and not to a curve, or is an axis."""

ENDS = ("_low", "_high")
"""The ends of an interval stand beside their figure."""

SMALL_SHARES = ("accuracy", "fraction", "rate_correct", "win_rate", "finished", "repetition")
PHASES = ("seconds_generate", "seconds_score", "seconds_learn")
BY_KL = (("reward_by_kl", "reward"), ("unseen_reward_by_kl", "unseen_reward"))

Chart = dict[str, Any]
Series = dict[bool, dict[float, float]]


def charts(records: Iterable[dict[str, Any]]) -> list[Chart]:
    """One chart per figure or group of them; held-out prompts stand beside training.

    Records that repeat a step of a phase (after a resume) replace the earlier ones; figures that
    are not numbers are left out.
    """
    known = list(records)
    series = _series(known)
    ends = {name: series.pop(name) for name in list(series) if name.endswith(ENDS)}
    timed = {name: series.pop(name) for name in PHASES if name in series}
    drawn: dict[str, dict[str, Series]] = {}
    for name, found in series.items():
        if name not in LEFT_OUT and not name.endswith(LEFT_OUT_ENDINGS):
            drawn.setdefault(_chart_of(name), {})[name] = found
    made = [_chart(name, found, ends) for name, found in drawn.items()]
    made += [*_by_kl(series), *_time(timed)]
    made.sort(key=lambda chart: rank(chart["id"]))
    return [{**chart, "group": group_of(chart["id"])} for chart in made]


def answer(made: list[Chart], *, live: bool) -> dict[str, Any]:
    """Charts as their address answers with them: with the groups that are folded."""
    return {"charts": made, "groups": folded(made), "live": live}


def overlaid(records: Mapping[str, Iterable[dict[str, Any]]]) -> list[Chart]:
    """The curves of several runs, by their names: a chart for each figure that two of them have."""
    drawn = {
        name: {chart["id"]: chart for chart in charts(lines) if chart["type"] == "line"}
        for name, lines in records.items()
    }
    found = []
    for figure in sorted({figure for known in drawn.values() for figure in known}, key=rank):
        having = {name: known[figure] for name, known in drawn.items() if figure in known}
        if len(having) < 2:
            continue
        series = [
            {
                "name": f"{name}: {line['name']}",
                "points": line["points"],
            }
            for name, chart in having.items()
            # Of several runs the means alone can be told apart.
            for line in (each.get("average", each) for each in chart["series"])
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


def _series(records: Iterable[dict[str, Any]]) -> dict[str, Series]:
    """Every number by its name without prefix, whether it is of held-out prompts, and step."""
    found: dict[str, Series] = {}
    for record in records:
        step = record.get("step")
        if not _is_number(step) or record.get("phase") == MEASURING:
            continue
        for name, value in (record.get("metrics") or {}).items():
            if _is_number(value):
                base = name.removeprefix(HELD_OUT_PREFIX)
                found.setdefault(base, {}).setdefault(base != name, {})[step] = value
    return found


def _chart_of(figure: str) -> str:
    """The chart that a figure stands in: one with others, or its own."""
    for start in BY_NAME:
        if figure.startswith(start):
            return start
    return next((chart for chart, (_t, names) in TOGETHER.items() if figure in names), figure)


def _chart(name: str, found: dict[str, Series], ends: Mapping[str, Series]) -> Chart:
    first = next(iter(found))
    alone = len(found) == 1 and name not in BY_NAME
    title = str(TOGETHER[name][0]) if name in TOGETHER else wording.name_of(name)
    return {
        "id": name,
        "type": "line",
        "title": wording.name_of(first) if alone else title,
        "x_label": _("step"),
        "format": "percent" if any(word in first for word in SMALL_SHARES) else "number",
        "series": [
            _line(
                _line_name("" if alone else figure, held_out=held_out),
                sorted(series[held_out].items()),
                [ends.get(f"{figure}{end}", {}).get(held_out, {}) for end in ENDS],
            )
            for figure, series in found.items()
            for held_out in sorted(series)
        ],
    }


def _line(
    name: str, points: list[tuple[float, float]], ends: Sequence[Mapping[float, float]]
) -> dict[str, Any]:
    """One curve with its interval where every point has one, or its mean where it is noisy."""
    line: dict[str, Any] = {"name": name, "points": thin(points)}
    low, high = ends
    if all(step in low and step in high for step, _value in line["points"]):
        line["band"] = [[step, low[step], high[step]] for step, _value in line["points"]]
    elif is_noisy(points):
        window = window_of(points)
        mean = _("{name}, mean of {count}").format(name=name, count=window)
        line["average"] = {"name": mean, "points": thin(moving_average(points, window))}
    return line


def _by_kl(series: Mapping[str, Series]) -> list[Chart]:
    """What the policy gains for its distance from the start: reward against the root of the KL.

    Gao et al. (2210.10760) draw over-optimisation like this.
    """
    roots = series.get("sqrt_kl", {}).get(True, {})
    made = []
    for chart, figure in BY_KL:
        rewards = series.get(figure, {}).get(True, {})
        points = [(roots[step], rewards[step]) for step in sorted(roots) if step in rewards]
        if len(points) > 1:
            title = _("{figure} against √KL").format(figure=wording.name_of(figure))
            line = {"name": _("held out, step by step"), "points": thin(points)}
            made.append(
                {"id": chart, "type": "line", "title": title, "x_label": "√KL", "format": "number"}
                | {"series": [line]}
            )
    return made


def _time(found: Mapping[str, Series]) -> list[Chart]:
    """Seconds of each phase of a step, on top of one another."""
    if not found:
        return []
    return [
        {
            "id": "time",
            "type": "stack",
            "title": _("Seconds of a step"),
            "x_label": _("step"),
            "format": "number",
            "series": [
                {
                    "name": wording.name_of(name),
                    "points": binned(sorted(series.get(False, {}).items())),
                }
                for name, series in found.items()
            ],
        }
    ]


def _line_name(figure: str, *, held_out: bool) -> str:
    where = _("held out") if held_out else _("training")
    return f"{wording.name_of(figure)}, {where}" if figure else where


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
