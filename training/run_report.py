"""What a run's page says in numbers and text: results beside baselines, and settings.

Trainers name their figures freely; an interval is a figure with `_low` and `_high` beside it, and
a share (accuracy and its kin) is shown in percent.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from training import wording
from training.models import Run
from training.run_inputs import STARTED_FROM, is_filled_in
from training.trainers.catalog import TRAINERS

SHARES = ("accuracy", "share", "fraction", "rate", "agreement", "finished", "repetition")
NOT_SHARES = ("learning_rate", "count", "tokens", "seconds")
HEADLINES = (
    *("held_out_accuracy", "accuracy", "held_out_reward", "reward", "held_out_loss", "loss"),
    "responses",
)
LIVE_FIGURES = (
    *("loss", "accuracy", "held_out_loss", "held_out_accuracy", "reward", "held_out_reward"),
    *("kl", "held_out_kl", "held_out_win_rate", "responses"),
)
LEADING = (
    *("held_out_reward", "held_out_unseen_reward", "held_out_win_rate"),
    *("held_out_unseen_win_rate", "held_out_kl", "held_out_length"),
)
"""What tells at a glance how a policy did that learned from rewards."""

BASELINE_COLOUR = 5
BASELINES = ("longer", "shorter", "first")


@dataclass(frozen=True)
class Figure:
    """A named number with its interval, where it has one, and how it reads."""

    key: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def is_share(self) -> bool:
        """Whether it reads as a percentage."""
        return _is_share(self.key)

    @property
    def text(self) -> str:
        """The value as people read it."""
        return number_text(self.value, share=self.is_share)

    @property
    def interval(self) -> str:
        """The interval as people read it, or nothing."""
        if self.low is None or self.high is None:
            return ""
        low, high = (number_text(end, share=self.is_share) for end in (self.low, self.high))
        return f"{low} – {high}"


def result_rows(metrics: dict[str, Any], prefix: str = "") -> list[Figure]:
    """Every number of a result in its order; nested ones carry their parents' names."""
    rows: list[Figure] = []
    for key, value in metrics.items():
        if key.endswith(("_low", "_high")) and key.rsplit("_", 1)[0] in metrics:
            continue
        name = f"{prefix}{key}"
        if isinstance(value, dict) and is_number(value.get("value")):
            ends = (value.get("low"), value.get("high"))
            rows.append(
                Figure(name, wording.name_of(name), value["value"], *map(_number_or_none, ends))
            )
        elif isinstance(value, dict):
            rows += result_rows(value, f"{name} / ")
        elif is_number(value):
            ends = (metrics.get(f"{key}_low"), metrics.get(f"{key}_high"))
            rows.append(Figure(name, wording.name_of(name), value, *map(_number_or_none, ends)))
    return rows


def telling_first(rows: list[Figure]) -> list[Figure]:
    """The same rows, those that lead before the rest: stored JSON keeps no order."""

    def rank(row: Figure) -> tuple[int, bool, bool, bool]:
        baseline = row.key.endswith(BASELINES)
        place = LEADING.index(row.key) if row.key in LEADING else len(LEADING)
        return (place, "accuracy" not in row.key, "loss" not in row.key, baseline)

    return sorted(rows, key=rank)


def leading(rows: list[Figure]) -> list[Figure]:
    """Those of the rows that tell at a glance how a policy did; none for other runs."""
    known = {row.key: row for row in rows}
    return [known[key] for key in LEADING if key in known]


def accuracy_chart(rows: list[Figure]) -> dict[str, Any] | None:
    """The accuracies of a result as bars with their intervals, chance marked; None without any."""
    found = [row for row in rows if "accuracy" in row.key and "/" not in row.key]
    if not found:
        return None
    return {
        "type": "bars",
        "title": _("Held-out accuracy"),
        "y_label": _("accuracy"),
        "format": "percent",
        "bars": [
            {
                "name": row.name,
                "value": row.value,
                "low": row.low,
                "high": row.high,
                "colour": BASELINE_COLOUR if row.key.endswith(BASELINES) else 0,
            }
            for row in found
        ],
        "reference": {"name": _("chance"), "value": 0.5},
    }


def verdicts(result: dict[str, Any]) -> list[str]:
    """The sentences that a trainer wrote about its own result."""
    metrics = result.get("metrics", {})
    found = [result.get("verdict"), *(metrics.get(key) for key in ("verdict", "note"))]
    return [wording.sentence_of(text) for text in found if isinstance(text, str)]


def headline(run: Run) -> Figure | None:
    """The one figure that a list shows of a run: its result's, else the latest."""
    for metrics in (run.result.get("metrics", {}), run.metrics):
        rows = {row.key: row for row in result_rows(metrics)}
        for key in HEADLINES:
            if key in rows:
                return rows[key]
    return None


def figures(run: Run) -> list[Figure]:
    """The latest of the figures that one watches during training."""
    rows = {row.key: row for row in result_rows(run.metrics)}
    return [rows[key] for key in LIVE_FIGURES if key in rows]


def settings(run: Run) -> list[tuple[str, Any, bool]]:
    """The run's settings: name, value, and whether it differs from the trainer's default.

    Checkpoints go by their names; the folder of the one that the run started from is left to the
    lineage.
    """
    entry = TRAINERS.get(run.trainer)
    names = {
        (use.role, use.checkpoint.path): str(use.checkpoint)
        for use in (run.inputs.select_related("checkpoint__run") if run.pk else ())
    }
    rows = []
    for info in entry.config.options() if entry else []:
        hidden = is_filled_in(info) or (info.name == STARTED_FROM and run.parent_id)
        if info.name in run.config and not hidden:
            value = run.config[info.name]
            shown = value
            if info.model:
                shown = ", ".join(names.get((info.name, each), each) for each in value.split(","))
            rows.append((wording.name_of(info.name), shown, value != info.default))
    return rows


def number_text(value: float, *, share: bool = False) -> str:
    """Four significant digits, or a percentage with one decimal."""
    if share:
        return f"{100 * value:.1f}%"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:.4g}"


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object; nothing where the file is missing, broken or something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _number_or_none(value: Any) -> float | None:
    return value if is_number(value) else None


def _is_share(key: str) -> bool:
    words = key.lower()
    return any(word in words for word in SHARES) and not any(word in words for word in NOT_SHARES)
