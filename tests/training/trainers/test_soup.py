"""A soup from two policies and two criteria: its front, its checkpoint, stops anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.training.trainers.soups.two_policies import make_adapters, make_full, make_judge
from tests.training.trainers.test_exact_resume import ImpatientWatch
from training.run_dir import RunDir
from training.trainers.configs import SoupConfig
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_loading import load_policy
from training.trainers.models.tiny_model import make_tiny_model
from training.trainers.soup import cook

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def made(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("soup")
    return {
        "careful": make_adapters(tiny, folder / "careful", 1),
        "brief": make_adapters(tiny, folder / "brief", 2),
        "kind": make_judge(tiny, folder / "kind", ["kind"], seed=3),
        "short": make_judge(tiny, folder / "short", ["short"], seed=4),
    }


def configured(
    path: Path, made: dict[str, Path], pairs_dir: Path, **changes: Any
) -> tuple[RunDir, SoupConfig]:
    values = {
        "dataset": str(pairs_dir), "limit": 4, "n": 2, "max_new_tokens": 4, "threads": 1,
        "batch_size": 8, "grid": 2, "model": str(made["careful"]),
        "other_policies": str(made["brief"]),
        "reward_models": f"{made['kind']},{made['short']}",
    }  # fmt: skip
    config = SoupConfig.from_dict(values | changes)
    run = RunDir(path)
    run.create(config.as_dict())
    return run, config


def front_of(run: RunDir) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.outputs_path / "front.json").read_text())
    return found


@pytest.fixture(scope="module")
def finished(
    made: dict[str, Path], pairs_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunDir:
    run, config = configured(tmp_path_factory.mktemp("run") / "run", made, pairs_dir)
    run.write_result(cook(run, config, StopWatch(run)))
    return run


def test_every_mixture_answers_and_is_judged_by_every_criterion(finished: RunDir) -> None:
    front = front_of(finished)
    assert front["criteria"] == ["kind", "short"]
    assert front["policies"] == ["careful", "brief"]
    points = {point["name"]: point for point in front["points"]}
    assert list(points) == ["1,0", "0,1", "0.5,0.5", "start"]
    assert [point["kind"] for point in front["points"]] == ["end", "end", "soup", "start"]
    assert points["0.5,0.5"]["weights"] == {"careful": 0.5, "brief": 0.5}
    assert points["start"]["weights"] == {}
    text = (finished.outputs_path / "responses.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == 4 * 8
    for name, point in points.items():
        own = [line["rewards"]["kind"] for line in lines if line["mixture"] == name]
        assert point["responses"] == len(own) == 8
        figure = point["rewards"]["kind"]
        assert figure["value"] == pytest.approx(sum(own) / 8)
        assert figure["low"] <= figure["value"] <= figure["high"]
    assert points["start"]["kl"]["value"] == pytest.approx(0, abs=1e-5)
    assert points["1,0"]["kl"]["value"] != 0
    assert any(point["undominated"] for point in front["points"])


def test_the_kept_mixture_loads_in_plain_transformers(
    finished: RunDir, made: dict[str, Path]
) -> None:
    result, checkpoint = finished.result(), finished.best_checkpoint()
    assert result is not None
    assert checkpoint is not None
    chosen = next(
        p for p in front_of(finished)["points"] if p["name"] == front_of(finished)["chosen"]
    )
    assert result["checkpoint"] == checkpoint.name
    assert checkpoint.metrics["reward/kind"] == chosen["rewards"]["kind"]["value"]
    model = AutoModelForCausalLM.from_pretrained(checkpoint.path)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.path)
    assert tokenizer.chat_template
    ends = [load_policy(str(made[name])).model.state_dict() for name in ("careful", "brief")]
    name = "model.layers.0.self_attn.q_proj.weight"
    shares = list(chosen["weights"].values())
    expected = shares[0] * ends[0][name] + shares[1] * ends[1][name]
    assert torch.allclose(model.state_dict()[name], expected, atol=1e-6)
    assert load_policy(str(finished.path)).about["mixture"] == chosen["weights"]
    assert "reward/kind" in (checkpoint.path / "README.md").read_text()
    assert not (finished.path / "ends").exists()
    assert not list(finished.path.glob("points/*/model"))


def test_the_same_after_stops_anywhere(
    finished: RunDir, made: dict[str, Path], pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", made, pairs_dir)
    for patience in (1, 3, 5, 6, 9):
        with pytest.raises(StopTraining):
            cook(run, config, ImpatientWatch(run, patience))
    result = cook(run, config, StopWatch(run))
    assert result == finished.result()
    for file in ("front.json", "responses.jsonl"):
        ours, theirs = ((r.outputs_path / file).read_bytes() for r in (run, finished))
        assert ours == theirs
    weights = [r.latest_checkpoint().path / "model.safetensors" for r in (run, finished)]  # type: ignore[union-attr]
    first, second = map(load_file, weights)
    assert all(torch.equal(first[name], second[name]) for name in first)
    samples = [[(s["step"], s["response"]) for s in r.read_samples()[0]] for r in (run, finished)]
    assert samples[0] == samples[1]
    assert cook(run, config, StopWatch(run)) == result


def test_a_mixture_is_kept_by_request_or_by_what_counts(
    made: dict[str, Path], pairs_dir: Path, tiny: Path, tmp_path: Path
) -> None:
    both = make_judge(tiny, tmp_path / "both", ["kind", "short"], seed=5)
    full = make_full(tiny, tmp_path / "full", 6)
    run, config = configured(
        tmp_path / "run", made, pairs_dir, reward_models=str(both), grid=1, n=1, limit=2,
        other_policies=str(full), chosen="0.9,0.1", temperature=0.7,
    )  # fmt: skip
    cook(run, config, StopWatch(run))
    front = front_of(run)
    assert front["criteria"] == ["kind", "short"]
    assert front["chosen"] == "0.9,0.1"
    assert not any("kl" in point for point in front["points"])
    run, config = configured(
        tmp_path / "other", made, pairs_dir, head_weights="short=1", grid=1, n=1
    )
    cook(run, config, StopWatch(run))
    front = front_of(run)
    mixtures = [point for point in front["points"] if point["kind"] != "start"]
    best = max(mixtures, key=lambda point: point["rewards"]["short"]["value"])
    assert front["chosen"] == best["name"]


def test_policies_of_different_models_are_refused_before_anything_is_sampled(
    made: dict[str, Path], pairs_dir: Path, tmp_path: Path
) -> None:
    other = make_tiny_model(
        tmp_path / "other", ["quite other words here"], hidden_size=32, layers=2, vocab_size=280
    )
    run, config = configured(tmp_path / "run", made, pairs_dir, other_policies=str(other))
    with pytest.raises(ModelError, match="different tokenizers"):
        cook(run, config, StopWatch(run))
    assert not (run.path / "points").exists()
