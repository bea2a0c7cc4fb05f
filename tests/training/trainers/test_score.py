"""Scores of given responses by one model and by two, the same bytes after an interruption."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.trainers.short_model import make_short_model
from training.run_dir import RunDir
from training.trainers import score as trainer
from training.trainers.configs import ScoreConfig
from training.trainers.data.labelled_prompts import DataError
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.models.model_loading import load_reward_model
from training.trainers.models.saving import save_checkpoint
from training.trainers.score import score


def reward_model(tiny: Path, folder: Path, seed: int) -> str:
    loaded = load_reward_model(str(tiny), new_head=True)
    torch.manual_seed(seed)
    torch.nn.init.normal_(loaded.model.score.weight)
    folder.mkdir()
    save_checkpoint(
        folder, model=loaded.model, tokenizer=loaded.tokenizer, base=None,
        about={"kind": "reward_model"},
    )  # fmt: skip
    return str(folder)


def line(number: int, responses: int = 2, words: int = 3) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "content": f"Say number {number}."}],
        "responses": [
            {
                "id": 100 * number + place,
                "messages": [{"role": "assistant", "content": f"good {place} " * words}],
            }
            for place in range(responses)
        ],
    }


def prepared(path: Path, model: str, lines: list[dict[str, Any]], **changes: Any):
    run = RunDir(path)
    config = ScoreConfig.from_dict({"model": model, "threads": 1, "batch_size": 2} | changes)
    run.create(config.as_dict())
    (path / "inputs").mkdir()
    written = "".join(json.dumps(each) + "\n" for each in lines)
    (path / "inputs" / "responses.jsonl").write_text(written)
    return run, config


def scores(run: RunDir) -> dict[int, dict[str, float]]:
    text = (run.outputs_path / "scores.jsonl").read_text()
    found = [json.loads(each) for each in text.splitlines()]
    return {each.pop("response"): each for each in found}


def test_every_response_is_scored_as_on_its_own(tiny: Path, tmp_path: Path) -> None:
    model = reward_model(tiny, tmp_path / "rm", 0)
    run, config = prepared(tmp_path / "run", model, [line(1, 3), line(2, 1, 9), line(3)])
    result = score(run, config, StopWatch(run))
    found = scores(run)
    assert sorted(found) == [100, 101, 102, 200, 300, 301]
    assert {each["spread"] for each in found.values()} == {0}
    assert len({each["mean"] for each in found.values()}) == 6
    assert (result["metrics"]["responses"], result["metrics"]["left_out"]) == (6, 0)
    alone = line(1, 3)
    alone["responses"] = alone["responses"][1:2]
    other, config = prepared(tmp_path / "alone", model, [alone])
    score(other, config, StopWatch(other))
    assert scores(other)[101]["mean"] == pytest.approx(found[101]["mean"], abs=1e-5)


def test_the_spread_is_between_models(tiny: Path, tmp_path: Path) -> None:
    one, two = (reward_model(tiny, tmp_path / name, seed) for seed, name in enumerate("ab"))
    found = []
    for number, (model, others) in enumerate([(one, ""), (two, ""), (one, f"{two}, {one}")]):
        run, config = prepared(tmp_path / f"run-{number}", model, [line(1)], others=others)
        score(run, config, StopWatch(run))
        found.append(scores(run))
    first, second, both = found
    for pk in (100, 101):
        a, b = first[pk]["mean"], second[pk]["mean"]
        assert both[pk] == pytest.approx({"mean": (a + b) / 2, "spread": abs(a - b) / 2})


def test_an_interrupted_run_ends_with_the_same_bytes(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "WINDOW", 2)
    one, two = (reward_model(tiny, tmp_path / name, seed) for seed, name in enumerate("ab"))
    lines = [line(number) for number in range(1, 6)]
    whole, config = prepared(tmp_path / "whole", one, lines, others=two)
    score(whole, config, StopWatch(whole))
    broken, config = prepared(tmp_path / "broken", one, lines, others=two)

    class StopsInTheSecondModel(StopWatch):
        def state(self) -> str | None:
            path = broken.outputs_path / "scores-1.jsonl"
            return "preempted" if path.exists() else None

    with pytest.raises(StopTraining):
        score(broken, config, StopsInTheSecondModel(broken))
    with open(broken.outputs_path / "scores-1.jsonl", "a") as torn:
        torn.write('{"scores": [[1')
    score(broken, config, StopWatch(broken))
    assert scores(broken) == scores(whole)
    assert broken.read_progress()[0][-1]["step"] == 6


def test_what_is_too_long_is_left_out_and_nothing_is_refused(tiny: Path, tmp_path: Path) -> None:
    model = reward_model(tiny, tmp_path / "rm", 0)
    run, config = prepared(tmp_path / "run", model, [line(1), line(2, 1, 80)], max_length=64)
    assert score(run, config, StopWatch(run))["metrics"]["left_out"] == 1
    assert sorted(scores(run)) == [100, 101]
    empty, config = prepared(tmp_path / "empty", model, [])
    with pytest.raises(DataError, match="no response to score"):
        score(empty, config, StopWatch(empty))


def test_what_has_more_tokens_than_the_model_positions_is_left_out(
    tiny: Path, tmp_path: Path
) -> None:
    model = make_short_model(tiny, tmp_path / "short", 96, reward=True)
    run, config = prepared(tmp_path / "run", str(model), [line(1), line(2, 1, 80)])
    assert score(run, config, StopWatch(run))["metrics"]["left_out"] == 1
    assert sorted(scores(run)) == [100, 101]


def test_a_broken_line_is_named(tiny: Path, tmp_path: Path) -> None:
    model = reward_model(tiny, tmp_path / "rm", 0)
    run, config = prepared(tmp_path / "run", model, [line(1), {"prompt": []}])
    with pytest.raises(DataError, match="line 2"):
        score(run, config, StopWatch(run))
