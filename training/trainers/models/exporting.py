"""A model as others take it: adapters merged into plain safetensors, or one GGUF file.

The merged weights give the logits and scores of the checkpoint. A target that exists is never
touched, and one that is written is whole.
"""

from __future__ import annotations

from pathlib import Path

import torch

from training.durable_files import sync_folder
from training.trainers.models.default_model import ModelError
from training.trainers.models.gguf_file import write_gguf
from training.trainers.models.model_card import CARD, merged_card
from training.trainers.models.model_loading import (
    LoadedModel,
    checkpoint_about,
    is_reward_model,
    load_policy,
    load_reward_model,
    resolve_model,
)
from training.trainers.models.saving import write_model


def export_model(name: str, target: Path, *, format: str) -> int:
    """Write a model to ``target``, a folder for safetensors and a file for gguf; its bytes.

    Weights are fp32. Raises ModelError where the target exists, the model cannot be loaded, or GGUF
    cannot hold it.
    """
    if target.exists():
        raise ModelError(f"{target} exists already: name another place, or move it away.")
    source = resolve_model(name)
    about = checkpoint_about(source)
    reward = is_reward_model(source) or "members" in about
    if reward and format == "gguf":
        raise ModelError(
            f"model {name} is a reward model, whose head GGUF cannot hold: choose safetensors."
        )
    dtype = torch.float32
    loaded = (
        load_reward_model(name, dtype=dtype, new_head=False)
        if reward
        else load_policy(name, dtype=dtype)
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    if format == "gguf":
        _publish_gguf(loaded, target)
        return target.stat().st_size
    about.pop("relative_base", None)
    card = Path(source) / CARD
    text = card.read_text(encoding="utf-8") if about and card.is_file() else ""
    kind = "reward_model" if reward else "policy"
    write_model(loaded, target, about=about, card=merged_card(text, kind))
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())


def _publish_gguf(loaded: LoadedModel, target: Path) -> None:
    writing = target.with_name(f".writing-{target.name}")
    try:
        write_gguf(loaded.model, loaded.tokenizer, writing)
        writing.replace(target)
    finally:
        writing.unlink(missing_ok=True)
    sync_folder(target.parent)
