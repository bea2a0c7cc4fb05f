"""What is kept of a model on disk: the checkpoint folder, and the base that adapters stand on.

Plain transformers and PEFT load what is written here; loading it is `model_loading`'s business.
"""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

from training.durable_files import sync_folder, sync_tree, write_json
from training.trainers.models.model_card import CARD
from training.trainers.models.model_loading import ABOUT, LoadedModel


def write_model(
    loaded: LoadedModel, folder: Path, *, about: dict[str, Any] | None = None, card: str = ""
) -> None:
    """Write all weights with tokenizer, and lineage where there is any: whole or not at all."""
    writing = folder.with_name(f".writing-{folder.name}")
    shutil.rmtree(writing, ignore_errors=True)
    try:
        loaded.model.save_pretrained(writing)
        loaded.tokenizer.save_pretrained(writing)
        if about:
            write_json(writing / ABOUT, about)
        if card:
            (writing / CARD).write_text(card, encoding="utf-8")
        sync_tree(writing)
        writing.rename(folder)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    sync_folder(folder.parent)


def write_base(loaded: LoadedModel, folder: Path) -> str:
    """Keep weights that exist nowhere else for adapters to stand on; its path."""
    if not folder.is_dir():
        write_model(loaded, folder)
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
    # PEFT would otherwise ask the hub whether the base's vocabulary was resized, and write what
    # else stands on the backbone, such as a critic.
    adapters = {"save_embedding_layers": False, "selected_adapters": ["default"]}
    return adapters if hasattr(model, "peft_config") else {}
