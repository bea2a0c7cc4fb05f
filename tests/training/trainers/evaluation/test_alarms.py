"""Each alarm rings for its own kind of collapse, says what to do, and else is quiet."""

from __future__ import annotations

from typing import Any

import pytest

from training.trainers.evaluation.alarms import CHECKS, WARNINGS, alarms

WELL = {
    "held_out_reward": 0.5,
    "held_out_reward_deviation": 0.2,
    "held_out_kl": 1.0,
    "held_out_entropy": 2.0,
    "held_out_length": 40.0,
    "held_out_repetition": 0.02,
    "held_out_finished": 0.9,
}


def history(*later: dict[str, Any]) -> list[dict[str, Any]]:
    """The start, and evaluations every ten steps that differ from it in what is given."""
    return [{"step": 10 * n, **WELL, **each} for n, each in enumerate(({}, *later))]


def judged(reward: float, unseen: float) -> dict[str, float]:
    return {
        "held_out_reward": reward,
        "held_out_reward_gain": reward - 0.5,
        "held_out_unseen_reward": unseen,
        "held_out_unseen_reward_gain": unseen,
        "held_out_unseen_reward_gain_high": unseen + 0.3,
    }


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("kl_exploded", {"held_out_kl": 200.0}, "200 nats per response, more than 8 times"),
        ("kl_beyond", {"held_out_kl": 21.0}, "beyond kl_budget (20)"),
        ("kl_near", {"held_out_kl": 16.0}, "near kl_budget (20)"),
        ("entropy", {"held_out_entropy": 0.6}, "fell from 2 to 0.6 nats per token"),
        ("length", {"held_out_length": 85.0}, "went from 40 to 85 tokens"),
        ("length", {"held_out_length": 19.0}, "went from 40 to 19 tokens"),
        ("repetition", {"held_out_repetition": 0.4}, "40% of a response repeats"),
        ("unfinished", {"held_out_finished": 0.2}, "20% of the responses end by themselves"),
        ("reward_constant", {"held_out_reward_deviation": 0.0}, "same reward (0.5)"),
    ],
)
def test_one_thing_wrong_rings_one_alarm(name: str, wrong: dict[str, float], words: str) -> None:
    (alarm,) = alarms(history({}, wrong), kl_budget=20)
    assert (alarm.name, alarm.step) == (name, 20)
    assert words in alarm.sentence
    assert alarm.stops == (name not in WARNINGS)
    assert name in CHECKS


def test_a_policy_that_learns_is_left_alone() -> None:
    better = {"held_out_reward": 3.0, "held_out_kl": 12.0, "held_out_entropy": 1.1}
    better |= {"held_out_length": 62.0, "held_out_repetition": 0.1, "held_out_finished": 0.6}
    assert alarms(history(better), kl_budget=20) == []
    assert alarms(history(better), kl_budget=12.5)[0].name == "kl_near"
    assert alarms(history({"held_out_kl": 1e6}), kl_budget=0) == []
    assert alarms([], kl_budget=20) == []


def test_a_tiny_answer_may_double() -> None:
    before, after = {"held_out_length": 5.0}, {"held_out_length": 12.0}
    short = [{"step": 0, **WELL, **before}, {"step": 10, **WELL, **after}]
    assert alarms(short, kl_budget=20) == []


def test_an_alarm_tells_since_when_it_rings_without_a_break() -> None:
    low = {"held_out_entropy": 0.5}
    assert alarms(history(low, {}, low, low), kl_budget=20)[0].step == 30


def test_the_reward_rises_while_the_unseen_one_falls() -> None:
    best = judged(0.8, 1.0) | {"held_out_kl": 2.5}
    rising = [judged(0.6, 0.4), best, judged(1.2, 0.5), judged(1.5, 0.2)]
    (alarm,) = alarms(history(*rising), kl_budget=20)
    assert (alarm.name, alarm.step) == ("over_optimised", 40)
    assert "Since step 20 the reward rose from 0.8 to 1.5" in alarm.sentence
    assert "fell from 1 to 0.2" in alarm.sentence
    assert "kl_budget at 2.5, the KL of that step" in alarm.sentence


@pytest.mark.parametrize(
    "later",
    [
        [judged(0.8, 1.0), judged(1.2, 0.8), judged(1.5, 0.75)],  # within the interval
        [judged(0.8, 1.0), judged(1.2, 0.9), judged(1.5, 0.2)],  # once may be chance
        [judged(0.8, 1.0), judged(0.6, 0.2), judged(0.5, 0.1)],  # the reward falls as well
        [judged(0.8, 1.0), judged(1.0, 1.2), judged(1.2, 1.5)],  # both rise
    ],
)
def test_it_is_no_over_optimisation(later: list[dict[str, float]]) -> None:
    assert alarms(history(*later), kl_budget=20) == []
