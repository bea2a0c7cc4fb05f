"""The file of rewards gives what the rules give here."""

from __future__ import annotations

from typing import Any

import pytest

from training.trainers.configs import PpoConfig
from training.trainers.handing_over.reward_file import reward_file
from training.trainers.rewards.rules import parse_rules

RULES = 'exact_answer=1, regex(pattern="[0-9]+")=0.5'


@pytest.fixture
def written() -> dict[str, Any]:
    config = PpoConfig.from_dict({"dataset": "d", "rules": RULES, "missing_eos_penalty": 0.25})
    found: dict[str, Any] = {}
    exec(compile(reward_file(config, "careful", "<end>"), "reward.py", "exec"), found)
    return found


def expected(text: str, reference: str | None) -> float:
    return sum(rule.weight * rule(text, reference) for rule in parse_rules(RULES))


def test_openrlhf_gets_the_rules_rewards_less_what_a_cut_costs(written: dict[str, Any]) -> None:
    prompts = ["User: 2 + 2?", "User: 3 + 3?"]
    queries = [f"{prompts[0]}It is 4.<end>", f"{prompts[1]}It is 5"]
    found = written["reward_func"](queries, prompts, ["4", "6"])
    assert found["rewards"].tolist() == [expected("It is 4.", "4"), expected("It is 5", "6") - 0.25]
    assert found["rewards"].tolist() == [1.5, 0.25]
    assert found["extra_logs"]["exact_answer"].tolist() == [1.0, 0.0]
    assert found["scores"] is found["rewards"]


def test_verl_gets_the_same_without_the_cut(written: dict[str, Any]) -> None:
    found = written["compute_score"]("accord", " It is 4. ", "4", extra_info={"index": 0})
    assert found == {"score": 1.5, "exact_answer": 1.0, "regex": 1.0}
    assert written["compute_score"]("accord", "no", "")["score"] == 0.0
