"""What `data_report.json` says, for a page: warnings, cost, a decoded example, lengths, the rest.

Trainers write the file before they learn anything, and it is all that a check makes. Keys that are
not known here are shown by their names, so that nothing a trainer reports is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from training import wording
from training.models import Run
from training.run_report import is_number, number_text, read_object
from training.templatetags.durations import duration

HIDDEN = ("dataset",)
SHOWN_APART = ("warnings", "estimate", "example")
LONGEST_EXAMPLE = 6000
COSTS: dict[str, Promise] = {
    "seconds": gettext_lazy("Time in all"),
    "memory_bytes": gettext_lazy("Memory at most"),
    "steps": gettext_lazy("Steps"),
    "seconds_per_step": gettext_lazy("Time of a step"),
}
"""What an estimate says, the most telling first."""

TRAINED = "train"
SPLITS = (TRAINED, "validation", "test")
LENGTHS = ("lengths", "prompt_lengths", "response_lengths")


@dataclass(frozen=True)
class DataReport:
    """The parts of a report; ``costs`` and ``rows`` are names with what stands beside them."""

    warnings: list[str]
    costs: list[tuple[str, str]]
    example: str
    example_figures: list[tuple[str, str]]
    lengths: list[dict[str, Any]]
    rows: list[tuple[str, Any]]


def read(run: Run) -> DataReport | None:
    """The report that `run` wrote; None where it wrote none."""
    found = read_object(run.path / "data_report.json")
    if not found:
        return None
    example = found.get("example")
    example = example if isinstance(example, dict) else {}
    return DataReport(
        warnings=[wording.sentence_of(str(text)) for text in found.get("warnings") or []],
        costs=_costs(found.get("estimate")),
        example=str(example.get("text") or "")[:LONGEST_EXAMPLE],
        example_figures=[
            (wording.name_of(name), number_text(value))
            for name, value in example.items()
            if is_number(value)
        ],
        lengths=_length_charts(found.get("splits")),
        rows=list(_flat({k: v for k, v in found.items() if k not in SHOWN_APART}, "")),
    )


def _costs(estimate: Any) -> list[tuple[str, str]]:
    """Each number of the estimate in the unit that its name ends with."""
    found = estimate if isinstance(estimate, dict) else {}
    return [
        (str(COSTS.get(name) or wording.name_of(name)), _in_unit(name, found[name]))
        for name in [*COSTS, *(name for name in found if name not in COSTS)]
        if is_number(found.get(name))
    ]


def _in_unit(name: str, value: float) -> str:
    if name.endswith("bytes"):
        return str(filesizeformat(value))
    if name == "seconds_per_step" or (name.endswith("seconds") and value < 10):
        return _("%(seconds)s s") % {"seconds": number_text(value)}
    return duration(value) if name.endswith("seconds") else number_text(value)


def _length_charts(splits: Any) -> list[dict[str, Any]]:
    """How many examples are how long, in all and (where it trains) of prompt and responses."""
    charts = []
    for split in SPLITS:
        counted = splits.get(split) if isinstance(splits, dict) else None
        for key in LENGTHS if split == TRAINED else LENGTHS[:1]:
            lengths = counted.get(key) if isinstance(counted, dict) else None
            bars = [
                {"name": wording.name_of(name), "value": count}
                for name, count in (lengths.items() if isinstance(lengths, dict) else ())
                if is_number(count)
            ]
            while bars and not bars[-1]["value"]:
                bars.pop()
            if bars:
                title = f"{wording.name_of(key)}: {wording.name_of(split)}"
                about = {"id": f"{key}-{split}", "title": title, "y_label": _("Number")}
                charts.append({"type": "bars", **about, "bars": bars})
    return charts


def _flat(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if key in HIDDEN or key in LENGTHS:
            continue
        name = f"{prefix}{wording.name_of(str(key))}"
        if isinstance(inner, dict):
            yield from _flat(inner, f"{name} / ")
        elif is_number(inner):
            yield name, number_text(inner)
        elif isinstance(inner, list):
            if inner:
                yield name, ", ".join(str(item) for item in inner[:20])
        elif inner is not None:
            yield name, wording.sentence_of(inner) if isinstance(inner, str) else inner
