"""Runs that go round: what they write, and that stops anywhere change nothing."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.training.trainers.dataset_fixture import pair, write_split
from tests.training.trainers.test_exact_resume import ImpatientWatch, assert_equal, lines
from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import (
    FilteredDpoConfig,
    IteratedDpoConfig,
    RaftConfig,
    RoundsConfig,
)
from training.trainers.filtered_dpo import JudgedPair, kept_pairs, train_filtered
from training.trainers.iterated_dpo import train_iterated
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.models.model_loading import load_policy
from training.trainers.models.tiny_model import make_tiny_model
from training.trainers.raft import train_raft
from training.trainers.rounds import rounds
from training.trainers.rounds.round_stages import Round

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*pin_memory:UserWarning"),
]

Train = Callable[[RunDir, Any, StopWatch], dict[str, Any]]
KINDS: dict[str, tuple[type[RoundsConfig], Train]] = {
    "raft": (RaftConfig, train_raft),
    "filtered_dpo": (FilteredDpoConfig, train_filtered),
    "iterated_dpo": (IteratedDpoConfig, train_iterated),
}


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reward model with a tokenizer of its own."""
    folder = tmp_path_factory.mktemp("judge")
    base = make_tiny_model(
        folder / "base", ["one two three"], hidden_size=32, layers=1, vocab_size=270, seed=7
    )
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
    model.score.weight.data.normal_(std=2.0, generator=torch.Generator().manual_seed(3))
    model.save_pretrained(folder / "judge")
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "judge")
    return folder / "judge"


def configured(
    kind: str, path: Path, dataset: Path, model: Path, judge: Path, **changes: Any
) -> tuple[RunDir, Any, Train]:
    config_class, train = KINDS[kind]
    values = {
        "dataset": str(dataset), "model": str(model), "reward_model": str(judge), "threads": 1,
        "rounds": 2, "n": 3, "max_new_tokens": 4, "finished_only": False, "max_steps": 2,
        "prompts_per_round": 6, "evaluation_prompts": 3, "learning_rate": 3e-3, "samples": 1,
        "sample_tokens": 3, "sampled_prompts": 0, "evaluate_every": 1, "batch_size": 4,
        "sampling_batch_size": 6,
    }  # fmt: skip
    run = RunDir(path)
    config = config_class.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config, train


def responses(run: RunDir, number: int) -> list[dict[str, Any]]:
    path = run.outputs_path / f"round-{number:02d}" / "responses.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def raft_run(
    tmp_path_factory: pytest.TempPathFactory, tiny: Path, pairs_dir: Path, judge: Path
) -> RunDir:
    """A finished run of two rounds."""
    path = tmp_path_factory.mktemp("rounds") / "run"
    run, config, train = configured("raft", path, pairs_dir, tiny, judge)
    run.write_result(train(run, config, StopWatch(run)))
    return run


def test_raft_imitates_the_best_of_what_it_writes(
    raft_run: RunDir, tiny: Path, judge: Path
) -> None:
    run, result = raft_run, raft_run.result()
    assert result is not None
    assert (result["state"], result["metrics"]["round"] in (1, 2)) == ("done", True)
    first, second = responses(run, 1), responses(run, 2)
    assert len(first) == len(second) == 6 * 3
    for line in first:
        group = [x for x in first if x["prompt_id"] == line["prompt_id"]]
        if line["kept"]:
            assert line["reward"] == max(x["reward"] for x in group if x["reward"] is not None)
    assert sum(line["kept"] for line in first) == 6
    assert {x["prompt_id"] for x in first} != {x["prompt_id"] for x in second}
    assert (run.outputs_path / "round-01" / "dataset" / "demonstration").is_dir()
    latest = run.latest_checkpoint()
    assert latest is not None
    assert (latest.step, latest.score) == (4, latest.metrics["held_out_reward"])
    loaded = load_policy(str(run.path))
    assert loaded.about["reward_model"] == str(judge)
    assert loaded.about["starting_model"] == str(tiny.resolve())
    kls = [
        json.loads((run.outputs_path / f"round-{n:02d}" / "figures.json").read_text())["metrics"]
        for n in (1, 2)
    ]
    assert all("held_out_kl" in figures and "reward_kept" in figures for figures in kls)


