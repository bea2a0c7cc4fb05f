"""Reward models at work: by tokens or by text, frozen, whatever the batch; ensembles and heads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from tests.training.trainers.rewards.reward_model_fixture import (
    completion,
    make_reward_model,
    row,
    score_alone,
)
from tests.training.trainers.short_model import make_short_model
from training.trainers.config_fields import ConfigError
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.models.default_model import ModelError
from training.trainers.models.tiny_model import make_tiny_model
from training.trainers.rewards.learned_rewards import LearnedReward, Placing

ANSWERS = {"Tea?": ["yes", "kind kind song", "no rain"], "Rain on the road?": ["lamp", ""]}


@pytest.fixture(scope="module")
def text(tiny: Path) -> ChatText:
    return ChatText(AutoTokenizer.from_pretrained(tiny))


@pytest.fixture(scope="module")
def judge(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_reward_model(tiny, tmp_path_factory.mktemp("judge"))


@pytest.fixture(scope="module")
def completions(text: ChatText) -> list[Any]:
    rows = {question: row(text, question) for question in ANSWERS}
    return [
        completion(text, rows[q], answer) for q, answers in ANSWERS.items() for answer in answers
    ]


def learned(folder: Path, text: ChatText, **changes: Any) -> LearnedReward:
    placing = {"device": torch.device("cpu"), "dtype": torch.float32, "batch_size": 4}
    more = {name: changes.pop(name) for name in list(changes) if name in ("batch_size", "backbone")}
    values = {"weight": 1.0, "head_weights": "", "policy_tokenizer": text.tokenizer} | changes
    return LearnedReward("reward_model", str(folder), placing=Placing(**(placing | more)), **values)


def test_with_the_same_words_the_sampled_tokens_are_scored(
    judge: Path, text: ChatText, completions: list[Any]
) -> None:
    expected = [score_alone(judge, one.prompt.prompt + one.tokens)[0] for one in completions]
    found = learned(judge, text).score(completions)
    assert found.tolist() == pytest.approx(expected, abs=1e-5)
    cut = completion(text, completions[0].prompt, "kind kind")
    unfinished = completion(text, cut.prompt, "kind kind", tokens=cut.tokens[:-1], finished=False)
    scores = learned(judge, text).score([cut, unfinished]).tolist()
    assert scores[1] == pytest.approx(
        score_alone(judge, cut.prompt.prompt + cut.tokens[:-1])[0], abs=1e-5
    )
    assert scores[0] != pytest.approx(scores[1], abs=1e-4)


def test_a_response_cut_at_a_stop_string_is_scored_by_its_text(
    judge: Path, text: ChatText, completions: list[Any]
) -> None:
    whole = completions[1]
    drawn = completion(text, whole.prompt, "kind kind song STOP").tokens[:-1]
    cut = completion(text, whole.prompt, whole.text, tokens=drawn)
    scores = learned(judge, text).score([whole, cut]).tolist()
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_with_another_tokenizer_the_text_is_scored(
    tmp_path: Path, text: ChatText, completions: list[Any]
) -> None:
    words = ["tea rain road yes no kind song lamp"]
    base = make_tiny_model(tmp_path / "base", words, hidden_size=32, layers=1, vocab_size=280)
    judge = make_reward_model(base, tmp_path / "judge")
    own = ChatText(AutoTokenizer.from_pretrained(judge))
    expected = []
    for one in completions:
        answer = [{"role": "assistant", "content": one.text}]
        prompt, [response] = own.encode(one.prompt.messages, [answer])
        assert response != one.tokens or prompt != one.prompt.prompt
        expected.append(score_alone(judge, prompt + response)[0])
    found = learned(judge, text).score(completions)
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_neither_batch_nor_order_matter(
    judge: Path, text: ChatText, completions: list[Any]
) -> None:
    together = learned(judge, text, batch_size=64).score(completions)
    for size in (1, 2, 3):
        alone = learned(judge, text, batch_size=size).score(completions[::-1]).flip(0)
        assert torch.allclose(together, alone, atol=1e-5)


def test_a_reward_model_never_changes(judge: Path, text: ChatText, completions: list[Any]) -> None:
    reward = learned(judge, text)
    (member,) = reward.members
    before = {name: weight.clone() for name, weight in member.model.state_dict().items()}
    reward.score(completions)
    assert not member.model.training
    assert not any(parameter.requires_grad for parameter in member.model.parameters())
    after = member.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_ensemble_is_the_mean_of_its_members(
    tiny: Path, tmp_path: Path, text: ChatText, completions: list[Any]
) -> None:
    members = [make_reward_model(tiny, tmp_path / f"member-{n}", seed=n) for n in (1, 2)]
    about = {"kind": "reward_ensemble", "members": ["member-1", "member-2"], "criteria": []}
    (tmp_path / "accord.json").write_text(json.dumps(about))
    each = [learned(member, text).score(completions) for member in members]
    assert not torch.allclose(each[0], each[1], atol=1e-3)
    found = learned(tmp_path, text).score(completions)
    assert torch.allclose(found, (each[0] + each[1]) / 2, atol=1e-5)


def test_several_labels_need_weights(
    tiny: Path, tmp_path: Path, text: ChatText, completions: list[Any]
) -> None:
    judge = make_reward_model(tiny, tmp_path, heads=2)
    with pytest.raises(
        ModelError, match=r"has 2 labels \(LABEL_0, LABEL_1\).*for example LABEL_1=1"
    ):
        learned(judge, text)
    with pytest.raises(ConfigError, match="head_weights names other"):
        learned(judge, text, head_weights="other=1")
    found = learned(judge, text, head_weights="LABEL_0=2,LABEL_1=-1").score(completions)
    each = [score_alone(judge, one.prompt.prompt + one.tokens) for one in completions]
    assert found.tolist() == pytest.approx([2 * a - b for a, b in each], abs=1e-4)


def test_what_is_longer_than_its_positions_is_refused(
    tiny: Path, tmp_path: Path, text: ChatText, completions: list[Any]
) -> None:
    longest = max(len(one.prompt.prompt) + len(one.tokens) for one in completions)
    short = make_short_model(tiny, tmp_path / "short", positions=longest - 1)
    judge = make_reward_model(short, tmp_path / "judge")
    with pytest.raises(
        ModelError, match=rf"reads {longest - 1} tokens, and a response .* {longest}"
    ):
        learned(judge, text).score(completions)


def test_a_prompt_that_its_template_refuses_is_named(
    tiny: Path, tmp_path: Path, text: ChatText, completions: list[Any]
) -> None:
    judge = make_reward_model(tiny, tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(judge)
    tokenizer.chat_template = "{{ raise_exception('no such role') }}"
    tokenizer.save_pretrained(judge)
    with pytest.raises(DataError, match=r"cannot read the prompt Tea\? \(no such role\)"):
        learned(judge, text).score(completions)


def test_the_policys_backbone_is_asked_first(
    judge: Path, text: ChatText, completions: list[Any]
) -> None:
    asked: list[tuple[str, str]] = []

    class Backbone:
        def reward_scorer(self, name: str, head_weights: str) -> Any:
            asked.append((name, head_weights))
            return lambda prompts, responses: torch.tensor(
                [float(len(p) + 100 * len(r)) for p, r in zip(prompts, responses, strict=True)]
            )

    found = learned(judge, text, backbone=Backbone()).score(completions)
    assert asked == [(str(judge), "")]
    assert found.tolist() == [len(one.prompt.prompt) + 100 * len(one.tokens) for one in completions]
