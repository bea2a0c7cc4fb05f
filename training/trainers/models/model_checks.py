"""What is refused of a model before its weights are read, each in one sentence with the remedy.

Code from its repository, pickled or torn weights, a wrong configuration, a missing tokenizer, and
tokenizers that do not go with the model or with one another.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from training.durable_files import BrokenFileError, read_object
from training.trainers.data.chat_text import PLAIN_TEMPLATE
from training.trainers.models.default_model import ModelError

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model",
    "sentencepiece.bpe.model", "tekken.json",
)  # fmt: skip
"""One of these lies in every folder that has a tokenizer."""

_MOST_HEADER = 100_000_000
_NO_CONNECTION = ("connect", "offline mode", "timed out", "name resolution", "couldn't find them")


def check_model_folder(folder: Path) -> None:
    """Refuse a folder of a whole model whose code would run or whose weights cannot be read."""
    config = object_of(folder / "config.json")
    _refuse_code(folder, config)
    if not config.get("model_type"):
        raise ModelError(
            f"{folder / 'config.json'} names no model_type, so nobody knows what it is: save the"
            " model with save_pretrained."
        )
    _check_weights(folder, "model")


def check_adapter_folder(folder: Path) -> None:
    """Refuse adapters that are pickled or torn."""
    _refuse_code(folder, object_of(folder / "adapter_config.json"))
    _check_weights(folder, "adapter_model")


def check_tokenizer_folder(folder: Path) -> None:
    """Refuse a folder without a tokenizer, for which transformers would make an empty one up."""
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        raise ModelError(
            f"model {folder} has no usable tokenizer (no {TOKENIZER_FILES[0]}): save its tokenizer"
            " there with save_pretrained."
        )
    _refuse_code(folder, object_of(folder / "tokenizer_config.json"))


def check_fits(tokenizer: Any, model: Any, name: str) -> None:
    """Refuse a tokenizer with more tokens than the model has embeddings."""
    rows = model.get_input_embeddings().num_embeddings
    highest = max(tokenizer.get_vocab().values(), default=0)
    if highest >= rows:
        raise ModelError(
            f"model {name} has {rows} embeddings but its tokenizer counts to {highest + 1}: take"
            " the tokenizer that the model was trained with."
        )


def check_same_vocabulary(tokenizer: Any, other: Any, *, name: str, other_name: str) -> None:
    """Refuse two tokenizers that give one number different meanings.

    One of them may have tokens added at its end, such as a pad.
    """
    ours, theirs = (
        {number: token for token, number in each.get_vocab().items()} for each in (tokenizer, other)
    )
    small, large = sorted((ours, theirs), key=len)
    different = sum(large.get(number) != token for number, token in small.items())
    if different:
        raise ModelError(
            f"{name} and {other_name} have different tokenizers ({different} of {len(small)} tokens"
            " differ): take models of one family."
        )


def same_words(tokenizer: Any, other: Any) -> bool:
    """Whether two tokenizers write every conversation with the same tokens."""
    try:
        check_same_vocabulary(tokenizer, other, name="one", other_name="the other")
    except ModelError:
        return False
    templates = [each.chat_template or PLAIN_TEMPLATE for each in (tokenizer, other)]
    return bool(templates[0] == templates[1])


def loading_error(source: str, error: Exception, what: str) -> ModelError:
    """The sentence for something that transformers could not load."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if Path(source).is_dir():
        return ModelError(f"model {source} {what} ({first}).")
    if any(sign in first.lower() for sign in _NO_CONNECTION):
        return ModelError(
            f"model {source} is no folder here and the hub cannot be reached: connect to the"
            " network once, or name a folder."
        )
    return ModelError(f"model {source} {what} ({first}): correct the hub id or name a folder.")


def object_of(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is no file. Raises ModelError for no JSON."""
    try:
        return read_object(path) or {}
    except BrokenFileError as error:
        raise ModelError(str(error)) from error


def _refuse_code(folder: Path, config: dict[str, Any]) -> None:
    if config.get("auto_map"):
        raise ModelError(
            f"model {folder} brings its own Python code, which is never run: take a model whose"
            " architecture transformers knows."
        )


def _check_weights(folder: Path, stem: str) -> None:
    """Weights must be there as safetensors, every shard whole."""
    index = object_of(folder / f"{stem}.safetensors.index.json")
    named = sorted(set(index.get("weight_map", {}).values())) or [f"{stem}.safetensors"]
    missing = [name for name in named if not (folder / name).is_file()]
    if missing and not index:
        pickled = sorted(p.name for p in folder.glob("*") if p.suffix in (".bin", ".pt", ".pth"))
        if pickled:
            raise ModelError(
                f"model {folder} has no safetensors weights, and pickled ones ({pickled[0]}) are"
                " refused because they can run code: convert it with save_pretrained."
            )
        raise ModelError(f"model {folder} has no safetensors weights: save it there again.")
    if missing:
        raise ModelError(f"model {folder} lacks {', '.join(missing)}: copy the whole folder.")
    for name in named:
        _check_whole(folder / name)


def _check_whole(file: Path) -> None:
    """Compare a safetensors file's size with what its header promises; reads the header alone."""
    size = file.stat().st_size
    try:
        with open(file, "rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            header = json.loads(handle.read(min(length, _MOST_HEADER)))
        ends = [part["data_offsets"][1] for name, part in header.items() if name != "__metadata__"]
        promised = 8 + length + max(ends, default=0)
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{file} is no safetensors file: copy the model again.") from error
    if size != promised:
        raise ModelError(f"{file} is torn ({size} of {promised} bytes): copy the model again.")
