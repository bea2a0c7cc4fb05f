"""A run's settings in the words of OpenRLHF and of verl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_files import Prompt
from training.trainers.handing_over import openrlhf, verl
from training.trainers.handing_over.plan import Plan, said, steps_in_epochs

ASKED = Prompt(id="a", messages=[{"role": "user", "content": "2 + 2?"}], reference="4")
OPEN = Prompt(id="b", messages=[{"role": "user", "content": "Tea?"}])


def config(**changes: Any) -> PpoConfig:
    given = {"dataset": "d", "reward_model": "judge", "batch_size": 32, "n": 4, "minibatches": 2}
    return PpoConfig.from_dict(given | changes)


def plan(**changes: Any) -> Plan:
    given: dict[str, Any] = {
        "run": "careful", "prompts": 320, "held_out": True, "rules": False, "machines": 2,
        "gpus": 4, "critic_is_policy": False,
    }  # fmt: skip
    return Plan(**(given | changes))


def as_flags(words: list[str]) -> dict[str, str]:
    """Options by name; one without a value is there with an empty one."""
    found: dict[str, str] = {}
    for number, word in enumerate(words):
        if word.startswith("--"):
            after = words[number + 1] if number + 1 < len(words) else "--"
            found[word[2:]] = "" if after.startswith("--") else after
    return found


def as_overrides(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)


def test_a_step_of_openrlhf_is_as_large_as_here() -> None:
    found = as_flags(openrlhf.options(config(temperature=0.9, kl_coefficient=0.02), plan()))
    assert (found["rollout.batch_size"], found["rollout.n_samples_per_prompt"]) == ("32", "4")
    assert found["train.batch_size"] == "64"
    assert (found["rollout.temperature"], found["algo.kl.init_coef"]) == ("0.9", "0.02")
    assert found["actor.adam.lr"] == "3e-05"
    assert found["critic.adam.lr"] == "9e-05"
    assert found["reward.model_name_or_path"] == "reward_model"
    assert found["reward.num_gpus_per_node"] == "4"
    assert found["vllm.num_engines"] == "8"
    assert found["ds.lora.rank"] == "16"
    assert found["data.apply_chat_template"] == ""


def test_a_step_of_verl_is_as_large_as_here() -> None:
    found = as_overrides(verl.options(config(max_steps=5, tuning="full"), plan()))
    assert (found["data.train_batch_size"], found["actor_rollout_ref.rollout.n"]) == ("32", "4")
    assert found["actor_rollout_ref.actor.ppo_mini_batch_size"] == "16"
    assert found["trainer.total_training_steps"] == "5"
    assert found["reward_model.enable"] == "True"
    assert found["critic.model.path"] == "reward_model"
    assert found["algorithm.use_kl_in_reward"] == "True"
    assert "actor_rollout_ref.model.lora_rank" not in found


def test_rules_go_as_code_and_the_critic_then_begins_as_the_policy() -> None:
    ruled = config(rules="length(target=9)=1", reward_model="")
    by_rules = plan(rules=True, critic_is_policy=True, held_out=False)
    flags = as_flags(openrlhf.options(ruled, by_rules))
    assert flags["reward.remote_url"] == "reward.py"
    assert "reward.model_name_or_path" not in flags
    assert "reward.num_nodes" not in flags
    overrides = as_overrides(verl.options(ruled, by_rules))
    assert overrides["custom_reward_function.path"] == "reward.py"
    assert overrides["critic.model.path"] == "policy"
    assert overrides["trainer.test_freq"] == "-1"


@pytest.mark.parametrize("target", [openrlhf.TARGET, verl.TARGET])
def test_no_option_is_given_twice_and_differences_are_sentences(target: Any) -> None:
    other = config(
        critic_start="policy", critic_warmup_steps=3, entropy_coefficient=0.1, reward_clip=5,
        lora_targets="q_proj, v_proj", reward_normalisation="scale",
    )  # fmt: skip
    words = target.options(other, plan())
    names = [w.split("=")[0] for w in words if w.startswith("--") or "=" in w]
    assert len(names) == len(set(names))
    assert any("q_proj" in word for word in words)
    sentences = target.differences(other, plan())
    assert len(sentences) >= 3
    assert all(sentence.endswith(".") for sentence in sentences)


def test_prompts_keep_their_known_answers_and_get_the_instruction(tmp_path: Path) -> None:
    path = openrlhf.write_prompts(tmp_path, "train", [ASKED, OPEN], "Box it.")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows[0]["prompt"] == [{"role": "user", "content": "2 + 2?\n\nBox it."}]
    assert [row["reference"] for row in rows] == ["4", ""]
    table = pq.read_table(verl.write_prompts(tmp_path, "test", [ASKED, OPEN], "")).to_pylist()
    assert table[0]["prompt"] == [{"content": "2 + 2?", "role": "user"}]
    assert table[0]["reward_model"] == {"ground_truth": "4", "style": "rule"}
    assert table[1]["extra_info"] == {"id": "b", "index": 1, "split": "test"}


def test_values_are_written_as_their_readers_want_them() -> None:
    assert [said(value) for value in (True, 3, 1e-6, 0.5, "x")] == [
        "True",
        "3",
        "1e-06",
        "0.5",
        "x",
    ]
    assert steps_in_epochs(config(epochs=3), 320) == 3
    assert steps_in_epochs(config(max_steps=20), 320) == 2
