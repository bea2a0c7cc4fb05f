"""Models by name: the default one, a folder, a hub id, or the checkpoint of an earlier run.

Loads a policy or a scalar reward model with adapters merged, a pad token that is not the end token,
and never code or pickles from the model's repository. What a checkpoint is made of: `saving`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from training.run_dir import RunDir
from training.trainers.configs import DEFAULT_MODEL, MachineConfig
from training.trainers.data.chat_text import PLAIN_TEMPLATE
from training.trainers.models.adapter_base import base_of, check_hub_adapters, is_hub_id
from training.trainers.models.default_model import ModelError, default_model
from training.trainers.models.model_checks import (
    check_adapter_folder,
    check_fits,
    check_model_folder,
    check_same_vocabulary,
    check_tokenizer_folder,
    loading_error,
    object_of,
)
from training.trainers.models.pad_token import choose_pad
from training.trainers.rewards.reward_heads import name_heads, weigh_heads

ABOUT = "accord.json"


@dataclass
class LoadedModel:
    """A model without adapters and its tokenizer.

    ``base`` is a folder or hub id whose plain loading gives exactly these weights, or None where
    none does (adapters were merged, the vocabulary grew, the pad token changed). ``about`` is what
    the checkpoint said of itself: kind, reference and so on; empty for foreign models.
    ``has_template`` is False where the plain template stands in for a chat template of its own.
    """

    model: Any
    tokenizer: Any
    base: str | None
    about: dict[str, Any]
    has_template: bool = True


def resolve_model(name: str) -> str:
    """A folder or hub id for a model's name; a run's folder stands for its best checkpoint."""
    if name == DEFAULT_MODEL:
        return str(default_model())
    path = Path(name).expanduser()
    if not path.is_dir():
        if is_hub_id(name):
            return name
        raise ModelError(f"model {name!r} is no folder: correct the path or name a hub id.")
    run = RunDir(path)
    if run.checkpoints_path.is_dir():
        checkpoint = run.best_checkpoint() or run.latest_checkpoint()
        if checkpoint is None:
            raise ModelError(f"The run {name} has no checkpoint yet: let it train first.")
        return str(checkpoint.path.resolve())
    if not any((path / file).exists() for file in ("config.json", "adapter_config.json", ABOUT)):
        raise ModelError(f"{name} holds no model (no config.json): name a model's folder.")
    return str(path.resolve())


def checkpoint_about(source: str) -> dict[str, Any]:
    """What a checkpoint of ours says of itself; empty for any other model."""
    return object_of(Path(source) / ABOUT)


def reward_members(source: str) -> list[str]:
    """The folders of an ensemble's members in order; of any other model, itself alone."""
    members = checkpoint_about(source).get("members", ())
    return [str(Path(source) / member) for member in members] or [source]


def is_reward_model(source: str) -> bool:
    """Whether a folder says of itself that it scores; a hub id is taken for a language model."""
    kind = checkpoint_about(source).get("kind")
    config = object_of(Path(source) / "config.json")
    names = config.get("architectures") or ()
    return kind in ("reward_model", "reward_ensemble") or any(
        "SequenceClassification" in name for name in names
    )


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
    if about.get("kind") == "reward_model" or about.get("members"):
        raise ModelError(
            f"model {name} is a reward model, which cannot write: name a policy in its place."
        )
    return _load(source, about, reward=False, dtype=dtype)


def load_reward_model(
    name: str,
    *,
    dtype: torch.dtype = torch.float32,
    new_head: bool,
    head_weights: str | None = None,
) -> LoadedModel:
    """A sequence classifier with one head, or with one per criterion; see `reward_heads`.

    With ``new_head`` any language model serves, and its head starts at zero, so that all scores
    begin equal; a reward model keeps its heads. Without, a model that has no head is refused.
    A text of ``head_weights`` makes one head of them (an empty one weighs all alike), None leaves
    them as they are.
    """
    loaded = _load_classifier(name, dtype=dtype, new_head=new_head)
    if loaded.about.get("criteria"):
        name_heads(loaded.model, loaded.about["criteria"])
    if head_weights is not None:
        weigh_heads(loaded.model, head_weights)
    return loaded


def _load_classifier(name: str, *, dtype: torch.dtype, new_head: bool) -> LoadedModel:
    source = resolve_model(name)
    about = checkpoint_about(source)
    if about.get("members"):
        raise ModelError(
            f"model {name} is an ensemble: name one of its members, for example"
            f" {Path(source) / about['members'][0]}."
        )
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
        weights = base_of(Path(source), about)
        check_adapter_folder(Path(source))
    if Path(weights).is_dir():
        check_model_folder(Path(weights))
    else:
        check_hub_adapters(weights)
    tokenizer = load_tokenizer(source if about or not adapter.exists() else weights)
    if adapter.exists():
        _check_adapters_tokenizer(source, weights)
    model = _from_pretrained(weights, reward=reward, dtype=dtype)
    check_fits(tokenizer, model, source)
    has_template = tokenizer.chat_template is not None
    if not has_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    base: str | None = weights
    if not about:
        about = {"architectures": list(model.config.architectures or ())}
    if adapter.exists():
        model = _merge(model, source)
        base = None
    changed = choose_pad(tokenizer, model)
    if changed == "vocabulary" or (changed == "config" and reward):
        base = None
    return LoadedModel(
        model=model.eval(),
        tokenizer=tokenizer,
        base=base,
        about=about,
        has_template=has_template,
    )


def _from_pretrained(source: str, *, reward: bool, dtype: torch.dtype) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    head: Any = AutoModelForSequenceClassification if reward else AutoModelForCausalLM
    try:
        labels = _labels(source) if reward else {}
        return head.from_pretrained(
            source, dtype=dtype, use_safetensors=True, trust_remote_code=False, **labels
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise loading_error(source, error, "could not be loaded") from error


def _labels(source: str) -> dict[str, int]:
    """How many heads to load: a classifier has its own number, others get one."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    names = config.architectures or ()
    return {} if any("SequenceClassification" in name for name in names) else {"num_labels": 1}


def load_tokenizer(source: str) -> Any:
    """A model's own tokenizer. Raises ModelError where there is none, or none that can end."""
    from transformers import AutoTokenizer

    if Path(source).is_dir():
        check_tokenizer_folder(Path(source))
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise loading_error(source, error, "has no usable tokenizer") from error
    if tokenizer.eos_token_id is None:
        raise ModelError(f"model {source} has no end token: give its tokenizer an eos_token.")
    return tokenizer


def _check_adapters_tokenizer(adapter: str, base: str) -> None:
    """Adapters that were trained with another vocabulary than their base's mean other words."""
    folders = Path(adapter), Path(base)
    if not all((folder / "tokenizer.json").is_file() for folder in folders):
        return
    own, under = (load_tokenizer(str(folder)) for folder in folders)
    check_same_vocabulary(
        own, under, name=f"The adapters {adapter}", other_name=f"their base {base}"
    )


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
    return replace(loaded, model=model.eval(), base=None, about={})
