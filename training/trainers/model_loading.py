"""Models by name: the default one, a folder, a hub id, or the checkpoint of an earlier run.

Loads a policy or a scalar reward model with adapters merged, a pad token that is not the end token,
and never code or pickles from the model's repository. What a checkpoint is made of is here too.
"""

from __future__ import annotations

import os
import re
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from training.durable_files import read_object, sync_tree, write_json
from training.run_dir import RunDir
from training.trainers.chat_text import PLAIN_TEMPLATE
from training.trainers.configs import DEFAULT_MODEL, MachineConfig
from training.trainers.default_model import ModelError, default_model

ABOUT = "accord.json"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


@dataclass
class LoadedModel:
    """A model without adapters and its tokenizer.

    ``base`` is a folder or hub id whose plain loading gives exactly these weights, or None where
    none does (adapters were merged, the vocabulary grew, the pad token changed). ``about`` is what
    the checkpoint said of itself: kind, reference and so on; empty for foreign models.
    """

    model: Any
    tokenizer: Any
    base: str | None
    about: dict[str, Any]


def resolve_model(name: str) -> str:
    """A folder or hub id for a model's name; a run's folder stands for its best checkpoint."""
    if name == DEFAULT_MODEL:
        return str(default_model())
    path = Path(name).expanduser()
    if not path.is_dir():
        if _HUB_ID.fullmatch(name) and not path.exists():
            return name
        raise ModelError(f"model {name!r} is no folder: correct the path or name a hub id.")
    run = RunDir(path)
    if run.checkpoints_path.is_dir():
        checkpoint = run.best_checkpoint() or run.latest_checkpoint()
        if checkpoint is None:
            raise ModelError(f"The run {name} has no checkpoint yet: let it train first.")
        return str(checkpoint.path.resolve())
    if not ((path / "config.json").exists() or (path / "adapter_config.json").exists()):
        raise ModelError(f"{name} holds no model (no config.json): name a model's folder.")
    return str(path.resolve())


def checkpoint_about(source: str) -> dict[str, Any]:
    """What a checkpoint of ours says of itself; empty for any other model."""
    return read_object(Path(source) / ABOUT) or {}


def is_reward_model(source: str) -> bool:
    """Whether a folder says of itself that it scores; a hub id is taken for a language model."""
    kind = checkpoint_about(source).get("kind")
    config = read_object(Path(source) / "config.json") or {}
    names = config.get("architectures") or ()
    return kind == "reward_model" or any("SequenceClassification" in name for name in names)


def working_dtype(config: MachineConfig, device: torch.device) -> torch.dtype:
    """The number format of frozen weights: what ``precision`` says, else what the device likes."""
    if config.precision == "auto":
        brain = device.type == "cuda" and torch.cuda.is_bf16_supported()
    else:
        brain = config.precision == "bf16"
    return torch.bfloat16 if brain else torch.float32


def load_policy(name: str, *, dtype: torch.dtype = torch.float32) -> LoadedModel:
    """A causal language model. Raises ModelError with a remedy."""
    source = resolve_model(name)
    about = checkpoint_about(source)
    if about.get("kind") == "reward_model":
        raise ModelError(
            f"model {name} is a reward model, which cannot write: name a policy in its place."
        )
    return _load(source, about, reward=False, dtype=dtype)


def load_reward_model(
    name: str, *, dtype: torch.dtype = torch.float32, new_head: bool
) -> LoadedModel:
    """A sequence classifier with one label.

    With ``new_head`` any language model serves, and its head starts at zero, so that all scores
    begin equal; a reward model keeps its head. Without, a model that has no head is refused.
    """
    source = resolve_model(name)
    about = checkpoint_about(source)
    if about.get("kind") == "policy":
        if not new_head:
            raise ModelError(f"model {name} is a policy without scores: name a reward model.")
        loaded = _load(source, about, reward=False, dtype=dtype)
        return _with_zero_head(loaded)
    loaded = _load(source, about, reward=True, dtype=dtype)
    fresh = not about and not _has_head(loaded)
    if fresh and not new_head:
        raise ModelError(f"model {name} has no reward head: name a reward model's checkpoint.")
    if fresh:
        torch.nn.init.zeros_(loaded.model.score.weight)
    return loaded


def _has_head(loaded: LoadedModel) -> bool:
    return any("SequenceClassification" in name for name in loaded.about.get("architectures", ()))


def _load(source: str, about: dict[str, Any], *, reward: bool, dtype: torch.dtype) -> LoadedModel:
    adapter = Path(source) / "adapter_config.json"
    weights = source
    if adapter.exists():
        weights = _base_of(Path(source), about)
    tokenizer = _load_tokenizer(source if about or not adapter.exists() else weights)
    model = _from_pretrained(weights, reward=reward, dtype=dtype)
    base: str | None = weights
    if not about:
        about = {"architectures": list(model.config.architectures or ())}
    if adapter.exists():
        model = _merge(model, source)
        base = None
    changed = choose_pad(tokenizer, model)
    if changed == "vocabulary" or (changed == "config" and reward):
        base = None
    return LoadedModel(model=model.eval(), tokenizer=tokenizer, base=base, about=about)


