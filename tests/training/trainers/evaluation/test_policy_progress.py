"""A policy is measured while it learns: files, figures, the best, and the end at an alarm."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from training.durable_files import read_lines
from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.evaluation.kl_budget import BEYOND
from training.trainers.evaluation.policy_progress import PolicyProgress, history_of
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.loop.processes import FollowedRun
from training.trainers.models.model_loading import load_policy
from training.trainers.policies.sampling import Sampling
from training.trainers.rewards.reward_sources import RewardSources, RuleReward
from training.trainers.rewards.rules import parse_rules
from training.trainers.shared_prompt import token_logps

SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_new_tokens=6, n=4)
PROMPTS = [[5, 6, 7], [8, 9], [4, 10, 11, 12]]


@dataclass
class Settings:
    kl_budget: float = 20.0
    on_alarm: str = "tell"
    evaluation_prompts: int = 0
    samples: int = 2
    sampling_batch_size: int = 2
    seed: int = 3


@dataclass
class Policies:
    """A policy, what it began as, and the rows that both are asked."""

    start: Any
    moved: Any
    tokenizer: Any
    rows: list[PromptRow]


@pytest.fixture(scope="module")
def policies(tiny: Path) -> Policies:
    loaded, moved = load_policy(str(tiny)), load_policy(str(tiny)).model
    with torch.no_grad():
        moved.model.norm.weight.mul_(40.0)
    rows = [
        PromptRow(id=f"p{n}", cluster=f"p{n}", prompt=prompt, room=6,
                  messages=[{"role": "user", "content": f"Question {n}"}])
        for n, prompt in enumerate(PROMPTS)
    ]  # fmt: skip
    return Policies(loaded.model, moved, loaded.tokenizer, rows)


def sources(rules: str) -> RewardSources:
    return RewardSources([RuleReward(rule) for rule in parse_rules(rules)])


def progress(policies: Policies, run: RunDir, *, rows: Any = None, **changes: Any) -> Any:
    return PolicyProgress(
        run,
        Settings(**changes),
        policies.tokenizer,
        policies.rows if rows is None else rows,
        SAMPLING,
        sources("length(target=12)=1, regex(pattern=e)=0.5"),
        sources("length(target=40, unit=characters)=1"),
        StopWatch(run),
    )


def evaluate(watched: Any, policies: Policies, step: int, model: Any) -> Any:
    return watched.evaluate(
        step,
        model=model,
        logps=lambda laid: token_logps(model, laid),
        reference_logps=lambda laid: token_logps(policies.start, laid),
    )


def answers(run: RunDir, step: int) -> list[dict[str, Any]]:
    return read_lines(run.path / "evaluations" / f"step-{step:08d}.jsonl", 0)[0]


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    made = RunDir(tmp_path / "run")
    made.create({})
    return made


def test_the_start_is_kept_and_a_moved_policy_is_compared_with_it(
    policies: Policies, run: RunDir
) -> None:
    watched = progress(policies, run)
    first = evaluate(watched, policies, 0, policies.start)
    assert first.metrics["held_out_kl"] == pytest.approx(0, abs=1e-5)
    assert first.metrics["held_out_win_rate"] == first.metrics["held_out_unseen_win_rate"] == 0.5
    assert first.score == first.metrics["held_out_reward"]
    later = evaluate(watched, policies, 10, policies.moved).metrics
    assert later["held_out_kl_k3"] > 0.01
    assert later["held_out_entropy"] < first.metrics["held_out_entropy"]
    assert {"held_out_reward/length", "held_out_reward/regex"} <= set(later)
    start, now = answers(run, 0), answers(run, 10)
    assert [line["prompt"] for line in start] == [line["prompt"] for line in now]
    gained = [b["reward"] - a["reward"] for a, b in zip(start, now, strict=True)]
    assert later["held_out_reward_gain"] == pytest.approx(sum(gained) / 3, abs=1e-6)
    wins = [(gain > 0) + 0.5 * (gain == 0) for gain in gained]
    assert later["held_out_win_rate"] == pytest.approx(sum(wins) / 3)


def test_the_same_answers_whatever_the_batch_and_the_reward_is_the_weighted_sum(
    policies: Policies, run: RunDir, tmp_path: Path
) -> None:
    evaluate(progress(policies, run), policies, 0, policies.start)
    other = RunDir(tmp_path / "other")
    other.create({})
    evaluate(progress(policies, other, sampling_batch_size=3), policies, 0, policies.start)
    for one, two in zip(answers(run, 0), answers(other, 0), strict=True):
        assert (one["text"], one["reward"]) == (two["text"], two["reward"])
        assert one["logp"] == pytest.approx(two["logp"], abs=1e-4)
        expected = one["rewards"]["length"] + 0.5 * one["rewards"]["regex"]
        assert one["reward"] == pytest.approx(expected)


def test_some_answers_are_told_with_their_rewards(policies: Policies, run: RunDir) -> None:
    watched = progress(policies, run)
    evaluate(watched, policies, 0, policies.start)
    evaluate(watched, policies, 10, policies.moved)
    told, _offset = run.read_samples()
    assert [(line["step"], line["prompt"][0]["content"]) for line in told] == [
        (0, "Question 0"),
        (0, "Question 1"),
        (10, "Question 0"),
        (10, "Question 1"),
    ]
    assert all({"response", "reward", "unseen_reward", "finished"} <= set(line) for line in told)


def test_beyond_the_budget_nothing_is_the_best(policies: Policies, run: RunDir) -> None:
    watched = progress(policies, run, kl_budget=0.001)
    assert evaluate(watched, policies, 0, policies.start).score > BEYOND / 2
    assert evaluate(watched, policies, 10, policies.moved).score < BEYOND / 2
    alarms = json.loads((run.path / "alarms.json").read_text())
    assert alarms["alarms"][0]["name"] == "kl_exploded"
    assert run.stop_requested(), "an exploded KL ends a run whatever its settings say"
    assert alarms["stopped"]


def entropy_line(step: int, entropy: float) -> dict[str, Any]:
    metrics = {"held_out_entropy": entropy}
    return {"step": step, "total_steps": 50, "phase": "evaluating", "metrics": metrics}


@pytest.mark.parametrize(
    ("on_alarm", "rang_before", "stops"),
    [("tell", False, False), ("stop", False, True), ("stop", True, False)],
)
def test_a_new_alarm_may_end_the_run(
    policies: Policies, run: RunDir, on_alarm: str, rang_before: bool, stops: bool
) -> None:
    watched = progress(policies, run, on_alarm=on_alarm, kl_budget=0.0)
    evaluate(watched, policies, 0, policies.start)
    run.append_progress(entropy_line(0, 1000.0))
    run.append_progress(entropy_line(10, 1.0 if rang_before else 900.0))
    evaluate(watched, policies, 20, policies.start)
    found = json.loads((run.path / "alarms.json").read_text())
    assert [alarm["name"] for alarm in found["alarms"]] == ["entropy"]
    assert found["alarms"][0]["step"] == (10 if rang_before else 20)
    assert run.stop_requested() == stops == found["stopped"]


def test_a_run_that_goes_on_no_longer_says_that_it_ended(policies: Policies, run: RunDir) -> None:
    watched = progress(policies, run, on_alarm="stop", kl_budget=0.0)
    evaluate(watched, policies, 0, policies.start)
    run.append_progress(entropy_line(0, 1000.0))
    evaluate(watched, policies, 20, policies.start)
    assert json.loads((run.path / "alarms.json").read_text())["stopped"]
    run.append_progress(entropy_line(10, 2.0))  # the checkpoint that it goes on from
    progress(policies, run, on_alarm="stop", kl_budget=0.0)
    found = json.loads((run.path / "alarms.json").read_text())
    assert (found["step"], found["stopped"]) == (10, False)
    assert [alarm["step"] for alarm in found["alarms"]] == [10]


def test_the_history_is_what_the_run_wrote_up_to_a_step(run: RunDir) -> None:
    for step, entropy in ((0, 2.0), (10, 1.5), (10, 1.4), (20, 1.0)):
        run.append_progress(entropy_line(step, entropy))
    run.append_progress({"step": 15, "phase": "training", "metrics": {"held_out_entropy": 9.0}})
    found = [(each["step"], each["held_out_entropy"]) for each in history_of(run, 20)]
    assert found == [(0, 2.0), (10, 1.4)]


def test_without_the_starts_answers_nothing_is_compared(policies: Policies, run: RunDir) -> None:
    with pytest.raises(ConfigError, match="does not have the start's answers"):
        evaluate(progress(policies, run), policies, 10, policies.moved)
    evaluate(progress(policies, run, rows=policies.rows[:2]), policies, 0, policies.start)
    with pytest.raises(ConfigError, match="restore the run's files"):
        evaluate(progress(policies, run), policies, 10, policies.moved)


def test_nothing_held_out_is_nothing_measured_and_few_prompts_are_enough(
    policies: Policies, run: RunDir
) -> None:
    assert evaluate(progress(policies, run, rows=[]), policies, 0, policies.start) is None
    evaluate(progress(policies, run, evaluation_prompts=1), policies, 0, policies.start)
    assert len(answers(run, 0)) == 1


def test_a_process_that_does_not_lead_writes_nothing_and_finds_the_same(
    policies: Policies, run: RunDir
) -> None:
    led = evaluate(progress(policies, run), policies, 0, policies.start)
    before = sorted(path.name for path in run.path.rglob("*"))
    followed = FollowedRun(run.path)
    assert evaluate(progress(policies, followed), policies, 0, policies.start) == led
    assert sorted(path.name for path in run.path.rglob("*")) == before


def test_a_stop_is_heeded_between_batches(policies: Policies, run: RunDir) -> None:
    run.request_stop()
    with pytest.raises(StopTraining):
        evaluate(progress(policies, run), policies, 0, policies.start)
    assert not (run.path / "evaluations").exists()
