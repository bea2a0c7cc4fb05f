"""The report on held-out comparisons that every evaluation writes, of a training run or alone.

Scores come in batch by batch; what they say is written as plain files: RUN/outputs/report.json and
outcomes.jsonl (the latest), and RUN/evaluations/step-N.json for evaluations of a training run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.durable_files import write_json, write_lines
from training.run_dir import RunDir
from training.trainers.data.record_datasets import Example
from training.trainers.evaluation.calibration import calibration
from training.trainers.evaluation.labeler_accuracy import by_labeler, held_out_labelers, judged
from training.trainers.evaluation.length_bias import length_report
from training.trainers.evaluation.pair_accuracy import (
    BREAKDOWNS,
    Outcome,
    accuracy_figures,
    breakdown,
    compared,
    verdict,
)
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap
from training.trainers.models.default_model import ModelError

REPORT, OUTCOMES = "report.json", "outcomes.jsonl"
MOST_KEPT = 64
"""Reports of one run that stay; the leading figures of all are in progress.jsonl anyway."""


class HeldOutReport:
    """Gathers scores of held-out examples and makes the report of them.

    ``scale`` turns a gap of scores into log odds (1 for reward models and for implicit rewards that
    beta has scaled); None where scores predict no probability.
    """

    def __init__(self, *, scale: float | None = 1.0, resamples: int = 2000) -> None:
        self.scale, self.resamples = scale, resamples
        self.compared: list[Outcome] = []
        self._responses: list[tuple[str, float, float]] = []
        self._others: dict[str, list[Outcome]] = {}
        self._members: list[list[Outcome]] = []

    def add(
        self,
        batch: Sequence[Example],
        scores: Sequence[float],
        *,
        heads: Mapping[str, Sequence[float]] | None = None,
        members: Sequence[Sequence[float]] = (),
    ) -> None:
        """Take the scores of a batch's responses, numbered through.

        ``heads`` are the same responses by each head of a model with several, ``members`` by each
        model of an ensemble, whose mean ``scores`` are then. Raises ModelError where a score is no
        number.
        """
        if not np.isfinite(scores).all():
            raise ModelError(
                "The model scores held-out responses with what is no number: its weights are"
                " broken, so train it anew with a lower learning_rate."
            )
        self.compared += _compared(batch, scores)
        for name, values in (heads or {}).items():
            self._others.setdefault(name, []).extend(_compared(batch, values))
        for number, values in enumerate(members):
            if number == len(self._members):
                self._members.append([])
            self._members[number] += _compared(batch, values)
        offset = 0
        for example in batch:
            for chars in example.chars:
                self._responses.append((example.cluster, chars, scores[offset]))
                offset += 1

    @property
    def outcomes(self) -> list[Outcome]:
        """The decided comparisons: those that can be right or wrong."""
        return [outcome for outcome in self.compared if outcome.decided]

    def report(
        self, *, labelers: Collection[str] = (), policy: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Everything that the scores say; ``labelers`` are those held out of training."""
        outcomes = self.outcomes
        draws = PromptBootstrap([o.cluster for o in outcomes], resamples=self.resamples)
        overall = accuracy_figures(outcomes, bootstrap=draws)
        clusters, lengths, scores = zip(*self._responses, strict=True)
        judgments = judged(self.compared)
        return {
            "verdict": verdict(overall),
            "overall": overall,
            **{f"by_{field}": breakdown(outcomes, field, bootstrap=draws) for field in BREAKDOWNS},
            "by_labeler": by_labeler(judgments, resamples=self.resamples),
            "held_out_labelers": held_out_labelers(judgments, labelers, resamples=self.resamples)
            if labelers
            else {},
            "calibration": self._calibration(),
            "length": length_report(
                outcomes, np.array(lengths), np.array(scores), clusters, bootstrap=draws
            ),
            "heads": {name: self._head(values) for name, values in sorted(self._others.items())},
            "members": [self._head(values) for values in self._members],
            "policy": dict(policy or {}),
        }

    def write(
        self,
        run: RunDir,
        *,
        about: Mapping[str, Any],
        step: int | None = None,
        labelers: Collection[str] = (),
        policy: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Make the report, write its files and return its leading figures, for a progress line.

        ``about`` goes to the report's head (model, scoring, reference, split).
        """
        report = {"step": step, **about, **self.report(labelers=labelers, policy=policy)}
        self.save(run, report)
        return leading_figures(report)

    def save(self, run: RunDir, report: dict[str, Any]) -> None:
        """Write a report and the outcomes; one that has a step is kept by its step too."""
        if report.get("step") is not None:
            folder = run.path / "evaluations"
            folder.mkdir(parents=True, exist_ok=True)
            write_json(folder / f"step-{report['step']:08d}.json", report)
            _thin_out(folder)
        write_report(run, report)
        self._write_outcomes(run.outputs_path / OUTCOMES)

    def _calibration(self) -> dict[str, Any] | None:
        if self.scale is None:
            return None
        soft = self._curve(self.compared, [o.target for o in self.compared])
        outcomes = self.outcomes
        return soft | {"hard": self._curve(outcomes, [1.0] * len(outcomes))}

    def _curve(self, outcomes: Sequence[Outcome], targets: Sequence[float]) -> dict[str, Any]:
        log_odds = np.array([o.score_gap for o in outcomes]) * (self.scale or 1.0)
        clusters = [o.cluster for o in outcomes]
        draws = PromptBootstrap(clusters, resamples=self.resamples)
        return calibration(log_odds, np.array(targets), clusters, bootstrap=draws)

    def _head(self, compared: Sequence[Outcome]) -> dict[str, Any]:
        """A head's or member's own figures, and by the criterion that was asked for."""
        outcomes = [outcome for outcome in compared if outcome.decided]
        draws = PromptBootstrap([o.cluster for o in outcomes], resamples=self.resamples)
        return accuracy_figures(outcomes, bootstrap=draws) | {
            "by_criterion": breakdown(outcomes, "criterion", bootstrap=draws)
        }

    def _write_outcomes(self, path: Path) -> None:
        """One line per prompt, so that two runs can be compared prompt by prompt."""
        found: dict[str, list[float]] = {}
        for outcome in self.outcomes:
            found.setdefault(outcome.cluster, []).append(outcome.correct)
        write_lines(
            path,
            [
                {"prompt": name, "pairs": len(right), "correct": sum(right)}
                for name, right in sorted(found.items())
            ],
        )


def write_report(run: RunDir, report: dict[str, Any]) -> None:
    """Write RUN/outputs/report.json."""
    run.outputs_path.mkdir(parents=True, exist_ok=True)
    write_json(run.outputs_path / REPORT, report)


def leading_figures(report: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report belongs into a progress line: numbers by name, some with _low and _high."""
    figures = dict(report["overall"])
    curve = report.get("calibration")
    if curve:
        figures |= {"calibration_error": curve["error"], "log_loss": curve["log_loss"]}
    similar = report.get("length", {}).get("similar")
    if similar:
        for key in ("accuracy", "accuracy_low", "accuracy_high"):
            figures[key.replace("accuracy", "accuracy_similar_length")] = similar[key]
    if report.get("rewardbench"):
        figures["rewardbench_accuracy"] = report["rewardbench"]["score"]
    for name, group in report.get("held_out_labelers", {}).items():
        for key in ("accuracy", "accuracy_low", "accuracy_high"):
            figures[key.replace("accuracy", f"accuracy_{name}_labelers")] = group[key]
    for name, value in report.get("policy", {}).items():
        if isinstance(value, Mapping):
            figures |= {name: value["value"], f"{name}_low": value["low"]}
            figures[f"{name}_high"] = value["high"]
        else:
            figures[name] = value
    return figures


def _thin_out(folder: Path) -> None:
    """Of too many reports every second one goes, never the first or the latest."""
    reports = sorted(folder.glob("step-*.json"))
    if len(reports) > MOST_KEPT:
        for path in reports[1:-1:2]:
            path.unlink()


def _compared(batch: Sequence[Example], scores: Sequence[float]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    offset = 0
    for example in batch:
        count = len(example.responses)
        outcomes += compared(example, scores[offset : offset + count])
        offset += count
    return outcomes
