"""Rewards of two runs on the same prompts: paired, and only where both were judged alike."""

from __future__ import annotations

import pytest

from training.comparing_rewards import differences
from training.durable_files import write_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(run_factory):
    def make(rewards, *, step=20, unseen=None, **config):
        run = run_factory()
        run.config = config
        lines = [
            {"prompt": f"p{n}", "reward": reward, "unseen_reward": unseen and unseen[n]}
            for n, reward in enumerate(rewards)
        ]
        write_lines(run.path / "evaluations" / f"step-{step:08d}.jsonl", lines)
        return run

    return make


def test_the_last_answers_are_compared_prompt_by_prompt(judged) -> None:
    one = judged([0.0, 10.0, 20.0], rules="length(target=9)=1")
    other = judged([9.0, 9.0, 9.0], step=10, rules="length(target=9)=1")
    newest = [{"prompt": f"p{n}", "reward": 10.0 * n + 1} for n in range(3)]
    write_lines(other.path / "evaluations/step-00000020.jsonl", newest)
    (found,) = differences(one, other)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0), "what differs is the prompts"
    assert (found.text, found.prompts, found.is_clear, found.is_unseen) == ("+1", 3, True, False)


def test_an_interval_that_holds_0_is_not_clear(judged) -> None:
    (found,) = differences(judged([0.0, 0.0, 0.0]), judged([-2.0, 1.0, 0.5]))
    assert found.text == "-0.1667"
    assert not found.is_clear


def test_judges_must_agree_and_a_common_unseen_one_is_enough(judged) -> None:
    mine = judged([0.0, 1.0], unseen=[0.0, 0.0], rules="json=1", unseen_reward_model="m")
    other = judged([5.0, 5.0], unseen=[1.0, 1.0], rules="json=2", unseen_reward_model="m")
    (found,) = differences(mine, other)
    assert (found.judge, found.value, found.is_unseen) == ("unseen_reward", 1.0, True)
    assert differences(mine, judged([5.0, 5.0], rules="json=3")) == []


def test_runs_without_answers_or_with_one_prompt_have_no_difference(judged, run_factory) -> None:
    assert differences(run_factory(), run_factory()) == []
    assert differences(judged([1.0]), judged([2.0])) == []
