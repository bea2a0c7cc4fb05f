"""What is read from a batch of rows: hidden states, log-probabilities and scores of responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from training.trainers.config_fields import ConfigError
from training.trainers.shared_prompt.attention import attention_inputs
from training.trainers.shared_prompt.layout import SharedBatch
from training.trainers.shared_prompt.logps import token_logps_of


def inner_model(model: Any) -> Any:
    """The transformers model inside a PEFT wrapper, with its adapters in place."""
    return model.get_base_model() if hasattr(model, "peft_config") else model


def backbone_of(model: Any) -> Any:
    """The model without its head. Raises ConfigError where no part of it is that."""
    inner = inner_model(model)
    named = getattr(inner, inner.base_model_prefix, None)
    if named is not None:
        return named
    # Some families name a prefix that belongs to a larger model of theirs.
    embeddings = inner.get_input_embeddings()
    for part in inner.children():
        if part is not embeddings and any(module is embeddings for module in part.modules()):
            return part
    raise ConfigError(
        f"model {type(inner).__name__} has no part that holds its layers without the head: take a"
        " model of another family."
    )


def layers_of(model: Any) -> list[Any]:
    """The backbone's layers from the bottom up; empty where they are no plain list."""
    count = inner_model(model).config.get_text_config().num_hidden_layers
    lists = (m for m in backbone_of(model).modules() if isinstance(m, torch.nn.ModuleList))
    return list(next((found for found in lists if len(found) == count), ()))


def hidden_states(model: Any, batch: SharedBatch) -> Tensor:
    """Last hidden states [B x T, H] of the backbone, without a head.

    Where the batch brings the states of its lower layers, these layers are not computed. Where
    `recompute_layers` was asked for, the others are computed again in the backward pass.
    """
    inner, backbone = inner_model(model), backbone_of(model)
    with ExitStack() as changes:
        layers = layers_of(model)
        if batch.lower is not None:
            known = layers[: batch.lower_layers]
            changes.enter_context(_standing_for(known, batch.lower))
        if torch.is_grad_enabled() and getattr(backbone, "gradient_checkpointing", False):
            changes.enter_context(_computed_again(layers[batch.lower_layers :]))
        hidden: Tensor = backbone(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            use_cache=False,
            **attention_inputs(inner, batch),
        ).last_hidden_state
    return hidden.flatten(0, 1)


def states_after(model: Any, batch: SharedBatch, count: int) -> Tensor:
    """Hidden states [B, T, H] after the lowest ``count`` layers; the others are not computed."""
    inner, layers = inner_model(model), layers_of(model)
    found: list[Tensor] = []

    def keep(_layer: Any, _inputs: Any, output: Tensor) -> None:
        found.append(output)

    handle = layers[count - 1].register_forward_hook(keep)
    try:
        with _replaced(layers[count:], lambda hidden, *_, **__: hidden):
            backbone_of(model)(
                input_ids=batch.input_ids,
                position_ids=batch.position_ids,
                use_cache=False,
                **attention_inputs(inner, batch),
            )
    finally:
        handle.remove()
    return found[0]


def recompute_layers(model: Any) -> None:
    """Ask for activations to be computed again in the backward pass instead of being kept.

    Only a mark: the model itself stays in evaluation mode, so that its dropout stays off.
    """
    backbone_of(model).gradient_checkpointing = True


def token_logps(model: Any, batch: SharedBatch, temperature: float = 1.0) -> Tensor:
    """Log-probability of each response token, in order of responses: fp32 [N].

    ``temperature`` divides the logits.
    """
    hidden = hidden_states(model, batch)[batch.sources]
    return token_logps_of(inner_model(model), hidden, batch.targets, temperature)


def response_logps(model: Any, batch: SharedBatch) -> Tensor:
    """Summed log-probability of each response given its prompt, fp32 [R], temperature 1."""
    logps = token_logps(model, batch)
    return torch.zeros(len(batch.ends), device=logps.device).index_add(0, batch.owners, logps)


def response_scores(model: Any, batch: SharedBatch) -> Tensor:
    """Score of each response, read at its last token: fp32 [R]."""
    ends = hidden_states(model, batch)[batch.ends]
    scores: Tensor = inner_model(model).score(ends)
    return scores.squeeze(-1).float()


@contextmanager
def _replaced(layers: list[Any], forward: Callable[..., Any]) -> Iterator[None]:
    """Layers that do something else meanwhile; each instance gets its own forward back."""
    try:
        for layer in layers:
            layer.forward = forward
        yield
    finally:
        for layer in layers:
            vars(layer).pop("forward", None)


@contextmanager
def _standing_for(layers: list[Any], states: Tensor) -> Iterator[None]:
    """Layers that are not computed: together they give what is known to come out of them."""
    with (
        _replaced(layers[:-1], lambda hidden, *_, **__: hidden),
        _replaced(layers[-1:], lambda *_, **__: states),
    ):
        yield


@contextmanager
def _computed_again(layers: list[Any]) -> Iterator[None]:
    """Layers whose activations are dropped and computed again by the backward pass."""
    with ExitStack() as changes:
        for layer in layers:
            again = partial(
                checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False
            )
            changes.enter_context(_replaced([layer], again))
        yield
