"""A policy learns from good and bad responses; what measures its drift answers other prompts."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.training.trainers.dataset_fixture import make_unpaired, unpaired, write_split
from training.run_dir import RunDir
from training.trainers.configs import KtoConfig
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.single_responses import JudgedExample
from training.trainers.kto import good_above_bad, train_kto, with_others
from training.trainers.loop.command_line import StopWatch

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*pin_memory:UserWarning"),
]


def configured(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run = RunDir(path)
    values = {
        "dataset": str(dataset), "model": str(model), "learning_rate": 3e-3, "threads": 1,
        "evaluate_every": 0, "samples": 0, "sampled_prompts": 0, "max_steps": 2,
    }  # fmt: skip
    config = KtoConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config


def figures(run: RunDir, phase: str) -> list[dict[str, Any]]:
    return [r["metrics"] for r in run.read_progress()[0] if r["phase"] == phase]


def test_good_responses_become_likelier_than_bad_ones(tiny: Path, tmp_path: Path) -> None:
    data = make_unpaired(tmp_path / "data", train=48, held_out=24)
    run, config = configured(tmp_path / "run", data, tiny, tuning="full", max_steps=24, beta=0.3)
    train_kto(run, config, StopWatch(run))
    before, *_, after = figures(run, "evaluating")
    assert before["held_out_good_above_bad"] == pytest.approx(0.5, abs=0.01)
    assert after["held_out_good_above_bad"] > 0.9
    assert after["held_out_loss"] < before["held_out_loss"]
    good, bad = (
        [f[name] for f in figures(run, "training") if name in f]
        for name in ("reward_good", "reward_bad")
    )
    assert good[-1] > bad[-1]


def test_the_first_loss_is_a_half_since_the_reference_is_the_start(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    for reference in ("kept", "adapters_off"):
        run, config = configured(
            tmp_path / reference, pairs_dir, tiny, reference=reference, label_weights="equal"
        )
        train_kto(run, config, StopWatch(run))
        first = figures(run, "training")[0]
        assert first["loss"] == pytest.approx(0.5, abs=1e-4)
        assert first["kl"] == pytest.approx(0.0, abs=1e-4)


def judged(number: int, cluster: str) -> JudgedExample:
    return JudgedExample(
        id=f"{number}", cluster=cluster, prompt=[1], responses=[[number]], chars=[1],
        comparisons=[], messages=[],
    )  # fmt: skip


def test_the_other_response_is_the_one_before_that_answers_another_prompt() -> None:
    examples = [judged(0, "a"), judged(1, "a"), judged(2, "b"), judged(3, "c"), judged(4, "c")]
    assert [e.other for e in with_others(examples, 8)] == [[4], [4], [1], [2], [2]]
    with pytest.raises(DataError, match="two prompts"):
        with_others(examples[:2], 8)


@pytest.mark.parametrize(
    ("rewards", "good", "expected"),
    [
        ([1.0, 0.0], [True, False], 1.0),
        ([0.0, 1.0], [True, False], 0.0),
        ([1.0, 1.0], [True, False], 0.5),
        ([3.0, 1.0, 2.0, 1.0], [True, True, False, False], 0.625),
        ([1.0], [True], None),
    ],
)
def test_the_share_of_couples_in_order(
    rewards: list[float], good: list[bool], expected: float | None
) -> None:
    assert good_above_bad(rewards, good) == expected


def test_responses_of_one_kind_are_refused(tiny: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    write_split(tmp_path / "data", "train", [unpaired(2 * n, rng) for n in range(4)])
    run, config = configured(tmp_path / "run", tmp_path / "data", tiny)
    with pytest.raises(DataError, match="Every training response is good"):
        train_kto(run, config, StopWatch(run))
