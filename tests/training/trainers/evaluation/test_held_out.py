"""The report on held-out comparisons: its files, what stands in them, and its leading figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from training.run_dir import RunDir
from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.data.votes import Vote
from training.trainers.evaluation.held_out import HeldOutReport, leading_figures, write_report
from training.trainers.models.default_model import ModelError


def example(number: int, p_better: float, *, criterion: str = "helpful") -> Example:
    votes = (Vote(labeler="in", preference=1.0), Vote(labeler="out", preference=0.0))
    label = Labelled(
        better=0, worse=1, p_better=p_better, p_worse=1 - p_better, p_tie=0.0, margin=0.0,
        votes=votes,
    )  # fmt: skip
    return Example(
        id=str(number), cluster=f"c{number:03}", prompt=[1], responses=[[2], [3, 4]],
        chars=[5 + number % 3, 6], comparisons=[label], messages=[], language="en",
        kind="pairwise", criterion=criterion,
    )  # fmt: skip


def planted(scale: float = 1.0, size: int = 400) -> HeldOutReport:
    """Scores whose gaps, times ``scale``, are the log odds of the posteriors."""
    rng = np.random.default_rng(0)
    report = HeldOutReport(scale=scale, resamples=200)
    gaps = np.abs(rng.normal(scale=2, size=size))
    batch = [
        example(n, float(expit(gap)), criterion="helpful" if n % 2 else "harmless")
        for n, gap in enumerate(gaps)
    ]
    scores = [value for gap in gaps / scale for value in (3.0 + gap, 3.0)]
    opposite = [-value for value in scores]
    heads = {"helpful": scores, "harmless": opposite}
    for start in range(0, size, 50):
        part = slice(2 * start, 2 * (start + 50))
        report.add(
            batch[start : start + 50],
            scores[part],
            heads={name: values[part] for name, values in heads.items()},
            members=[scores[part], opposite[part]],
        )
    return report


def test_the_files_and_the_leading_figures(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    figures = planted().write(
        run,
        about={"model": "m", "split": "validation"},
        step=50,
        labelers={"out"},
        policy={"kl_k3": {"value": 1.0, "low": 0.5, "high": 1.5}, "distinct_1": 0.4},
    )
    report = json.loads((run.outputs_path / "report.json").read_text())
    kept = json.loads((tmp_path / "evaluations" / "step-00000050.json").read_text())
    assert kept == report
    assert (report["model"], report["split"], report["step"]) == ("m", "validation", 50)
    assert report["overall"]["accuracy"] == figures["accuracy"] == 1.0
    assert set(report["by_criterion"]) == {"helpful", "harmless"}
    assert report["by_labeler"]["in"]["accuracy"] == 1.0
    assert report["held_out_labelers"]["held_out"]["accuracy"] == 0.0
    assert (figures["accuracy_training_labelers"], figures["accuracy_held_out_labelers"]) == (1, 0)
    assert (figures["kl_k3"], figures["kl_k3_low"], figures["distinct_1"]) == (1.0, 0.5, 0.4)
    assert figures["calibration_error"] == report["calibration"]["error"]
    assert report["length"]["similar"]["pairs"] == sum(n % 3 == 1 for n in range(400))
    assert figures["accuracy_similar_length"] == 1.0
    lines = (run.outputs_path / "outcomes.jsonl").read_text().splitlines()
    assert len(lines) == 400
    assert json.loads(lines[0]) == {"prompt": "c000", "pairs": 1, "correct": 1.0}
    assert sorted(p.name for p in run.outputs_path.iterdir()) == ["outcomes.jsonl", "report.json"]


def test_a_long_run_keeps_reports_from_all_of_its_length(tmp_path: Path) -> None:
    report = planted(size=50)
    for step in range(0, 700, 10):
        report.save(RunDir(tmp_path), {"step": step})
    names = sorted(path.stem for path in (tmp_path / "evaluations").iterdir())
    steps = [int(name.removeprefix("step-")) for name in names]
    # The 65th report, of step 640, halved them.
    assert steps == [*range(0, 640, 20), *range(640, 700, 10)]


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_posteriors_are_the_labels_of_the_curve_and_verdicts_the_hard_ones(scale: float) -> None:
    curve = planted(scale).report()["calibration"]
    assert curve["error"] == pytest.approx(0, abs=1e-9)
    assert curve["temperature"] == pytest.approx(1.0, abs=1e-3)
    assert curve["hard"]["error"] > 0.1
    assert curve["hard"]["temperature"] is None


def test_scores_that_are_no_log_odds_have_no_curve() -> None:
    report = HeldOutReport(scale=None, resamples=100)
    report.add([example(0, 0.9), example(1, 0.8)], [1.0, 0.0, 0.0, 1.0])
    found = report.report()
    assert found["calibration"] is None
    assert found["overall"]["accuracy"] == 0.5
    assert "calibration_error" not in leading_figures(found)
    assert (found["heads"], found["members"], found["held_out_labelers"]) == ({}, [], {})


def test_undecided_comparisons_calibrate_but_are_neither_right_nor_wrong() -> None:
    report = HeldOutReport(resamples=100)
    report.add([example(0, 0.9), example(1, 0.5)], [1.0, 0.0, 5.0, 0.0])
    found = report.report()
    assert found["overall"]["pairs"] == 1
    assert found["calibration"]["pairs"] == 2
    assert found["calibration"]["hard"]["pairs"] == 1


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_scores_that_are_no_numbers_are_refused(score: float) -> None:
    with pytest.raises(ModelError, match="no number"):
        HeldOutReport().add([example(0, 0.9)], [score, 0.0])


def test_heads_and_members_have_figures_of_their_own() -> None:
    found = planted().report()
    assert found["heads"]["helpful"]["accuracy"] == 1.0
    assert found["heads"]["harmless"]["by_criterion"]["harmless"]["accuracy"] == 0.0
    assert [member["accuracy"] for member in found["members"]] == [1.0, 0.0]


def test_leading_figures_of_a_benchmark_alone(tmp_path: Path) -> None:
    report = {"verdict": "v", "overall": {"accuracy": 0.7}, "rewardbench": {"score": 0.6}}
    write_report(RunDir(tmp_path), report)
    assert leading_figures(report) == {"accuracy": 0.7, "rewardbench_accuracy": 0.6}
