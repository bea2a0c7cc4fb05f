"""All sources together: the weighted sum, each by name, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from transformers import AutoTokenizer

from tests.training.trainers.rewards.reward_model_fixture import completion, make_reward_model, row
from training.trainers.configs import RewardedConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.policies.sampling import Sampled
from training.trainers.rewards.reward_sources import (
    Completion,
    RewardError,
    RewardSources,
    completions_of,
    load_reward_sources,
    load_unseen,
)

FUNCTIONS = """
def brief(completions):
    return [-len(text) for text in completions]

def everything(prompts, completions, references, finished, tags, ids, **more):
    asked = [prompt[0]["content"] for prompt in prompts]
    return [float((a, r, f, t, i) == ("Tea?", "5", True, ["x"], "Tea?"))
            for a, r, f, t, i in zip(asked, references, finished, tags, ids)]

def few(completions):
    return [1.0]

def wrong(completions):
    return [1.0, float("nan")]

def broken(completions):
    raise KeyError("what")

def silent(completions):
    return None

def other(texts):
    return [0.0 for _ in texts]

number = 5
"""


class Rewarded(RewardedConfig):
    trainer: ClassVar[str] = "rewarded"


@pytest.fixture(scope="module")
def text(tiny: Path) -> ChatText:
    return ChatText(AutoTokenizer.from_pretrained(tiny))


@pytest.fixture
def two(text: ChatText) -> list[Completion]:
    prompt = row(text, "Tea?", reference="5", tags=["x"])
    return [completion(text, prompt, answer) for answer in ("it is 5", "no")]


@pytest.fixture
def load(text: ChatText, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "own_rewards.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(str(tmp_path))

    def loaded(**values: Any) -> RewardSources:
        return load_reward_sources(
            Rewarded.from_dict({"dataset": "data"} | values),
            policy_tokenizer=text.tokenizer,
            device=torch.device("cpu"),
            dtype=torch.float32,
        )

    return loaded


def test_the_sum_is_weighted_and_every_source_is_told_raw(load: Any, two: list[Completion]) -> None:
    sources = load(
        rules="exact_answer, length(target=3)=0.5, length(maximum=1)=0",
        reward_function="own_rewards:brief=0.1, own_rewards:everything",
    )
    assert sources.names == ["exact_answer", "length", "length_2", "brief", "everything"]
    scores = sources.score(two)
    assert {name: values.tolist() for name, values in scores.by_name.items()} == {
        "exact_answer": [1, 0],
        "length": pytest.approx([1, 1 / 3]),
        "length_2": [0, 1],
        "brief": [-7, -2],
        "everything": [1, 1],
    }
    assert scores.total.tolist() == pytest.approx([1 + 0.5 - 0.7 + 1, 0.5 / 3 - 0.2 + 1])
    assert scores.total.dtype == torch.float32


def test_a_reward_model_comes_first_and_an_unseen_one_by_itself(
    load: Any, tiny: Path, text: ChatText, two: list[Completion], tmp_path: Path
) -> None:
    judge, unseen = (make_reward_model(tiny, tmp_path / f"{n}", seed=n) for n in (1, 2))
    sources = load(reward_model=str(judge), reward_model_weight=2.0, rules="exact_answer=0.5")
    scores = sources.score(two)
    assert list(scores.by_name) == ["reward_model", "exact_answer"]
    expected = 2 * scores.by_name["reward_model"] + 0.5 * scores.by_name["exact_answer"]
    assert torch.equal(scores.total, expected)
    place = {"policy_tokenizer": text.tokenizer, "device": torch.device("cpu")}
    values = {"dataset": "data", "rules": "json"}
    config = Rewarded.from_dict(values | {"unseen_reward_model": str(unseen)})
    other = load_unseen(config, dtype=torch.float32, **place)
    assert other is not None
    assert other.names == ["unseen_reward_model"]
    assert not torch.allclose(other.score(two).total, scores.by_name["reward_model"], atol=1e-3)
    assert load_unseen(Rewarded.from_dict(values), dtype=torch.float32, **place) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "own_rewards:wrong",
            r"The reward wrong is nan for response 2 of 2, to the prompt Tea\? \('no'\)",
        ),
        ("own_rewards:few", "gave 1 rewards for 2 responses"),
        ("own_rewards:broken", r"failed on 2 responses \(KeyError: 'what'\)"),
        ("own_rewards:silent", r"failed on 2 responses \(TypeError"),
        ("own_rewards:other", "asks for texts: it can have prompts, completions"),
        ("own_rewards:number", "has no function number"),
        ("own_rewards:none", "has no function none"),
        ("no_such_module:none", r"no_such_module cannot be imported \(ModuleNotFoundError"),
    ],
)
def test_a_function_that_does_not_do_is_named(
    load: Any, two: list[Completion], name: str, said: str
) -> None:
    with pytest.raises(RewardError, match=said):
        load(reward_function=name).score(two)


def test_two_functions_of_one_name_keep_apart(load: Any) -> None:
    sources = load(reward_function="own_rewards:brief, own_rewards:brief=2")
    assert sources.names == ["brief", "own_rewards:brief"]


def test_what_was_sampled_is_judged_prompt_by_prompt(text: ChatText) -> None:
    rows = [row(text, "Tea?"), row(text, "Rain?")]
    answers = [
        [Sampled(text=f"{n}{k}", tokens=[n, k], finished=k == 0, logp=0.0) for k in range(2)]
        for n in range(2)
    ]
    found = completions_of(rows, answers)
    assert [(one.prompt.id, one.text, one.finished) for one in found] == [
        ("Tea?", "00", True), ("Tea?", "01", False), ("Rain?", "10", True), ("Rain?", "11", False),
    ]  # fmt: skip