def _base_of(folder: Path, about: dict[str, Any]) -> str:
    """Where the weights under a checkpoint's adapters lie; the run may have been moved."""
    named = (read_object(folder / "adapter_config.json") or {}).get("base_model_name_or_path", "")
    beside = folder / about.get("relative_base", "none")
    if about.get("relative_base") and beside.is_dir():
        return str(beside.resolve())
    if about.get("base_model") == DEFAULT_MODEL and not Path(named).is_dir():
        return str(default_model())
    if os.path.isabs(named) and not Path(named).is_dir():
        raise ModelError(f"{folder} stands on {named}, which is gone: put that model back.")
    return str(named)


def _from_pretrained(source: str, *, reward: bool, dtype: torch.dtype) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    _refuse_code_and_pickles(Path(source))
    head: Any = AutoModelForSequenceClassification if reward else AutoModelForCausalLM
    labels = {"num_labels": 1} if reward else {}
    try:
        return head.from_pretrained(
            source, dtype=dtype, use_safetensors=True, trust_remote_code=False, **labels
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(
            f"model {source} could not be loaded ({first}): name another folder or hub id."
        ) from error


def _refuse_code_and_pickles(folder: Path) -> None:
    config = read_object(folder / "config.json") if folder.is_dir() else None
    if config and config.get("auto_map"):
        raise ModelError(
            f"model {folder} brings its own Python code, which is never run: take a model whose"
            " architecture transformers knows."
        )
    weights = [path.name for path in folder.glob("*")] if folder.is_dir() else []
    if weights and not any(name.endswith(".safetensors") for name in weights):
        raise ModelError(
            f"model {folder} has no safetensors weights, and pickled ones (.bin, .pt) are refused"
            " because they can run code: convert it with save_pretrained."
        )


def _load_tokenizer(source: str) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(f"model {source} has no usable tokenizer ({first}).") from error
    if tokenizer.eos_token_id is None:
        raise ModelError(f"model {source} has no end token: give its tokenizer an eos_token.")
    if tokenizer.chat_template is None:
        tokenizer.chat_template = PLAIN_TEMPLATE
    return tokenizer


def _merge(model: Any, adapter: str) -> Any:
    from peft import PeftModel

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return PeftModel.from_pretrained(model, adapter).merge_and_unload()


def _with_zero_head(loaded: LoadedModel) -> LoadedModel:
    """The policy's backbone under a new scalar head of zeros; its weights exist nowhere on disk."""
    from transformers import AutoModelForSequenceClassification

    policy = loaded.model
    policy.config.num_labels = 1
    head: Any = AutoModelForSequenceClassification
    model = head.from_config(policy.config, dtype=policy.dtype)
    prefix = policy.base_model_prefix
    getattr(model, prefix).load_state_dict(getattr(policy, prefix).state_dict())
    torch.nn.init.zeros_(model.score.weight)
    return LoadedModel(model=model.eval(), tokenizer=loaded.tokenizer, base=None, about={})


def choose_pad(tokenizer: Any, model: Any) -> str | None:
    """Make the pad token distinct from the end token, in tokenizer and model alike.

    Takes a token the vocabulary already has (its pad, unknown or reserved one) and only then adds
    one. Returns what now differs from the model on disk: None, "config" or "vocabulary".
    """
    grown = None
    ends = {tokenizer.eos_token_id, tokenizer.bos_token_id}
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id in ends:
        spare = [t for t in _spare_tokens(tokenizer) if t not in ends]
        if spare:
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(spare[0])
        else:
            tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        grown = "vocabulary"
    changed = grown or ("config" if model.config.pad_token_id != tokenizer.pad_token_id else None)
    model.config.pad_token_id = tokenizer.pad_token_id
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
    return changed


def _spare_tokens(tokenizer: Any) -> list[int]:
    """Special tokens that no text of a conversation can end in: pad, unknown, reserved ones."""
    named = {t.content: i for i, t in tokenizer.added_tokens_decoder.items() if t.special}
    likely = [i for text, i in named.items() if re.search(r"pad|reserved|unused", text.lower())]
    unknown = [] if tokenizer.unk_token_id is None else [tokenizer.unk_token_id]
    return [*likely, *unknown]


def write_base(loaded: LoadedModel, folder: Path) -> str:
    """Keep weights that exist nowhere else, whole or not at all, for adapters to stand on."""
    if not folder.is_dir():
        writing = folder.with_name(f".writing-{folder.name}")
        shutil.rmtree(writing, ignore_errors=True)
        loaded.model.save_pretrained(writing)
        loaded.tokenizer.save_pretrained(writing)
        sync_tree(writing)
        writing.rename(folder)
    return str(folder.resolve())


def save_checkpoint(
    folder: Path, *, model: Any, tokenizer: Any, base: str | None, about: dict[str, Any]
) -> None:
    """Adapters, or all weights, with tokenizer and `accord.json`; plain transformers loads it."""
    if hasattr(model, "peft_config"):
        for config in model.peft_config.values():
            config.base_model_name_or_path = base
        if base and Path(base).is_dir():
            inside = os.path.relpath(base, folder.with_name("step").resolve())
            about = about | ({"relative_base": inside} if inside.startswith("../../base") else {})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Could not find a config file", UserWarning)
        model.save_pretrained(folder, **_save_options(model))
    tokenizer.save_pretrained(folder)
    write_json(folder / ABOUT, about)


def _save_options(model: Any) -> dict[str, Any]:
    # PEFT would otherwise ask the hub whether the base's vocabulary was resized.
    return {"save_embedding_layers": False} if hasattr(model, "peft_config") else {}