def test_a_moved_run_still_finds_what_its_adapters_stand_on(
    raft_run: RunDir, tmp_path: Path
) -> None:
    before = load_policy(str(raft_run.path)).model.state_dict()
    shutil.copytree(raft_run.path, tmp_path / "there")
    raft_run.path.rename(tmp_path / "hidden")
    try:
        after = load_policy(str(tmp_path / "there")).model.state_dict()
    finally:
        (tmp_path / "hidden").rename(raft_run.path)
    assert_equal(dict(before), dict(after))
    assert len(list((tmp_path / "there").glob("rounds/*/learned/checkpoints"))) == 0


@pytest.mark.parametrize("compare", ["best_worst", "ranking"])
def test_iterated_dpo_learns_from_its_own_order(
    compare: str, tiny: Path, rankings_dir: Path, judge: Path, tmp_path: Path
) -> None:
    run, config, train = configured(
        "iterated_dpo", tmp_path / "run", rankings_dir, tiny, judge, compare=compare,
        round_reference="first",
    )  # fmt: skip
    assert train(run, config, StopWatch(run))["state"] == "done"
    learned = [RunDir(run.path / "rounds" / f"round-0{n}" / "learned").config() for n in (1, 2)]
    assert [c["reference_model"] for c in learned] == ["", str(tiny)]
    assert learned[1]["model"] != str(tiny)
    steps = [r["step"] for r in run.read_progress()[0] if r["phase"] == "training"]
    assert steps == [1, 2, 3, 4]
    kept = sum(line["kept"] for line in responses(run, 1))
    assert kept <= (2 if compare == "best_worst" else 3) * 6


@pytest.mark.parametrize("rule", ["own_sample", "top_fraction"])
def test_filtered_dpo_learns_from_pairs_that_the_judge_vouches_for(
    rule: str, tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path
) -> None:
    run, config, train = configured(
        "filtered_dpo", tmp_path / "run", pairs_dir, tiny, judge, rule=rule, n=1, rounds=1,
        prompts_per_round=0, keep_fraction=0.25,
    )  # fmt: skip
    assert train(run, config, StopWatch(run))["state"] == "done"
    judged = responses(run, 1)
    assert len(judged) == 32
    for line in judged:
        if rule == "own_sample":
            own = line["reward_own"]
            assert line["kept"] == (own is not None and line["reward_chosen"] >= own)
    if rule == "top_fraction":
        assert sum(line["kept"] for line in judged) == 8


def test_the_rules_of_filtering() -> None:
    pairs = [
        JudgedPair(row={}, chosen=2.0, rejected=0.0, own=1.0),
        JudgedPair(row={}, chosen=1.0, rejected=1.5, own=0.0),
        JudgedPair(row={}, chosen=0.0, rejected=-1.0, own=3.0),
        JudgedPair(row={}, chosen=5.0, rejected=0.0),
    ]
    assert kept_pairs(pairs, "own_sample", 0.5) == pairs[:2]
    assert kept_pairs(pairs, "agreement", 0.5) == [pairs[0], pairs[2], pairs[3]]
    assert kept_pairs(pairs, "top_fraction", 0.5) == [pairs[0], pairs[3]]


def _end(run: RunDir) -> dict[str, Any]:
    latest = run.latest_checkpoint()
    assert latest is not None
    weights = {path.name: load_file(path) for path in latest.path.glob("*.safetensors")}
    return {"weights": weights, "metrics": latest.metrics}


@pytest.mark.parametrize(
    "kind",
    [kind if kind == "raft" else pytest.param(kind, marks=pytest.mark.long) for kind in KINDS],
)
def test_stopped_often_it_ends_with_the_bits_of_a_run_that_was_not(
    kind: str, tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path
) -> None:
    made = {
        name: configured(
            kind, tmp_path / name, pairs_dir, tiny, judge, prompts_per_round=4, evaluation_prompts=2
        )
        for name in ("whole", "broken")
    }
    run, config, train = made["whole"]
    result = train(run, config, StopWatch(run))
    broken, config, _ = made["broken"]
    for stops in range(40):
        try:
            again = train(broken, config, ImpatientWatch(broken, patience=5 + 7 * stops))
            break
        except StopTraining:
            continue
    assert stops >= 3
    assert again["metrics"] == result["metrics"]
    assert_equal(_end(run), _end(broken))
    for number in (1, 2):
        texts = [
            [(x.get("response"), x["kept"]) for x in responses(one, number)]
            for one in (run, broken)
        ]
        assert texts[0] == texts[1]
    for read in (RunDir.read_progress, RunDir.read_samples):
        assert lines(read(run)[0]) == lines(read(broken)[0])


