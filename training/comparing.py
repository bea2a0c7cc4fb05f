"""Two to four runs side by side: settings that differ, figures, curves, and texts to one prompt.

The difference of two accuracies is told with its interval where both runs were measured on the same
held-out pairs (`outputs/outcomes.jsonl`): prompts are drawn again, each with what both runs made of
it, so that what is hard for both does not blur the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy

from training import comparing_rewards, curves, evaluation_charts, run_report, wording
from training.comparing_rewards import RewardDifference
from training.durable_files import read_lines
from training.models import Run
from training.run_dir import RunDir
from training.run_report import Figure, is_number
from training.sample_texts import Message, Text, texts_by_prompt
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

_TRAINER = gettext_lazy("Kind")
_SNAPSHOT = gettext_lazy("Snapshot")
_STARTED_FROM = gettext_lazy("Start from")

MOST_RUNS = 4
FEWEST_PROMPTS = 2
SHOWN_PROMPTS = 6


@dataclass(frozen=True)
class Setting:
    """One setting in every run, as it reads; None where a run's trainer does not have it."""

    name: str
    values: list[str | bool | None]


@dataclass(frozen=True)
class FigureRow:
    """One figure in every run; None where a run has none of this name."""

    name: str
    figures: list[Figure | None]


@dataclass(frozen=True)
class Difference:
    """How much more often `run` is right than the first run, on the prompts that both answered."""

    run: Run
    value: float
    low: float
    high: float
    prompts: int
    pairs: int

    @property
    def text(self) -> str:
        """In points of a percentage, with a sign."""
        return f"{100 * self.value:+.1f}"

    @property
    def interval(self) -> str:
        """The interval, likewise."""
        return f"{100 * self.low:+.1f} – {100 * self.high:+.1f}"

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class AnsweredByAll:
    """A prompt with the newest text of every run; None where one was not asked it."""

    prompt: list[Message]
    by_run: list[tuple[Run, Text | None]]


@dataclass(frozen=True)
class Comparison:
    """Everything that is told of runs side by side, the first being the one to compare with."""

    runs: list[Run]
    settings: list[Setting]
    figures: list[FigureRow]
    differences: list[Difference]
    rewards: list[RewardDifference]
    texts: list[AnsweredByAll]


def compare(runs: Sequence[Run]) -> Comparison:
    """Read what the runs left and put it side by side."""
    return Comparison(
        runs=list(runs),
        settings=_settings(runs),
        figures=_figures(runs),
        differences=[found for run in runs[1:] for found in [difference(runs[0], run)] if found],
        rewards=[
            found for run in runs[1:] for found in comparing_rewards.differences(runs[0], run)
        ],
        texts=_texts(runs),
    )


def charts(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """What was measured on held-out labels, then the curves, each with all runs in it."""
    names = _names(runs)
    reports = {
        name: run_report.read_object(run.path / "outputs" / "report.json")
        for name, run in zip(names, runs, strict=True)
    }
    keys = dict.fromkeys(key for report in reports.values() for key in report)
    overall = {name: report.get("overall") for name, report in reports.items()}
    parts = [evaluation_charts.overall(overall)]
    parts += [
        evaluation_charts.accuracy_by(key, {n: r.get(key) for n, r in reports.items()})
        for key in keys
        if key.startswith("by_") or key in evaluation_charts.GROUPS
    ]
    parts.append(
        evaluation_charts.calibration_of({n: r.get("calibration") for n, r in reports.items()})
    )
    records = {
        name: RunDir(run.path).read_progress()[0] for name, run in zip(names, runs, strict=True)
    }
    return [chart for chart in parts if chart] + curves.overlaid(records)


def difference(first: Run, other: Run) -> Difference | None:
    """The paired difference of accuracies; None where too few prompts have the same pairs."""
    before, after = _outcomes(first), _outcomes(other)
    shared = [
        (prompt, before[prompt], after[prompt])
        for prompt in before
        if prompt in after and before[prompt][1] == after[prompt][1]
    ]
    if len(shared) < FEWEST_PROMPTS:
        return None
    gained = np.array([now[0] - then[0] for _prompt, then, now in shared], dtype=np.float64)
    pairs = np.array([then[1] for _prompt, then, _now in shared], dtype=np.float64)
    drawn = PromptBootstrap([prompt for prompt, _then, _now in shared])
    value, low, high = drawn.ratio(gained, pairs, shares=False)
    return Difference(other, value, low, high, len(shared), int(pairs.sum()))


def _outcomes(run: Run) -> dict[str, tuple[float, float]]:
    """By prompt: how many of its pairs the run got right, and how many there are."""
    lines, _offset = read_lines(run.path / "outputs" / "outcomes.jsonl", 0)
    return {
        str(line["prompt"]): (line["correct"], line["pairs"])
        for line in lines
        if "prompt" in line and is_number(line.get("correct")) and is_number(line.get("pairs"))
    }


def _settings(runs: Sequence[Run]) -> list[Setting]:
    told = [{name: value for name, value, _changed in run_report.settings(run)} for run in runs]
    for run, known in zip(runs, told, strict=True):
        known[str(_TRAINER)] = str(wording.TRAINERS[run.trainer].title)
        known[str(_SNAPSHOT)] = run.snapshot.name if run.snapshot else "–"
        known[str(_STARTED_FROM)] = str(run.parent) if run.parent else "–"
    names = [str(each) for each in (_TRAINER, _SNAPSHOT, _STARTED_FROM)]
    names = list(dict.fromkeys([*names, *(name for known in told for name in known)]))
    rows = [Setting(name, [known.get(name) for known in told]) for name in names]
    return [row for row in rows if any(value != row.values[0] for value in row.values)]


def _figures(runs: Sequence[Run]) -> list[FigureRow]:
    found = []
    for run in runs:
        report = run_report.read_object(run.path / "outputs" / "report.json")
        figures = (report.get("overall") or {}) | (report.get("policy") or {})
        metrics = {
            key: value
            for key, value in (run.result.get("metrics") or run.metrics).items()
            # The report says the same of the same evaluation, under its own name.
            if key.removeprefix(curves.HELD_OUT_PREFIX) not in figures
        }
        rows = run_report.result_rows({**metrics, **figures})
        found.append({row.key: row for row in run_report.telling_first(rows)})
    names = dict.fromkeys(key for rows in found for key in rows if "/" not in key)
    return [FigureRow(wording.name_of(key), [rows.get(key) for rows in found]) for key in names]


def _texts(runs: Sequence[Run]) -> list[AnsweredByAll]:
    written = [texts_by_prompt(run) for run in runs]
    prompts: dict[str, list[Message]] = {
        key: prompt for texts in written for key, (prompt, _texts) in texts.items()
    }
    found = []
    for key, prompt in prompts.items():
        texts = [each[key][1][-1] if key in each else None for each in written]
        if sum(text is not None for text in texts) > 1:
            found.append(AnsweredByAll(prompt, list(zip(runs, texts, strict=True))))
    return found[:SHOWN_PROMPTS]


def _names(runs: Sequence[Run]) -> list[str]:
    """The runs' names, numbered where two are called alike."""
    names = [run.name for run in runs]
    return [
        name if names.count(name) == 1 else f"{name} ({place})"
        for place, name in enumerate(names, 1)
    ]
