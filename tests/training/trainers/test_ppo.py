"""Whole runs of PPO: exact resume from any phase, what ends a run, and what is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.training.trainers.reinforcement.ppo_fixture import (
    configured,
    ready,
    settings,
    trained_judge,
)
from tests.training.trainers.test_exact_resume import assert_equal, end_of, lines
from training.durable_files import read_object
from training.run_dir import RunDir
from training.trainers import ppo
from training.trainers.config_fields import ConfigError
from training.trainers.configs import PpoConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.loop.command_line import CheckedOnly, StopWatch
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_loading import load_policy, load_reward_model
from training.trainers.models.tiny_model import make_tiny_model
from training.trainers.policies.sampling import Sampled
from training.trainers.ppo import train_ppo
from training.trainers.reinforcement import experience, learner
from training.trainers.reinforcement.updates import Updates
from training.trainers.rewards.reward_sources import (
    RewardError,
    RewardSources,
    completions_of,
    load_reward_sources,
)
from training.trainers.shared_prompt import Rows, response_scores

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def judge(tiny: Path, pairs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained_judge(tmp_path_factory.mktemp("judges") / "judge", pairs_dir, tiny)


def train(path: Path, config: PpoConfig, stop: type[StopWatch] = StopWatch) -> RunDir:
    run = configured(path, config)
    run.result_path.unlink(missing_ok=True)
    train_ppo(run, config, stop(run))
    return run


def training(run: RunDir) -> list[dict[str, Any]]:
    return [r["metrics"] for r in run.read_progress()[0] if r["phase"] == "training"]


def assert_same_end(one: RunDir, other: RunDir) -> None:
    assert_equal(end_of(one), end_of(other))
    assert lines(one.read_progress()[0]) == lines(other.read_progress()[0])


class StoppedAfterTwo(StopWatch):
    """Says stop once two steps are done."""

    def state(self) -> str | None:
        records, _ = self.run.read_progress()
        return "preempted" if sum(r["phase"] == "training" for r in records) >= 2 else None


def eventful(dataset: Path, model: Path, judge: Path, **changes: Any) -> PpoConfig:
    """Everything that is carried from step to step, over two passes of the prompts."""
    carried = {
        "batch_size": 16, "n": 1, "max_steps": 4, "minibatches": 2, "update_epochs": 2,
        "reward_model": str(judge), "kl_control": "adaptive", "kl_target": 0.01,
        "kl_horizon": 100, "reward_normalisation": "moments", "reward_clip": 2.0,
        "ptx_coefficient": 0.1, "ptx_data": str(dataset), "ptx_batch_size": 3,
        "evaluate_every": 2, "checkpoint_every": 2,
    }  # fmt: skip
    return settings(dataset, model, **carried | changes)


@pytest.fixture(scope="module")
def whole(
    tiny: Path, pairs_dir: Path, judge: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunDir:
    config = eventful(pairs_dir, tiny, judge)
    return train(tmp_path_factory.mktemp("whole") / "run", config)


def test_line_22_a_run_that_goes_on_ends_with_the_same_bits(
    whole: RunDir, tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path
) -> None:
    config = eventful(pairs_dir, tiny, judge)
    run = train(tmp_path / "run", config, StoppedAfterTwo)
    latest = run.latest_checkpoint()
    assert latest is not None
    assert latest.step == 2  # the prompts' second pass has not begun
    torch.manual_seed(99)
    train(run.path, config)
    assert_same_end(whole, run)
    assert len({r["kl_coefficient"] for r in training(run)}) == 4


class PowerCutError(BaseException):
    """What nobody catches."""


PHASES = {
    "generate": (ppo, "sample_parts"),
    "score": (RewardSources, "score"),
    "learn": (Updates, "_step"),
    "checkpoint": (learner, "save_critic"),
}


def failing_at(call: Callable[..., Any], count: int) -> Callable[..., Any]:
    calls = iter(range(1, 1_000_000))

    def cut(*given: Any, **named: Any) -> Any:
        if next(calls) == count:
            raise PowerCutError
        return call(*given, **named)

    return cut


@pytest.mark.parametrize("phase", PHASES)
def test_a_run_that_dies_in_any_phase_goes_on_exactly(
    phase: str, whole: RunDir, tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    config = eventful(pairs_dir, tiny, judge)
    run = configured(tmp_path / "run", config)
    holder, name = PHASES[phase]
    at = {"generate": 4, "score": 6, "learn": 14, "checkpoint": 2}[phase]
    with monkeypatch.context() as patched:
        patched.setattr(holder, name, failing_at(getattr(holder, name), at))
        with pytest.raises(PowerCutError):
            train_ppo(run, config, StopWatch(run))
    torch.manual_seed(7)
    train(run.path, config)
    assert_same_end(whole, run)


def test_a_run_tells_its_phases_and_leaves_a_policy_that_loads(whole: RunDir) -> None:
    for figures in training(whole):
        for phase in ("generate", "score", "learn"):
            assert figures[f"seconds_{phase}"] > 0
        assert figures["ratio_deviation"] < 1e-6
        assert figures["reward/reward_model"] == pytest.approx(figures["reward"])
    assert training(whole)[0]["kl"] == 0
    latest = whole.latest_checkpoint()
    assert latest is not None
    assert load_policy(str(latest.path)).about["loss"] == "ppo"
    assert not (latest.path / "critic").exists()


@pytest.mark.parametrize("frozen", ["device", "cpu", "int8"])
def test_full_tuning_with_frozen_models_elsewhere(
    frozen: str, tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path
) -> None:
    config = settings(pairs_dir, tiny, reward_model=str(judge), tuning="full", frozen_models=frozen)
    run = train(tmp_path / "run", config)
    first, second = training(run)
    assert abs(first["kl"]) < (0.1 if frozen == "int8" else 1e-6)
    assert second["grad_norm"] > 0


def test_line_20_a_judge_with_another_tokenizer_scores_the_text(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    texts = [f"Answer {n} of the song about rude rain and kind tea." for n in range(30)]
    other = make_tiny_model(tmp_path / "other", texts, hidden_size=32, layers=1, vocab_size=280)
    judge = trained_judge(tmp_path / "judge", pairs_dir, other)
    found = ready(tmp_path / "run", settings(pairs_dir, tiny, reward_model=str(judge)))
    assert not found.cast.roles.critic_is_judge
    sources = load_reward_sources(
        found.config, policy_tokenizer=found.start.tokenizer, device=found.start.device,
        dtype=torch.float32, backbone=found.cast.backbone,
    )  # fmt: skip
    rows, words = found.prompts[:2], ["kind song", "rude rain tea"]
    answers = [[Sampled(text=text, tokens=[5, 2], finished=True, logp=0.0)] for text in words]
    scores = sources.score(completions_of(rows, answers)).total
    loaded = load_reward_model(str(judge), new_head=False)
    text = ChatText(loaded.tokenizer)
    layout = Rows(loaded.model, pad_id=loaded.tokenizer.pad_token_id, shared=False)
    for row, said, score in zip(rows, words, scores, strict=True):
        prompt, responses = text.encode(row.messages, [[{"role": "assistant", "content": said}]])
        example = replace(row, prompt=prompt, responses=responses)
        with torch.no_grad():
            expected = response_scores(loaded.model, layout([example]))
        assert float(score) == pytest.approx(float(expected), abs=1e-5)


def constant(completions: list[str]) -> list[float]:
    """A reward that says nothing."""
    return [0.5] * len(completions)


def broken(completions: list[str], calls: list[int] = []) -> list[float]:  # noqa: B006
    """A reward that is no number from the fifth call on: those before are a look, an evaluation
    and two steps."""
    calls.append(len(calls))
    return [float("nan") if len(calls) > 4 else float(len(text)) for text in completions]


def test_a_reward_that_is_constant_ends_the_run(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    config = settings(
        pairs_dir, tiny, reward_function=f"{__name__}:constant", constant_limit=3, max_steps=9,
        missing_eos_penalty=0,
    )  # fmt: skip
    run = configured(tmp_path / "run", config)
    with pytest.raises(ConfigError, match=r"Every reward of the last 3 steps is 0\.5"):
        train_ppo(run, config, StopWatch(run))
    latest = run.latest_checkpoint()
    assert latest is not None
    assert latest.step == 2


def test_a_reward_that_is_no_number_ends_the_run_with_what_was_learned(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    config = settings(
        pairs_dir, tiny, reward_function=f"{__name__}:broken", max_steps=9, checkpoint_every=100
    )
    run = configured(tmp_path / "run", config)
    with pytest.raises(RewardError, match="is nan for response"):
        train_ppo(run, config, StopWatch(run))
    latest = run.latest_checkpoint()
    assert latest is not None
    assert latest.step == 2


def test_a_policy_that_runs_away_ends_the_run(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    config = settings(
        pairs_dir, tiny, learning_rate=0.02, kl_coefficient=0.0, kl_limit=0.01, max_steps=9,
        batch_size=8, n=4,
    )  # fmt: skip
    run = configured(tmp_path / "run", config)
    with pytest.raises(ConfigError, match=r"nats per response at step \d+, over kl_limit"):
        train_ppo(run, config, StopWatch(run))
    assert run.latest_checkpoint() is not None


def test_a_policy_that_writes_nothing_ends_the_run(
    tiny: Path, pairs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = AutoTokenizer.from_pretrained(tiny).eos_token_id
    nothing = Sampled(text="", tokens=[end], finished=True, logp=0.0)
    monkeypatch.setattr(
        experience,
        "sample_responses",
        lambda model, tokenizer, prompts, seeds, sampling: [[nothing] * sampling.n] * len(prompts),
    )
    config = settings(pairs_dir, tiny, evaluation_prompts=1)
    run = configured(tmp_path / "run", config)
    with pytest.raises(ConfigError, match="Every response of step 1 is empty"):
        train_ppo(run, config, StopWatch(run))


def test_a_checkpoint_of_another_trainer_is_refused(
    whole: RunDir, tiny: Path, pairs_dir: Path, judge: Path, tmp_path: Path
) -> None:
    run = RunDir(shutil.copytree(whole.path, tmp_path / "run"))
    latest = run.latest_checkpoint()
    assert latest is not None
    (latest.path / "critic.safetensors").unlink()
    config = eventful(pairs_dir, tiny, judge)
    with pytest.raises(ModelError, match="is of another trainer"):
        train_ppo(run, config, StopWatch(run))


def test_a_judge_with_two_labels_is_refused(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=2)
    model.save_pretrained(tmp_path / "judge")
    AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path / "judge")
    config = settings(pairs_dir, tiny, reward_model=str(tmp_path / "judge"))
    run = configured(tmp_path / "run", config)
    with pytest.raises(ModelError, match="2 labels"):
        train_ppo(run, config, StopWatch(run))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ptx_coefficient": 0.1}, "ptx_coefficient and ptx_data go together"),
        ({"critic_start": "reward_model"}, "critic_start is reward_model but"),
        ({"minibatches": 4, "accumulation": 2}, "batch_size is 4, which minibatches"),
        ({"divergence": "chi"}, "divergence is 'chi'"),
        ({"kl_coefficient": -1}, "kl_coefficient is -1"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    values: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        settings(tmp_path, tmp_path, **values)


def test_a_check_estimates_and_trains_nothing(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    config = settings(pairs_dir, tiny)
    run = configured(tmp_path / "run", config)
    with pytest.raises(CheckedOnly):
        train_ppo(run, config, StopWatch(run, check_only=True))
    report = read_object(run.path / "data_report.json")
    assert report is not None
    assert report["estimate"]["seconds"] > report["estimate"]["seconds_per_step"] > 0
    assert run.latest_checkpoint() is None
    assert training(run) == []
