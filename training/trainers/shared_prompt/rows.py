"""The rows of a batch of examples as suits a model, on its device: what learners read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from torch import Tensor

from training.trainers.shared_prompt.attention import SHARED_ATTENTION, attention_of
from training.trainers.shared_prompt.layout import SharedBatch, lay_out
from training.trainers.shared_prompt.reading import inner_model


class Answered(Protocol):
    """A prompt with its responses, all as tokens."""

    @property
    def prompt(self) -> list[int]:
        """The prompt's tokens."""

    @property
    def responses(self) -> list[list[int]]:
        """The responses' tokens."""


class LowerStates(Protocol):
    """Hidden states after ``layers`` layers that are known already."""

    layers: int

    def of(self, examples: Sequence[Answered]) -> Tensor | None:
        """States [N, H] of all tokens of examples, each prompt before its responses; None where
        some are not known."""


class Rows:
    """Lays examples out: packed into one row where attention skips what is masked.

    Elsewhere a row is as long as the longest example and shorter ones fill it together. Without
    ``shared`` every response has a row of its own.
    """

    def __init__(self, model: Any, *, pad_id: int, shared: bool) -> None:
        self.model, self.pad_id, self.shared = model, pad_id, shared
        self.lower: LowerStates | None = None

    def __call__(self, examples: Sequence[Answered]) -> SharedBatch:
        """The batch's rows on the model's device; responses keep their order."""
        inner = inner_model(self.model)
        sizes = [len(e.prompt) + sum(map(len, e.responses)) for e in examples]
        skips = attention_of(inner) == SHARED_ATTENTION
        laid = lay_out(
            [example.prompt for example in examples],
            [example.responses for example in examples],
            pad_id=self.pad_id,
            shared=self.shared,
            row_tokens=sum(sizes) if skips else max(sizes),
        ).to(inner.device)
        states = self.lower.of(examples) if self.lower else None
        if self.lower is None or states is None:
            return laid
        known = states.to(inner.device)[laid.origins]
        return replace(laid, lower=known, lower_layers=self.lower.layers)
