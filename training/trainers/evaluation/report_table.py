"""An evaluation's report as a table for a terminal: plain text, one line per figure and part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

WIDTH = 28
POLICY_DIGITS = 4


def report_table(report: Mapping[str, Any]) -> str:
    """The verdict, accuracy beside its baselines, every breakdown with more than one part."""
    lines = [str(report["verdict"]), "", *_overall(report["overall"])]
    similar = report.get("length", {}).get("similar")
    if similar:
        lines.append(_line("pairs of similar length", _counted(similar)))
    for key, parts in report.items():
        if key.startswith("by_") and isinstance(parts, Mapping) and len(parts) > 1:
            lines += ["", key.replace("_", " "), *_parts(parts)]
    if report.get("held_out_labelers"):
        lines += ["", "held-out labelers", *_parts(report["held_out_labelers"])]
    if report.get("calibration"):
        lines += ["", *_calibration(report["calibration"])]
    if report.get("rewardbench"):
        lines += ["", _line("RewardBench", f"{report['rewardbench']['score']:.1%}")]
    if report.get("policy"):
        lines += ["", *_policy(report["policy"])]
    return "\n".join(lines)


def _overall(figures: Mapping[str, Any]) -> Iterable[str]:
    yield _line("accuracy", _share(figures, "accuracy"))
    for name, words in [
        ("accuracy_longer", "choosing the longer"),
        ("accuracy_shorter", "choosing the shorter"),
        ("accuracy_first", "choosing the first shown"),
    ]:
        if figures.get(name) is not None:
            yield _line(words, f"{figures[name]:.1%}")
    yield _line("pairs, prompts", f"{figures['pairs']}, {figures['prompts']}")


def _parts(parts: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for name, figures in parts.items():
        yield _line(f"  {name}", _counted(figures))


def _calibration(curve: Mapping[str, Any]) -> Iterable[str]:
    yield _line(
        "calibration error", f"{curve['error']:.3f} (by chance {curve['error_if_calibrated']:.3f})"
    )
    if curve["temperature"] is not None:
        yield _line("temperature", f"{curve['temperature']:.2f}")
    yield _line("  predicted", "observed")
    for one in curve["bins"]:
        yield _line(f"  {one['predicted']:.1%}", f"{_share(one, 'observed')}  n = {one['pairs']}")


def _policy(figures: Mapping[str, Any]) -> Iterable[str]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            ends = f" ({value['low']:.{POLICY_DIGITS}g} to {value['high']:.{POLICY_DIGITS}g})"
            yield _line(name, f"{value['value']:.{POLICY_DIGITS}g}{ends}")
        elif value is not None:
            yield _line(name, f"{value:.{POLICY_DIGITS}g}")


def _counted(figures: Mapping[str, Any]) -> str:
    count = figures.get("pairs", figures.get("judgments"))
    return f"{_share(figures, 'accuracy')}  n = {count}"


def _share(figures: Mapping[str, Any], key: str) -> str:
    low, high = figures.get(f"{key}_low"), figures.get(f"{key}_high")
    ends = "" if low is None or high is None else f" ({low:.1%} to {high:.1%})"
    return f"{figures[key]:.1%}{ends}"


def _line(name: str, value: str) -> str:
    return f"{name:{WIDTH}} {value}"
