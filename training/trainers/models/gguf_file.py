"""A policy as one GGUF file for llama.cpp and its kin: LLaMA and Qwen2, fp32, byte-level BPE.

The names of tensors and keys are those of the package gguf; the order of rotary dimensions is
llama.cpp's (its converter permutes the query and key projections of LLaMA). Transformers reads the
file back with equal logits. What cannot be said in these terms is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.trainers.models.default_model import ModelError

ARCHITECTURES = ("llama", "qwen2")

_PRE_TOKENIZERS: dict[str, Callable[[list[dict[str, Any]]], bool]] = {
    # How llama.cpp calls the ways in which byte-level vocabularies cut text before merging.
    "smollm": lambda parts: [p["type"] for p in parts] == ["Digits", "ByteLevel"],
    "gpt-2": lambda parts: [p["type"] for p in parts] == ["ByteLevel"] and parts[0]["use_regex"],
    "llama-bpe": lambda parts: _splits_by(parts, r"\p{L}+|\p{N}{1,3}"),
    "qwen2": lambda parts: _splits_by(parts, r"\p{L}+|\p{N}|"),
}


def write_gguf(model: Any, tokenizer: Any, path: Path) -> None:
    """Write the model to a file that is on disk afterwards. Raises ModelError for other kinds."""
    import gguf

    config = model.config
    _check(config)
    vocabulary = _vocabulary(tokenizer, model.get_input_embeddings().num_embeddings)
    writer = gguf.GGUFWriter(path, arch=config.model_type)
    try:
        _add_shape(writer, config)
        _add_tokenizer(writer, tokenizer, vocabulary)
        for name, weights in _tensors(model):
            writer.add_tensor(name, weights)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())


def _check(config: Any) -> None:
    kind = config.model_type
    if kind not in ARCHITECTURES:
        raise ModelError(
            f"A model of the kind {kind} cannot be written as GGUF here, only"
            f" {' and '.join(ARCHITECTURES)}: choose safetensors."
        )
    rope = config.rope_parameters or {}
    if rope.get("rope_type", "default") != "default" or getattr(
        config, "use_sliding_window", False
    ):
        raise ModelError(
            "A model with scaled positions or a sliding window cannot be written as GGUF here:"
            " choose safetensors."
        )


def _add_shape(writer: Any, config: Any) -> None:
    import gguf

    heads = config.num_attention_heads
    head_size = getattr(config, "head_dim", None) or config.hidden_size // heads
    writer.add_name(Path(config._name_or_path or config.model_type).name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _add_tokenizer(writer: Any, tokenizer: Any, vocabulary: list[str]) -> None:
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_pre_tokenizer(backend))
    writer.add_token_list(vocabulary)
    writer.add_token_types(_token_types(tokenizer, vocabulary))
    merges = backend["model"]["merges"]
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    for name in ("bos", "eos", "pad"):
        number = getattr(tokenizer, f"{name}_token_id")
        if number is not None:
            getattr(writer, f"add_{name}_token_id")(number)
    writer.add_add_bos_token(bool(getattr(tokenizer, "add_bos_token", False)))
    if tokenizer.chat_template:
        writer.add_chat_template(tokenizer.chat_template)


def _vocabulary(tokenizer: Any, rows: int) -> list[str]:
    """Every row of the embeddings by name; rows without a token are called so."""
    known = {number: token for token, number in tokenizer.get_vocab().items()}
    return [known.get(number, f"[PAD{number}]") for number in range(rows)]


def _token_types(tokenizer: Any, vocabulary: list[str]) -> list[int]:
    import gguf

    kinds = gguf.TokenType
    added = tokenizer.added_tokens_decoder
    known = tokenizer.get_vocab()
    types = []
    for number, token in enumerate(vocabulary):
        if number in added:
            kind = kinds.CONTROL if added[number].special else kinds.USER_DEFINED
        else:
            kind = kinds.NORMAL if token in known else kinds.UNUSED
        types.append(int(kind))
    return types


def _pre_tokenizer(backend: dict[str, Any]) -> str:
    """llama.cpp's name for how this tokenizer cuts text before it merges bytes."""
    found = backend["pre_tokenizer"] or {"type": "none"}
    parts = found.get("pretokenizers", [found])
    if backend["model"]["type"] == "BPE":
        for name, fits in _PRE_TOKENIZERS.items():
            if fits(parts):
                return name
    raise ModelError(
        "The model's tokenizer is of a kind that cannot be written as GGUF here (byte-level BPE as"
        " GPT-2, SmolLM, Llama 3 and Qwen2 have it): choose safetensors."
    )


def _splits_by(parts: list[dict[str, Any]], piece: str) -> bool:
    return [p["type"] for p in parts] == ["Split", "ByteLevel"] and piece in str(
        parts[0]["pattern"].get("Regex")
    )


def _tensors(model: Any) -> list[tuple[str, NDArray[np.float32]]]:
    """Weights by their GGUF names. A head that is tied to the embeddings is left out."""
    import gguf

    config = model.config
    architecture = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2}
    layers = config.num_hidden_layers
    names: Any = gguf.get_tensor_name_map(architecture[config.model_type], layers)
    found = []
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        renamed = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if renamed is None:
            raise ModelError(f"GGUF has no name for the tensor {name}: choose safetensors.")
        weights = tensor.detach().float().cpu().numpy()
        if config.model_type == "llama":
            weights = _permuted(renamed, weights, config)
        found.append((renamed, weights))
    return found


def _permuted(name: str, weights: NDArray[np.float32], config: Any) -> NDArray[np.float32]:
    """Query and key rows in the order of llama.cpp: the halves of a rotary pair side by side."""
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    count = heads.get(name.split(".")[-2])
    if count is None:
        return weights
    halves = weights.reshape(count, 2, weights.shape[0] // count // 2, *weights.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(weights.shape))
