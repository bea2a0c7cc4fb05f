"""Which weights learn: adapters above the frozen layers, or everything above them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXJapaneseConfig,
    GPTNeoXJapaneseForCausalLM,
)

from training.trainers.config_fields import ConfigError
from training.trainers.models.adapters import prepare_training


def prepared(model: Any, **changes: Any) -> Any:
    values = {
        "tuning": "lora", "rank": 4, "alpha": 8.0, "targets": "all-linear",
        "freeze_fraction": 0.0, "reward_head": False,
    }  # fmt: skip
    return prepare_training(model, **(values | changes))


def learning(model: Any) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


@pytest.fixture
def model(tiny: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny)


def test_adapters_sit_on_every_linear_layer_but_the_head(model: Any) -> None:
    names = learning(prepared(model))
    assert len(names) == 2 * 7 * 2
    assert all("lora" in name for name in names)


def test_named_targets_and_frozen_layers(model: Any) -> None:
    names = learning(prepared(model, targets="q_proj, v_proj", freeze_fraction=0.5))
    assert len(names) == 4
    assert all(".layers.1.self_attn." in name for name in names)


def test_unknown_targets_are_named(model: Any) -> None:
    with pytest.raises(ConfigError, match="names c_attn, which this model does not have: it has"):
        prepared(model, targets="q_proj,c_attn")


def test_full_training_with_frozen_layers_keeps_nothing_of_them(model: Any) -> None:
    names = learning(prepared(model, tuning="full", freeze_fraction=0.5))
    assert names
    assert all(".layers.1." in name or name == "model.norm.weight" for name in names)
    kept: list[bool] = []
    model.model.layers[1].register_forward_pre_hook(
        lambda module, inputs: kept.append(inputs[0].requires_grad)
    )
    model(torch.tensor([[3, 4]])).logits.sum().backward()
    assert kept == [False]


def test_everything_learns_in_full_and_dropout_is_off(model: Any) -> None:
    made = prepared(model, tuning="full")
    assert learning(made) == {name for name, _ in made.named_parameters()}
    assert not made.training


def test_nothing_left_to_learn_is_refused(model: Any) -> None:
    with pytest.raises(ConfigError, match="leaves nothing to learn"):
        prepared(model, freeze_fraction=1.0)


def test_an_output_head_of_its_own_learns_and_a_tied_one_does_not() -> None:
    size = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    for tied in (False, True):
        config = GPTNeoXJapaneseConfig(**size, tie_word_embeddings=tied)
        made = prepared(GPTNeoXJapaneseForCausalLM(config), tuning="full", freeze_fraction=0.5)
        names = learning(made)
        assert ("embed_out.weight" in names) is not tied
        assert not made.get_input_embeddings().weight.requires_grad
        assert all(".layers.1." in n or "norm" in n or n == "embed_out.weight" for n in names)


def test_a_reward_head_alone_learns_on_a_backbone_that_is_all_frozen(tiny: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=1)
    names = learning(prepared(model, freeze_fraction=1.0, reward_head=True))
    assert names == {"base_model.model.score.modules_to_save.default.weight"}


def test_gradient_checkpointing_marks_the_backbone_and_trains_nothing_else(model: Any) -> None:
    assert not model.model.gradient_checkpointing
    made = prepared(model, gradient_checkpointing=True)
    assert made.get_base_model().model.gradient_checkpointing
    assert all("lora" in name for name in learning(made))
    assert not any(module.training for module in made.modules())


def test_gpt2_with_its_own_kind_of_linear_layer() -> None:
    config = GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, n_positions=32)
    made = prepared(GPT2LMHeadModel(config), freeze_fraction=0.5)
    names = learning(made)
    assert names
    assert all(".h.1." in name for name in names)
    full = learning(prepared(GPT2LMHeadModel(config), tuning="full", freeze_fraction=0.5))
    assert full == {n for n in full if ".h.1." in n or "ln_f" in n}
