"""Measures how often a reward model or a policy agrees with held-out preferences.

Writes RUN/outputs/report.json with intervals over prompts, baselines, breakdowns and calibration,
and prints it as a table. A RewardBench-style file may take the data set's place or stand beside it.
Run it with `python -m training.trainers.evaluate RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.run_dir import RunDir
from training.trainers.configs import EvaluateConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.preference_files import dataset_folder
from training.trainers.data.record_datasets import Example, RecordReader
from training.trainers.evaluation.held_out import HeldOutReport, leading_figures, write_report
from training.trainers.evaluation.judges import (
    Verdicts,
    by_policy,
    by_reward,
    choose_scoring,
    load_judge,
)
from training.trainers.evaluation.report_table import report_table
from training.trainers.evaluation.rewardbench import BenchItem, bench_report, read_items
from training.trainers.evaluation.scoring_passes import ScoringPasses
from training.trainers.loop.command_line import Result, StopWatch, main, prepare_machine
from training.trainers.models.model_loading import LoadedModel, resolve_model, reward_members
from training.trainers.models.positions import within_positions


@dataclass
class Material:
    """What is judged: a split's examples, a benchmark's items, and what was seen of both.

    ``held_out_labelers`` are those that the checkpoint says it never learned from.
    """

    split: str = ""
    examples: list[Example] = field(default_factory=list)
    items: list[BenchItem] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    held_out_labelers: list[str] = field(default_factory=list)

    @property
    def everything(self) -> list[Example]:
        """The examples, then those of the items."""
        return [*self.examples, *(item.example for item in self.items)]


def evaluate(run: RunDir, config: EvaluateConfig, stop: StopWatch) -> Result:
    """Score the split's responses, compare with its labels, write the report."""
    device = prepare_machine(config)
    run.append_progress({"step": 0, "phase": "loading", "metrics": {}})
    source = resolve_model(config.model)
    scoring, reference = choose_scoring(config, source)
    loaded = load_judge(config, source, scoring, device)
    material = _read(run, config, loaded)
    passes = ScoringPasses(
        run,
        material.everything,
        batch_size=config.batch_size,
        passes=len(reward_members(source)) if scoring == "reward" else 1 + bool(reference),
        stop=stop,
    )
    verdicts = (
        by_reward(config, source, loaded, passes, device)
        if scoring == "reward"
        else by_policy(config, loaded, reference, passes, device)
    )
    about = {
        "model": config.model,
        "scoring": scoring,
        "reference": reference or None,
        "split": material.split or None,
        "data": material.data,
    }
    report = _report(run, config, material, verdicts, about)
    print(report_table(report))
    return {
        "state": "done",
        "metrics": leading_figures(report)
        | {"verdict": report["verdict"], "split": material.split, "scoring": scoring},
        "checkpoint": None,
        "outputs": {"report": "outputs/report.json"},
    }


def _report(
    run: RunDir,
    config: EvaluateConfig,
    material: Material,
    verdicts: Verdicts,
    about: dict[str, Any],
) -> dict[str, Any]:
    bench: dict[str, Any] = {}
    if material.items:
        scores = verdicts.scores[len(material.examples) :]
        found = bench_report(material.items, scores, resamples=config.resamples)
        bench = {
            "rewardbench": {"file": Path(config.rewardbench).name, "score": found["score"]},
            "by_subset": found["by_subset"],
            "by_section": found["by_section"],
        }
        if not material.examples:
            words = f"{found['score']:.1%} on {len(material.items)} items of a benchmark."
            report = about | {"verdict": words, "overall": found["overall"]} | bench
            write_report(run, report)
            return report
    held_out = HeldOutReport(scale=verdicts.scale, resamples=config.resamples)
    for n, example in enumerate(material.examples):
        held_out.add(
            [example],
            verdicts.scores[n],
            heads={name: values[n] for name, values in verdicts.heads.items()},
            members=[values[n] for values in verdicts.members],
        )
    known = material.held_out_labelers
    report = about | held_out.report(labelers=known, policy=verdicts.policy) | bench
    held_out.save(run, report)
    return report


def _read(run: RunDir, config: EvaluateConfig, loaded: LoadedModel) -> Material:
    text = ChatText(loaded.tokenizer)
    max_length = within_positions(loaded.model, config.max_length)
    material = Material(held_out_labelers=list(loaded.about.get("held_out_labelers", ())))
    if config.dataset:
        folder = dataset_folder(config.dataset, run.path)
        reader = RecordReader(folder, text, max_length=max_length, data=config.data)
        material.split = config.split
        if material.split == "test" and not reader.has("test"):
            material.split = "validation"
        material.examples = reader.examples(material.split, limit=config.limit)
        if not any(c.decided for example in material.examples for c in example.comparisons):
            raise DataError(
                f"The split {material.split} has no decided pair: choose another split."
            )
        material.data = reader.report()
    if config.rewardbench:
        left_out: Counter[str] = Counter()
        material.items = read_items(
            Path(config.rewardbench).expanduser(),
            text,
            max_length=max_length,
            left_out=left_out,
        )
        material.data["rewardbench"] = {"items": len(material.items), "left_out": dict(left_out)}
    return material


if __name__ == "__main__":
    sys.exit(main(EvaluateConfig, evaluate))