def test_what_cannot_be_learned_from_is_named(
    tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path
) -> None:
    run, config, train = configured(
        "raft", tmp_path / "run", pairs_dir, tiny, judge, max_new_tokens=1, finished_only=True,
        evaluation_prompts=1, prompts_per_round=1, n=2,
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r"No response of round 1 ended within max_new_tokens"):
        train(run, config, StopWatch(run))


def test_killed_after_learning_a_round_goes_on(
    tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second round's adapters stand on a base that no checkpoint of the run knows of yet."""
    run, config, train = configured("raft", tmp_path / "run", pairs_dir, tiny, judge, n=2)
    measure = rounds._measure

    def killed(one: Round, policy: str) -> dict[str, Any]:
        if one.number == 2:
            raise KeyboardInterrupt
        return measure(one, policy)

    monkeypatch.setattr(rounds, "_measure", killed)
    with pytest.raises(KeyboardInterrupt):
        train(run, config, StopWatch(run))
    monkeypatch.undo()
    assert train(run, config, StopWatch(run))["state"] == "done"
    assert [c.step for c in run.checkpoints()] == [2, 4]


def test_killed_around_its_figures_a_round_is_told_all_the_same(
    tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, config, train = configured("raft", tmp_path / "run", pairs_dir, tiny, judge, n=2, rounds=1)
    write = rounds.write_json

    def killed_before(path: Path, value: dict[str, Any]) -> None:
        if path.name == rounds.FIGURES and path.parent.name == "round-01":
            raise KeyboardInterrupt
        write(path, value)

    def killed_after(path: Path, value: dict[str, Any]) -> None:
        write(path, value)
        if path.name == rounds.FIGURES:
            raise KeyboardInterrupt

    for killed in (killed_after, killed_before, killed_after):
        monkeypatch.setattr(rounds, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            train(run, config, StopWatch(run))
    monkeypatch.undo()
    assert train(run, config, StopWatch(run))["state"] == "done"
    measured = [r for r in run.read_progress()[0] if "held_out_mean_tokens" in r["metrics"]]
    assert {(r["step"], r["metrics"].get("round")) for r in measured} == {(0, None), (2, 1)}


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("raft", {"lora_targets": "no_such_layer"}, "lora_targets names no_such_layer"),
        ("iterated_dpo", {"others": "TINY"}, "is a policy without scores: name a reward model"),
        ("filtered_dpo", {}, "has no preference records"),
        ("raft", {"chat_template": "plain"}, "sampled with the model's own"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sampled(
    kind: str, changes: dict[str, Any], message: str, tiny: Path, rankings_dir: Path, judge: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    given = {name: str(tiny) if value == "TINY" else value for name, value in changes.items()}
    run, config, train = configured(kind, tmp_path / "run", rankings_dir, tiny, judge, **given)
    with pytest.raises(ConfigError, match=message):
        train(run, config, StopWatch(run))
    assert not (run.path / "rounds").exists()


def test_without_a_held_out_split_figures_are_not_called_held_out(
    tiny: Path, judge: Path, tmp_path: Path
) -> None:
    rng = random.Random(0)
    write_split(tmp_path / "data", "train", [pair(n, rng) for n in range(6)])
    run, config, train = configured(
        "raft", tmp_path / "run", tmp_path / "data", tiny, judge, rounds=1, n=2, top_p=0.9
    )
    train(run, config, StopWatch(run))
    latest = run.latest_checkpoint()
    assert latest is not None
    assert latest.score is None
    assert "train_reward" in latest.metrics
    assert latest.metrics["held_out_split"] is None
    assert not {"held_out_reward", "train_kl"} & set(latest.metrics)
