"""Merged and exported models give the numbers of the checkpoint; targets are whole or absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Regex, pre_tokenizers
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from training.run_dir import RunDir
from training.trainers import merge
from training.trainers.configs import ExportConfig
from training.trainers.export import export
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.adapters import prepare_training
from training.trainers.models.default_model import ModelError
from training.trainers.models.exporting import export_model
from training.trainers.models.model_loading import load_policy, load_reward_model
from training.trainers.models.saving import save_checkpoint

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
IDS = torch.tensor([[5, 6, 7, 8, 9, 2]])
SHAPE = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64,
}  # fmt: skip


def adapters_at(path: Path, tiny: Path, *, reward: bool) -> tuple[Path, Tensor]:
    """A run with one checkpoint of adapters that were moved at random, and what it computes."""
    name = str(tiny)
    loaded = load_reward_model(name, new_head=True) if reward else load_policy(name)
    model = prepare_training(
        loaded.model, tuning="lora", rank=4, alpha=8.0, targets="all-linear", freeze_fraction=0.0,
        reward_head=reward,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(3)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data.normal_(std=0.2, generator=generator)
    kind = "reward_model" if reward else "policy"
    run = RunDir(path)

    def write(folder: Path) -> None:
        about = {"kind": kind, "base_model": name}
        save_checkpoint(
            folder, model=model, tokenizer=loaded.tokenizer, base=loaded.base, about=about
        )

    run.path.mkdir()
    run.write_checkpoint(step=1, metrics={}, score=None, write=write)
    with torch.no_grad():
        return run.path, model(IDS).logits


@pytest.mark.parametrize("reward", [True, False])
def test_merged_adapters_load_without_peft_and_give_the_same_numbers(
    reward: bool, tiny: Path, tmp_path: Path
) -> None:
    run, expected = adapters_at(tmp_path / "run", tiny, reward=reward)
    out = tmp_path / "merged"
    assert export_model(str(run), out, format="safetensors") > 10_000
    names = {path.name for path in out.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "accord.json"} <= names
    assert not any("adapter" in name for name in names)
    head: Any = AutoModelForSequenceClassification if reward else AutoModelForCausalLM
    with torch.no_grad():
        found = head.from_pretrained(out).eval()(IDS).logits
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    again = load_reward_model(str(out), new_head=False) if reward else load_policy(str(out))
    assert again.about["base_model"] == str(tiny)


def test_a_target_that_exists_is_never_touched(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "there"
    out.mkdir()
    assert merge.main([str(tiny), "--out", str(out)]) == 1
    assert f"merge: {out} exists already: name another place" in capsys.readouterr().err
    assert not list(out.iterdir())


def test_a_merge_that_breaks_off_leaves_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.trainers.models.saving.sync_tree", full)
    assert merge.main([str(tiny), "--out", str(tmp_path / "out" / "merged")]) == 1
    assert "The disk is full" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def llama(tokenizer: Any) -> Any:
    """Its head apart from the embeddings."""
    return LlamaForCausalLM(
        LlamaConfig(vocab_size=len(tokenizer), tie_word_embeddings=False, rope_theta=5e4, **SHAPE)
    )


def qwen2(tokenizer: Any) -> Any:
    """Its head tied, more rows than tokens, biases, and text cut as Qwen cuts it."""
    cut = pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated")
    into_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, into_bytes])
    config = Qwen2Config(vocab_size=len(tokenizer) + 7, tie_word_embeddings=True, **SHAPE)
    model = Qwen2ForCausalLM(config)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_()
    return model


@pytest.mark.parametrize("make", [llama, qwen2])
def test_a_gguf_file_read_back_gives_the_same_logits_and_tokens(
    make: Any, tiny: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    model = make(tokenizer).eval()
    model.config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(tmp_path / "plain")
    tokenizer.save_pretrained(tmp_path / "plain")
    out = tmp_path / "out" / "model.gguf"
    assert merge.main([str(tmp_path / "plain"), "--out", str(out), "--format", "gguf"]) == 0
    back: Any = AutoModelForCausalLM.from_pretrained(
        out.parent, gguf_file=out.name, dtype=torch.float32
    )
    with torch.no_grad():
        torch.testing.assert_close(back.eval()(IDS).logits, model(IDS).logits)
    read = AutoTokenizer.from_pretrained(out.parent, gguf_file=out.name)
    messages = [{"role": "user", "content": "Say kind tea number 27, please: お茶"}]
    texts = [t.apply_chat_template(messages, tokenize=False) for t in (tokenizer, read)]
    assert texts[0] == texts[1]
    assert read(texts[1])["input_ids"] == tokenizer(texts[0])["input_ids"]
    assert (read.eos_token_id, read.pad_token_id) == (
        tokenizer.eos_token_id,
        tokenizer.pad_token_id,
    )


def test_what_gguf_cannot_hold_is_refused_in_a_sentence(tiny: Path, tmp_path: Path) -> None:
    run, _ = adapters_at(tmp_path / "run", tiny, reward=True)
    with pytest.raises(ModelError, match="is a reward model, whose head GGUF cannot hold"):
        export_model(str(run), tmp_path / "a.gguf", format="gguf")
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    other = GPT2LMHeadModel(
        GPT2Config(vocab_size=len(tokenizer), n_embd=32, n_layer=1, n_head=2, n_positions=64)
    )
    other.config.pad_token_id = tokenizer.pad_token_id
    other.save_pretrained(tmp_path / "gpt2")
    tokenizer.save_pretrained(tmp_path / "gpt2")
    with pytest.raises(ModelError, match="of the kind gpt2 cannot be written as GGUF here"):
        export_model(str(tmp_path / "gpt2"), tmp_path / "b.gguf", format="gguf")
    scaled = llama(tokenizer)
    scaled.config.rope_parameters = {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}
    scaled.save_pretrained(tmp_path / "scaled")
    tokenizer.save_pretrained(tmp_path / "scaled")
    with pytest.raises(ModelError, match="scaled positions or a sliding window"):
        export_model(str(tmp_path / "scaled"), tmp_path / "c.gguf", format="gguf")
    assert not list(tmp_path.glob("*.gguf"))


def test_an_export_run_writes_its_outputs_anew(tiny: Path, tmp_path: Path) -> None:
    run = RunDir(tmp_path / "run")
    config = ExportConfig.from_dict({"model": str(tiny), "threads": 1})
    run.create(config.as_dict())
    (run.outputs_path / "model").mkdir(parents=True)
    result = export(run, config, StopWatch(run))
    assert result["outputs"] == {"model": "outputs/model"}
    assert json.loads((run.path / "outputs/model/config.json").read_text())["model_type"] == "llama"
    assert result["metrics"]["bytes"] > 0
