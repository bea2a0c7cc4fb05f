"""Problems are answered by both models alike, judged, and told apart with intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from training.run_dir import RunDir
from training.trainers import solve as solving
from training.trainers.config_fields import ConfigError
from training.trainers.configs import SolveConfig
from training.trainers.data.labelled_prompts import DataError
from training.trainers.evaluation.solve_table import solve_table
from training.trainers.loop.command_line import StopWatch
from training.trainers.policies.sampling import Sampled


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    file = tmp_path / "problems.jsonl"
    rows = [
        {"question": f"What is {n} and {n}?", "answer": f"It is\n#### {2 * n}"} for n in range(9)
    ]
    rows.append({"question": "Why?", "answer": ""})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def solved(path: Path, tiny: Path, problems: Path, **changes: Any) -> tuple[RunDir, dict[str, Any]]:
    given = {
        "model": str(tiny), "prompts_file": str(problems), "n": 3, "k": "1,3", "limit": 6,
        "max_new_tokens": 5, "threads": 1, "instruction": "Box it.", "batch_size": 6,
    }  # fmt: skip
    config = SolveConfig.from_dict(given | changes)
    run = RunDir(path)
    run.create(config.as_dict())
    return run, solving.solve(run, config, StopWatch(run))


def test_a_model_against_itself_differs_nowhere(
    tiny: Path, problems: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, result = solved(tmp_path / "run", tiny, problems, baseline=str(tiny))
    metrics = result["metrics"]
    assert metrics["prompts"] == 6
    assert metrics["accuracy"] == metrics["baseline_accuracy"]
    assert metrics["difference_response_tokens"] == 0
    assert metrics["difference_accuracy_low"] < 0 < metrics["difference_accuracy_high"]
    assert "not clearly different from the baseline's" in metrics["verdict"]
    report = json.loads((run.path / result["outputs"]["report"]).read_text())
    assert set(report["solved"]) == {"overall", "pass_at_k", "reflective"}
    assert solve_table(report) in capsys.readouterr().out
    lines = [
        json.loads(line)
        for line in (run.path / result["outputs"]["problems"]).read_text().splitlines()
    ]
    assert [line["reference"] for line in lines] == ["0", "2", "4", "6", "8", "10"]
    assert all(len(line["solved"]) == len(line["baseline"]) == 3 for line in lines)
    asked = (run.path / "stages" / "problems.jsonl").read_text()
    assert asked.count("Box it.") == 6


def test_what_is_written_is_judged(
    tiny: Path, problems: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that boxes 4 three times of four: of six problems it solves one."""
    texts = [r"Wait, \boxed{4}", r"now \boxed{ 4.0 }", r"so \boxed{4}", "4 it is"]

    def write(model: Any, tokenizer: Any, prompts: Any, seeds: Any, sampling: Any) -> Any:
        assert sampling.stop_at_box
        answers = [Sampled(text=t, tokens=[5, 2], finished=True, logp=-1.0) for t in texts]
        return [answers for _ in prompts]

    monkeypatch.setattr("training.trainers.generate.sample_responses", write)
    _, result = solved(tmp_path / "run", tiny, problems, n=4, k="1,2", extract="boxed")
    metrics = result["metrics"]
    assert metrics["accuracy"] == pytest.approx(0.75 / 6)
    assert metrics["pass_at_1"] == pytest.approx(0.75 / 6)
    assert metrics["pass_at_2"] == pytest.approx(1 / 6)
    assert metrics["format"] == pytest.approx(0.75)
    assert metrics["reflective_wait"] == pytest.approx(0.25)
    assert metrics["verdict"].startswith("12.5% (")
    again, _ = solved(tmp_path / "again", tiny, problems, n=4, k="1,2", extract="number")
    report = json.loads((again.path / "outputs" / "report.json").read_text())
    assert report["solved"]["overall"]["accuracy"]["value"] == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": "4"}, "k is '4' but n is 3"),
        ({"k": "some"}, "k is 'some': give whole numbers"),
        ({"k": "0,1"}, "k is '0,1': give whole numbers"),
        ({"temperature": 0.0}, "temperature is 0"),
        ({"dataset": "d"}, "exactly one of the two"),
        ({"model": "tiny"}, "has learned nothing yet"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], message: str) -> None:
    given = {"model": "m", "prompts_file": "p", "n": 3, "k": "1"}
    with pytest.raises(ConfigError, match=message):
        SolveConfig.from_dict(given | changes)


def test_problems_without_answers_are_refused(tiny: Path, tmp_path: Path) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text('{"prompt": "Why?"}\n')
    with pytest.raises(DataError, match="No prompt has a known answer"):
        solved(tmp_path / "run", tiny, file)
