"""Models by name, pads, refusals, and checkpoints that come back with the same numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

from training.run_dir import RunDir
from training.trainers.models.adapters import prepare_training
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_loading import (
    is_reward_model,
    load_policy,
    load_reward_model,
    resolve_model,
)
from training.trainers.models.saving import save_checkpoint, write_base

IDS = torch.tensor([[5, 6, 7, 8, 2]])


def with_adapters(model: Any, *, reward: bool, frozen: float = 0.0) -> Any:
    """LoRA with weights that are not zero any more."""
    model = prepare_training(
        model, tuning="lora", rank=4, alpha=8, targets="all-linear", freeze_fraction=frozen,
        reward_head=reward,
    )  # fmt: skip
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn_like(parameter) * 0.1)
                assert "lora" in name or "score" in name
    return model


def saved(folder: Path, model: Any, tokenizer: Any, base: str | None, kind: str) -> Path:
    folder.mkdir(parents=True)
    save_checkpoint(folder, model=model, tokenizer=tokenizer, base=base, about={"kind": kind})
    return folder


def test_a_policys_adapters_come_back_with_the_same_numbers(tiny: Path, tmp_path: Path) -> None:
    loaded = load_policy(str(tiny))
    assert loaded.base == str(tiny)
    model = with_adapters(loaded.model, reward=False)
    expected = model(IDS).logits
    folder = saved(tmp_path / "c", model, loaded.tokenizer, loaded.base, "policy")
    again = load_policy(str(folder))
    torch.testing.assert_close(again.model(IDS).logits, expected, atol=1e-5, rtol=1e-5)
    assert again.base is None
    assert again.about["kind"] == "policy"


def test_a_reward_models_head_comes_back(tiny: Path, tmp_path: Path) -> None:
    loaded = load_reward_model(str(tiny), new_head=True)
    assert loaded.model(IDS).logits.item() == 0.0
    model = with_adapters(loaded.model, reward=True)
    expected = model(IDS).logits
    assert expected.item() != 0.0
    folder = saved(tmp_path / "c", model, loaded.tokenizer, loaded.base, "reward_model")
    assert is_reward_model(str(folder))
    again = load_reward_model(str(folder), new_head=True)
    torch.testing.assert_close(again.model(IDS).logits, expected, atol=1e-5, rtol=1e-5)


def test_a_head_that_learned_alone_comes_back(tiny: Path, tmp_path: Path) -> None:
    loaded = load_reward_model(str(tiny), new_head=True)
    model = with_adapters(loaded.model, reward=True, frozen=1.0)
    expected = model(IDS).logits
    assert expected.item() != 0.0
    folder = saved(tmp_path / "c", model, loaded.tokenizer, loaded.base, "reward_model")
    again = load_reward_model(str(folder), new_head=False)
    torch.testing.assert_close(again.model(IDS).logits, expected, atol=1e-5, rtol=1e-5)


def test_full_weights_come_back(tiny: Path, tmp_path: Path) -> None:
    loaded = load_reward_model(str(tiny), new_head=True)
    torch.nn.init.normal_(loaded.model.score.weight)
    folder = saved(tmp_path / "c", loaded.model, loaded.tokenizer, None, "reward_model")
    again = load_reward_model(str(folder), new_head=False)
    torch.testing.assert_close(again.model(IDS).logits, loaded.model(IDS).logits)


def test_adapters_on_adapters_stand_on_a_base_of_their_own(tiny: Path, tmp_path: Path) -> None:
    first = load_policy(str(tiny))
    model = with_adapters(first.model, reward=False)
    one = saved(tmp_path / "one", model, first.tokenizer, first.base, "policy")
    second = load_policy(str(one))
    run = tmp_path / "run"
    base = write_base(second, run / "base")
    stacked = with_adapters(second.model, reward=False)
    expected = stacked(IDS).logits
    folder = saved(run / "checkpoints" / "step-1", stacked, second.tokenizer, base, "policy")
    moved = tmp_path / "moved"
    run.rename(moved)
    again = load_policy(str(moved / "checkpoints" / "step-1"))
    torch.testing.assert_close(again.model(IDS).logits, expected, atol=1e-5, rtol=1e-5)
    shutil.rmtree(moved / "base")
    with pytest.raises(ModelError, match="which is gone"):
        load_policy(str(moved / "checkpoints" / folder.name))


def test_a_policy_becomes_a_reward_model_with_its_own_weights(tiny: Path, tmp_path: Path) -> None:
    loaded = load_policy(str(tiny))
    model = with_adapters(loaded.model, reward=False)
    folder = saved(tmp_path / "c", model, loaded.tokenizer, loaded.base, "policy")
    expected = model.get_base_model().model(IDS).last_hidden_state
    reward = load_reward_model(str(folder), new_head=True)
    hidden = reward.model.model(IDS).last_hidden_state
    torch.testing.assert_close(hidden, expected, atol=1e-5, rtol=1e-5)
    assert reward.base is None
    assert reward.model(IDS).logits.item() == 0.0


def test_kinds_are_not_mixed_up(tiny: Path, tmp_path: Path) -> None:
    loaded = load_reward_model(str(tiny), new_head=True)
    reward = saved(tmp_path / "r", loaded.model, loaded.tokenizer, None, "reward_model")
    with pytest.raises(ModelError, match="is a reward model, which cannot write"):
        load_policy(str(reward))
    policy = saved(tmp_path / "p", load_policy(str(tiny)).model, loaded.tokenizer, None, "policy")
    with pytest.raises(ModelError, match="is a policy without scores"):
        load_reward_model(str(policy), new_head=False)
    with pytest.raises(ModelError, match="has no reward head"):
        load_reward_model(str(tiny), new_head=False)


def test_names_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no folder: correct the path"):
        resolve_model(str(tmp_path / "none"))
    with pytest.raises(ModelError, match="holds no model"):
        resolve_model(str(tmp_path))
    assert resolve_model("someone/some-model") == "someone/some-model"


def test_a_runs_folder_stands_for_its_best_checkpoint(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "run")
    run.create({})
    run.checkpoints_path.mkdir()
    with pytest.raises(ModelError, match="no checkpoint yet"):
        resolve_model(str(run.path))
    for step, score in [(1, 0.9), (2, 0.1)]:
        run.write_checkpoint(step=step, metrics={}, score=score, write=lambda folder: None)
    assert resolve_model(str(run.path)).endswith("step-00000001")


def test_code_and_pickles_are_refused(tiny: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(tiny, code)
    config = json.loads((code / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "modeling_evil.Evil"}
    (code / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="its own Python code, which is never run"):
        load_policy(str(code))
    pickled = tmp_path / "pickled"
    shutil.copytree(tiny, pickled)
    (pickled / "model.safetensors").unlink()
    torch.save({}, pickled / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled ones"):
        load_policy(str(pickled))


def test_a_broken_folder_is_one_sentence(tiny: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny, broken)
    (broken / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="is no safetensors file") as caught:
        load_policy(str(broken))
    assert "\n" not in str(caught.value)


def test_else_the_vocabulary_grows_and_is_saved_with_the_model(tmp_path: Path) -> None:
    letters = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate("abcdef")}, merges=[]))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<end>")
    config = GPT2Config(vocab_size=7, n_embd=16, n_layer=1, n_head=2, n_positions=32)
    source = tmp_path / "source"
    GPT2LMHeadModel(config).save_pretrained(source)
    tokenizer.save_pretrained(source)
    loaded = load_policy(str(source))
    assert loaded.base is None
    assert (loaded.tokenizer.eos_token_id, loaded.tokenizer.pad_token_id) == (6, 7)
    base = write_base(loaded, tmp_path / "base")
    again = load_policy(base)
    assert again.base == base
    assert again.model.get_input_embeddings().num_embeddings == len(again.tokenizer) == 8
    ids = torch.tensor([[0, 3, 6, 7]])
    torch.testing.assert_close(again.model(ids).logits, loaded.model(ids).logits)
