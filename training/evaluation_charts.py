"""The report of an evaluation as charts: accuracy by part beside baselines, calibration, length.

Pure functions on `RUN/outputs/report.json`, which `evaluate` writes at its end and a training run
at every evaluation; the JSON is what `charts.js` draws. What a report lacks is not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from training import wording
from training.run_report import is_number

Chart = dict[str, Any]

MOST_ROWS = 40
"""Rows of one chart: sources and labelers may be very many."""

BASELINES = ("accuracy_longer", "accuracy_first")

GROUPS = ("heads", "members", "held_out_labelers")
"""Parts that are no breakdown of the same pairs; they are drawn alike, even a single one."""


def charts(report: Mapping[str, Any]) -> list[Chart]:
    """Everything that can be drawn of a report, in the order in which one asks."""
    parts = [
        part
        for key, value in report.items()
        if key.startswith("by_") or key in GROUPS
        for part in [accuracy_by(key, {wording.name_of("accuracy"): value})]
    ]
    drawn = [
        overall({_("this model"): report.get("overall")}),
        *_calibration(report.get("calibration")),
    ]
    return [chart for chart in (*drawn, *parts, _length(report.get("length"))) if chart]


def accuracy_by(key: str, found: Mapping[str, Any]) -> Chart | None:
    """Accuracy by part with its intervals: of one report beside its baselines, or of several.

    ``found`` holds, by the name that its dots shall have, what each report says under `key`.
    """
    named = {name: _by_name(parts) for name, parts in found.items()}
    known = {name: parts for name, parts in named.items() if parts}
    names = list(dict.fromkeys(part for parts in known.values() for part in parts))
    fewest = 1 if key in GROUPS else 2
    if not known or len(names) < fewest:
        return None
    alone = next(iter(known.values())) if len(known) == 1 else None
    compared = _baselines(alone) if alone is not None else []
    rows = []
    for name in names[:MOST_ROWS]:
        points = [_point(parts.get(name), "accuracy") for parts in known.values()]
        points += [_point(alone.get(name), base) for base in compared if alone is not None]
        rows.append({"name": wording.value_of(name), "note": _pairs(known, name), "points": points})
    if not any(point for row in rows for point in row["points"]):
        return None
    return {
        "id": key,
        "type": "dots",
        "title": _accuracy_title(key),
        "format": "percent",
        "series": [*known, *(wording.name_of(base) for base in compared)],
        "rows": rows,
        "note_label": _("Pairs"),
        "reference": {"name": _("chance"), "value": 0.5},
    }


def calibration_of(found: Mapping[str, Any]) -> Chart | None:
    """Calibration curves by the name of each line, with the line of what is well calibrated."""
    lines = []
    for name, calibration in found.items():
        bins = _rows(calibration, "bins", "predicted", "observed")
        if bins:
            lines.append(
                {
                    "name": name,
                    "points": [[each["predicted"], each["observed"]] for each in bins],
                    "band": [
                        [each["predicted"], each.get("observed_low"), each.get("observed_high")]
                        for each in bins
                    ],
                }
            )
    if not lines:
        return None
    places = [x for line in lines for x, _y in line["points"]]
    ends = [min(places), max(places)]
    calibrated = {"name": _("well calibrated"), "points": [[end, end] for end in ends]}
    return {
        "id": "calibration",
        "type": "line",
        "title": _("Calibration: how often it is right, by how sure it is"),
        "x_label": _("stated probability"),
        "format": "percent",
        "x_format": "percent",
        "series": [*lines, calibrated],
    }


def overall(found: Mapping[str, Any]) -> Chart | None:
    """The accuracy of each report in `found`, by its name, with the baselines of all."""
    known = {name: figures for name, figures in found.items() if isinstance(figures, dict)}
    base = next(iter(known.values()), {})
    rows = [
        {"name": name, "points": [_point(figures, "accuracy"), None]}
        for name, figures in known.items()
        if is_number(figures.get("accuracy"))
    ]
    if not rows:
        return None
    rows += [
        {"name": wording.name_of(key), "points": [None, _point(base, key)]}
        for key in BASELINES
        if is_number(base.get(key))
    ]
    return {
        "id": "overall",
        "type": "dots",
        "title": _("Held-out accuracy"),
        "format": "percent",
        "series": [_("Accuracy"), _("Baseline")],
        "rows": rows,
        "reference": {"name": _("chance"), "value": 0.5},
    }


def _calibration(found: Any) -> list[Chart | None]:
    bins = _rows(found, "bins", "low", "high", "pairs")
    counts = {
        "id": "calibration_pairs",
        "type": "bars",
        "title": _("How many pairs stand behind each point"),
        "y_label": _("Pairs"),
        "bars": [
            {"name": f"{each['low']:.0%} – {each['high']:.0%}", "value": each["pairs"]}
            for each in bins
        ],
    }
    return [calibration_of({_("this model"): found}), counts if bins else None]


def _length(found: Any) -> Chart | None:
    bins = _rows(found, "bins", "low", "high", "mean")
    if not bins:
        return None
    middles = [(each["low"] + each["high"]) / 2 for each in bins]
    return {
        "id": "length",
        "type": "line",
        "title": _("Reward by length of the response"),
        "x_label": wording.name_of(str(found.get("unit") or "tokens")),
        "format": "number",
        "series": [
            {
                "name": _("mean reward"),
                "points": [[x, each["mean"]] for x, each in zip(middles, bins, strict=True)],
                "band": [
                    [x, each.get("mean_low"), each.get("mean_high")]
                    for x, each in zip(middles, bins, strict=True)
                ],
            }
        ],
    }


def _by_name(parts: Any) -> dict[str, Any]:
    """Parts by name; those of a list go by their numbers."""
    if isinstance(parts, list):
        return {str(number): part for number, part in enumerate(parts, 1)}
    return parts if isinstance(parts, dict) else {}


def _baselines(parts: Mapping[str, Any]) -> list[str]:
    """Which baselines some part has: of length and place, or what other labelers say."""
    return [
        base
        for base in (*BASELINES, "accuracy_others")
        if any(isinstance(part, dict) and is_number(part.get(base)) for part in parts.values())
    ]


def _accuracy_title(key: str) -> str:
    part = wording.name_of(key)
    if key.startswith("by_"):
        part = part[:1].lower() + part[1:]
    return _("Accuracy: {part}").format(part=part)


def _point(figures: Any, key: str) -> dict[str, Any] | None:
    value = figures.get(key) if isinstance(figures, dict) else None
    if not is_number(value):
        return None
    ends = {end: figures.get(f"{key}_{end}") for end in ("low", "high")}
    return {"value": value} | {end: at for end, at in ends.items() if is_number(at)}


def _pairs(known: Mapping[str, Any], name: str) -> str:
    parts = [each[name] for each in known.values() if isinstance(each.get(name), dict)]
    counts = [part.get("pairs", part.get("judgments")) for part in parts]
    return " / ".join(dict.fromkeys(f"{count:,}" for count in counts if is_number(count)))


def _rows(found: Any, key: str, *needed: str) -> list[dict[str, Any]]:
    """The entries of a list that have all the numbers `needed`."""
    entries = found.get(key) if isinstance(found, dict) else None
    return [
        entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and all(is_number(entry.get(name)) for name in needed)
    ]
