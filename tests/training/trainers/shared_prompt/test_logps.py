"""Log-probabilities with a gradient of their own equal the plain ones, and hold few logits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import LlamaConfig

from training.trainers.shared_prompt import logps
from training.trainers.shared_prompt.logps import token_logps_of

VOCABULARY, WIDTH, TOKENS = 50, 4, 23


def model_with(*, bias: bool = False, **changes: Any) -> Any:
    torch.manual_seed(0)
    head = torch.nn.Linear(WIDTH, VOCABULARY, bias=bias, dtype=torch.float64)
    config = LlamaConfig(vocab_size=VOCABULARY, hidden_size=WIDTH, num_attention_heads=2)
    for name, value in changes.items():
        setattr(config, name, value)
    return SimpleNamespace(get_output_embeddings=lambda: head, config=config, head=head)


def inputs() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    hidden = torch.randn(TOKENS, WIDTH, dtype=torch.float64, requires_grad=True)
    return hidden, torch.randint(VOCABULARY, (TOKENS,))


def gradients(values: Tensor, wanted: list[Tensor]) -> tuple[Tensor, ...]:
    torch.manual_seed(2)
    return torch.autograd.grad(values, wanted, torch.randn(TOKENS, dtype=values.dtype))


@pytest.mark.parametrize("kept", [0, 2**26], ids=["computed again", "kept"])
@pytest.mark.parametrize("learns", [True, False])
def test_equal_to_log_softmax(learns: bool, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logps, "TILE_LOGITS", 5 * VOCABULARY)
    monkeypatch.setattr(logps, "KEPT_LOGITS", kept)
    model = model_with()
    weight = model.head.weight.requires_grad_(learns)
    hidden, targets = inputs()
    ours = token_logps_of(model, hidden, targets)
    plain = (hidden @ weight.t()).float().log_softmax(-1).gather(1, targets[:, None]).squeeze(1)
    torch.testing.assert_close(ours, plain, atol=1e-6, rtol=1e-6)
    wanted = [hidden, weight] if learns else [hidden]
    for mine, theirs in zip(gradients(ours, wanted), gradients(plain, wanted), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"final_logit_softcapping": 0.7}])
def test_a_temperature_divides_the_logits(changes: dict[str, Any]) -> None:
    model = model_with(**changes)
    hidden, targets = inputs()
    logits = logps.logits_of(model, hidden) / 0.7
    plain = logits.log_softmax(-1).gather(1, targets[:, None]).squeeze(1)
    ours = token_logps_of(model, hidden, targets, 0.7)
    torch.testing.assert_close(ours, plain, atol=1e-6, rtol=1e-6)
    for mine, theirs in zip(gradients(ours, [hidden]), gradients(plain, [hidden]), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5)


def test_whole_distributions_are_read_in_tiles_with_their_gradient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logps, "TILE_LOGITS", 5 * VOCABULARY)
    one, other = model_with(), model_with(logits_scaling=2.0)
    hidden, _ = inputs()
    found = logps.of_distributions(
        [one, other], [hidden, hidden], lambda p, q: (p.exp() * (p - q)).sum(-1), 0.7
    )
    p, q = ((logps.logits_of(m, hidden) / 0.7).log_softmax(-1) for m in (one, other))
    plain = (p.exp() * (p - q)).sum(-1)
    torch.testing.assert_close(found, plain)
    wanted = [hidden, one.head.weight]
    for mine, theirs in zip(gradients(found, wanted), gradients(plain, wanted), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    "changes", [{"bias": True}, {"final_logit_softcapping": 0.7}, {"logits_scaling": 3.0}]
)
def test_unusual_heads_go_through_their_logits(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logps, "TILE_LOGITS", 5 * VOCABULARY)
    model = model_with(**changes)
    hidden, targets = inputs()
    logits = model.head(hidden) / changes.get("logits_scaling", 1.0)
    cap = changes.get("final_logit_softcapping")
    logits = cap * torch.tanh(logits / cap) if cap else logits
    plain = logits.float().log_softmax(-1).gather(1, targets[:, None]).squeeze(1)
    ours = token_logps_of(model, hidden, targets)
    torch.testing.assert_close(ours, plain, atol=1e-6, rtol=1e-6)
    wanted = [hidden, model.head.weight]
    for mine, theirs in zip(gradients(ours, wanted), gradients(plain, wanted), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5)


def test_no_more_logits_than_a_tile_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logps, "TILE_LOGITS", 5 * VOCABULARY)
    monkeypatch.setattr(logps, "KEPT_LOGITS", 0)
    model = model_with()
    largest = 0

    class Watching(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None):
            nonlocal largest
            out = function(*args, **(kwargs or {}))
            if isinstance(out, Tensor) and out.shape[-1:] == (VOCABULARY,):
                largest = max(largest, out.shape[0])
            return out

    hidden, targets = inputs()
    with Watching():
        token_logps_of(model, hidden, targets).sum().backward()
    assert largest == 5


def test_nothing_is_kept_without_gradients() -> None:
    hidden, targets = inputs()
    with torch.no_grad():
        values = token_logps_of(model_with(), hidden, targets)
    assert values.grad_fn is None
    assert values.dtype == torch.float32
