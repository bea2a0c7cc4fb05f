"""Heads of a reward model: which there are, how new ones begin, and how they make one score."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, LlamaConfig

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.reward_heads import (
    ONE_HEAD,
    criteria_of_model,
    draw_heads,
    fit_heads,
    scores_by_criterion,
    wanted_heads,
    weigh_heads,
)

ROWS = torch.tensor([[1.0, 0.0, 2.0, 0.0], [0.0, 4.0, 0.0, 1.0]])


def model_with(*criteria: str) -> Any:
    config = LlamaConfig(
        vocab_size=11, hidden_size=4, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=1, num_labels=len(criteria), pad_token_id=0,
    )  # fmt: skip
    config.id2label = dict(enumerate(criteria))
    model = AutoModelForSequenceClassification.from_config(config).eval()
    with torch.no_grad():
        model.score.weight.copy_(ROWS[: len(criteria)])
    return model


def test_which_heads_are_wanted() -> None:
    found = ["honest", "harmless", "honest", "harmless"]
    assert wanted_heads("auto", found) == ("harmless", "honest")
    assert wanted_heads("auto", ["", ""]) == (ONE_HEAD,)
    assert wanted_heads("one", found) == (ONE_HEAD,)
    assert wanted_heads("honest, harmless", found) == ("honest", "harmless")
    with pytest.raises(ConfigError, match="criteria names helpful, and the training records have"):
        wanted_heads("honest,helpful", found)
    with pytest.raises(ConfigError, match="names nothing"):
        wanted_heads(" , ", found)


def test_heads_keep_their_place_by_name_and_new_ones_begin_at_the_mean() -> None:
    model = model_with("helpful", "harmless")
    assert not fit_heads(model, ["helpful", "harmless"])
    assert fit_heads(model, ["honest", "harmless"])
    torch.testing.assert_close(model.score.weight.detach(), torch.stack([ROWS.mean(0), ROWS[1]]))
    assert criteria_of_model(model) == ("honest", "harmless")
    assert (model.config.num_labels, model.num_labels) == (2, 2)
    assert model.config.label2id == {"honest": 0, "harmless": 1}
    assert model(torch.tensor([[1, 2, 3]])).logits.shape == (1, 2)


def test_a_single_head_only_changes_its_name() -> None:
    model = model_with("LABEL_0")
    assert not fit_heads(model, ["overall"])
    assert criteria_of_model(model) == ("overall",)
    torch.testing.assert_close(model.score.weight.detach(), ROWS[:1])
    assert fit_heads(model, ["helpful", "harmless"])
    torch.testing.assert_close(model.score.weight.detach(), ROWS[:1].repeat(2, 1))


@pytest.mark.parametrize(
    ("text", "shares"),
    [("", [0.5, 0.5]), ("harmless=2", [0.0, 2.0]), ("helpful=1,harmless=0.5", [1.0, 0.5])],
)
def test_weighing_is_the_weighted_sum_of_scores(text: str, shares: list[float]) -> None:
    model, tokens = model_with("helpful", "harmless"), torch.tensor([[1, 2, 3], [4, 5, 6]])
    with torch.no_grad():
        apart = model(tokens).logits
        weigh_heads(model, text)
        together = model(tokens).logits
    assert together.shape == (2, 1)
    torch.testing.assert_close(together[:, 0], apart @ torch.tensor(shares))


def test_an_unknown_head_is_named() -> None:
    with pytest.raises(ConfigError, match="names kind, and the model has helpful, harmless"):
        weigh_heads(model_with("helpful", "harmless"), "kind=1")


def test_each_response_is_scored_by_its_own_head() -> None:
    scores = torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    own = scores_by_criterion(scores, ["b", "a", "unknown"], ["a", "b"])
    assert own.tolist() == [10.0, 2.0, 16.5]
    single = torch.tensor([1.0, 2.0])
    assert scores_by_criterion(single, ["x", ""], ["a"]) is single


def test_drawn_heads_differ_by_seed_only_and_trained_ones_stay() -> None:
    models = [model_with("a", "b") for _ in range(3)]
    for model, seed in zip(models, [1, 1, 2], strict=True):
        with torch.no_grad():
            model.score.weight[0] = 0.0
        draw_heads(model, seed)
    first, same, other = (model.score.weight.detach() for model in models)
    assert torch.equal(first, same)
    assert not torch.equal(first[0], other[0])
    assert torch.equal(first[1], ROWS[1])
    wide = model_with("a")
    wide.score = torch.nn.Linear(10_000, 1, bias=False)
    torch.nn.init.zeros_(wide.score.weight)
    draw_heads(wide, 3)
    assert wide.score.weight.std().item() == pytest.approx(0.01, rel=0.05)
