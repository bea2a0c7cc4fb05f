"""The report of `solve` in words: one sentence, and a table for a terminal. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

WIDTH = 28
SHARES = ("accuracy", "format", "finished")


def verdict_of(report: Mapping[str, Any]) -> str:
    """How many attempts are right, and whether that is more than the other model's, if any."""
    accuracy = report["solved"]["overall"]["accuracy"]
    own = f"{accuracy['value']:.1%} ({accuracy['low']:.1%} to {accuracy['high']:.1%}) right"
    if "difference" not in report:
        return f"{own}."
    gap = report["difference"]["overall"]["accuracy"]
    base = f"{report['baseline']['overall']['accuracy']['value']:.1%}"
    points = f"{gap['value']:+.1%}, {gap['low']:+.1%} to {gap['high']:+.1%}"
    if gap["low"] > 0:
        return f"{own}: better than the baseline's {base} ({points})."
    if gap["high"] < 0:
        return f"{own}: worse than the baseline's {base} ({points})."
    return f"{own}: not clearly different from the baseline's {base} ({points})."


def solve_table(report: Mapping[str, Any]) -> str:
    """The verdict, then every figure of the model, of the baseline, and their difference."""
    parts = [part for part in ("solved", "baseline", "difference") if part in report]
    titles = "".join(f"{part:>{WIDTH}}" for part in parts)
    lines = [str(report["verdict"]), "", f"{'':20}{titles}"]
    for group in report["solved"]:
        lines += [
            f"{_name(group, name):20}" + "".join(_cells(report, parts, group, name))
            for name in report["solved"][group]
        ]
    lines += ["", f"{report['problems']} problems, {report['attempts']} attempts each"]
    return "\n".join(lines)


def _cells(report: Mapping[str, Any], parts: Iterable[str], group: str, name: str) -> Iterable[str]:
    for part in parts:
        figure = report[part][group][name]
        is_share = group == "pass_at_k" or name in SHARES
        shown = [_number(figure[key], is_share) for key in ("value", "low", "high")]
        yield f"{f'{shown[0]} ({shown[1]} to {shown[2]})':>{WIDTH}}"


def _number(value: float, is_share: bool) -> str:
    return f"{value:.1%}" if is_share else f"{value:.3g}"


def _name(group: str, name: str) -> str:
    if group == "pass_at_k":
        return f"pass@{name}"
    return f'"{name}"' if group == "reflective" else name.replace("_", " ")
