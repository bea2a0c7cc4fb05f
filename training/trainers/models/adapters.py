"""Which weights learn: LoRA adapters or everything, with the lowest layers frozen on request.

Where neither the embeddings nor the lowest layers learn, autograd keeps nothing of them: they run
as if under no_grad, which is what freezing saves.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from training.trainers.config_fields import ConfigError
from training.trainers.shared_prompt import inner_model, recompute_layers

_LAYER_NUMBER = re.compile(r"\.(?:layers|h|blocks|block)\.(\d+)\.")


def prepare_training(
    model: Any,
    *,
    tuning: str,
    rank: int,
    alpha: float,
    targets: str,
    freeze_fraction: float,
    reward_head: bool,
    gradient_checkpointing: bool = False,
) -> Any:
    """The model with the weights that learn marked ``requires_grad``; wrapped by PEFT for lora.

    ``targets`` is "all-linear" or layer names with commas. Raises ConfigError for targets that do
    not exist and for a fraction that leaves nothing to learn.
    """
    frozen = frozen_layers(model, freeze_fraction)
    if tuning == "lora":
        model = _with_lora(model, rank, alpha, targets, frozen, reward_head)
    else:
        model.requires_grad_(True)
        if freeze_fraction > 0:
            _freeze(model, frozen)
    if gradient_checkpointing:
        recompute_layers(model)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigError(
            f"freeze_fraction is {freeze_fraction:g}, which leaves nothing to learn: lower it."
        )
    return model.eval()  # dropout off: log-probabilities and scores must be reproducible


def frozen_layers(model: Any, fraction: float) -> int:
    """How many layers from the bottom stay frozen."""
    layers: int = inner_model(model).config.get_text_config().num_hidden_layers
    return round(layers * fraction)


def _with_lora(
    model: Any, rank: int, alpha: float, targets: str, frozen: int, reward_head: bool
) -> Any:
    from peft import LoraConfig, TaskType, get_peft_model
    from peft.utils.constants import DUMMY_TARGET_MODULES
    from transformers.pytorch_utils import Conv1D

    from training.trainers.models.fused_lora import fuse_adapters

    layers = model.config.get_text_config().num_hidden_layers
    if frozen >= layers and not reward_head:
        return model.requires_grad_(False)
    names = targets if targets == "all-linear" else [t.strip() for t in targets.split(",")]
    above = _above(model, names, frozen)
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # PEFT only divides it by the rank
        lora_dropout=0.0,
        target_modules=above or DUMMY_TARGET_MODULES,  # a head alone: PEFT refuses an empty list
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in model.modules()),
        task_type=TaskType.SEQ_CLS if reward_head else TaskType.CAUSAL_LM,
        modules_to_save=["score"] if reward_head else None,
    )
    with warnings.catch_warnings():
        # PEFT reads an attribute that transformers has renamed; nothing we could do differently.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        adapted = get_peft_model(model, config)
    fuse_adapters(adapted)
    return adapted


def _above(model: Any, names: str | list[str], frozen: int) -> list[str]:
    """Full names of the linear layers to adapt: those named, above the frozen ones, no heads."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    linear = [
        (name, match)
        for name, module in model.named_modules()
        if isinstance(module, (Linear, Conv1D)) and (match := _LAYER_NUMBER.search(f".{name}."))
    ]
    wanted = [
        (name, match)
        for name, match in linear
        if names == "all-linear" or name.rsplit(".", 1)[-1] in names
    ]
    known = sorted({name.rsplit(".", 1)[-1] for name, _ in linear})
    missing = set() if names == "all-linear" else set(names) - set(known)
    if missing or not wanted:
        raise ConfigError(
            f"lora_targets names {', '.join(sorted(missing)) or 'nothing'}, which this model does"
            f" not have: it has {', '.join(known)}."
        )
    return [name for name, match in wanted if int(match[1]) >= frozen]


def _freeze(model: Any, frozen: int) -> None:
    """Freeze embeddings and the layers below ``frozen``; a tied output head freezes with them."""
    head = model.get_output_embeddings()
    # Some models call an output head of its own embed_out, by which it is no embedding.
    answers = set() if head is None else set(map(id, head.parameters()))
    model.get_input_embeddings().requires_grad_(False)
    for name, parameter in model.named_parameters():
        if id(parameter) in answers:
            continue
        match = _LAYER_NUMBER.search(f".{name}")
        if (match and int(match[1]) < frozen) or re.search(r"\b(wpe|embed\w*)\b", name):
            parameter.requires_grad_(False)
