"""The policy that implicit rewards are measured from: the run's own start, or one that it names.

Its log-probabilities are computed once and kept, or found in every step with the adapters off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start
from training.trainers.models.model_checks import check_same_vocabulary
from training.trainers.models.model_loading import load_policy
from training.trainers.policies.reference_logps import ReferenceLogps
from training.trainers.shared_prompt import Rows, SharedBatch, response_logps, why_not_shared

ROUNDING = {torch.float32: 1e-5, torch.bfloat16: 1e-2, torch.float16: 1e-2}
"""By how much of itself a log-probability may differ between two computations of one model."""


class ReferenceSettings(Protocol):
    """The settings of the same names."""

    @property
    def model(self) -> str:
        """What the run starts from."""

    @property
    def reference(self) -> str:
        """kept or adapters_off."""

    @property
    def reference_model(self) -> str:
        """Another policy to measure from, or nothing."""


@dataclass(frozen=True)
class Scorer:
    """A model that gives log-probabilities and never learns; ``rows`` lays out what it is asked.

    ``is_learner`` marks the model that learns itself, which answers with its adapters off.
    """

    model: Any
    rows: Rows
    is_learner: bool = False

    @torch.no_grad()
    def __call__(self, score: Callable[[Any, SharedBatch], Tensor], laid: SharedBatch) -> Tensor:
        """`response_logps` [R] or `token_logps` [N] of the rows."""
        with self.model.disable_adapter() if self.is_learner else nullcontext():
            return score(self.model, laid)


class ReferencePolicy:
    """Log-probabilities under the reference of one run.

    Where a policy is named, it is loaded at once, so that one that does not fit is refused before
    anything is computed, and freed when its values are kept.
    """

    def __init__(self, run: RunDir, start: Start, config: ReferenceSettings) -> None:
        self.run, self.start, self.config = run, start, config
        self.kept = ReferenceLogps(
            run.path / "reference_logps.safetensors", reference=config.reference_model
        )
        self._named: Scorer | None = None
        if config.reference_model and not self.kept.path.exists():
            self._named = self._load(config.reference_model)

    def logps(self, batch: Sequence[Example], laid: SharedBatch) -> Tensor:
        """The values of all responses of a batch, numbered through: fp32 [R] on the rows' device.

        Ask before the policy's own forward pass: switching adapters touches what is to be learned.
        """
        if self.config.reference == "kept":
            return self.kept.of(batch).to(self.start.device)
        return Scorer(self.start.model, self.start.rows, is_learner=True)(response_logps, laid)

    def compute(self, batches: Sequence[Sequence[Example]], stop: StopWatch) -> None:
        """Compute and keep the values of these batches, unless the run has them already.

        The batches are those of training: rows laid out alike give the same bits, and so a policy
        that has not moved gets rewards of exactly 0.
        """
        examples = [example for batch in batches for example in batch]
        if self.config.reference == "kept" and not self.kept.read(examples):
            self.kept.clear()
            fresh = self.run.latest_checkpoint() is None
            with self.scorer(is_start=fresh) as scorer:
                for number, batch in enumerate(batches, start=1):
                    stop.check()
                    self.kept.add(batch, scorer(response_logps, scorer.rows(batch)))
                    self.run.append_progress(
                        {
                            "step": number,
                            "total_steps": len(batches),
                            "phase": "reference",
                            "metrics": {},
                        }
                    )
            self.kept.write()
        self._named = None

    @torch.no_grad()
    def stand_in(self, batch: Sequence[Example]) -> None:
        """Values of the starting policy for a batch that is only measured; nothing is kept."""
        if self.config.reference == "kept":
            rows = self.start.rows(batch)
            self.kept.add(batch, response_logps(self.start.model, rows))

    @contextmanager
    def scorer(self, *, is_start: bool) -> Iterator[Scorer]:
        """The reference itself, for texts whose values are not kept; ``is_start``: no weight moved.

        A model that has to be loaded for it goes again afterwards.
        """
        model, rows = self.start.model, self.start.rows
        if self._named is not None:
            yield self._named
        elif self.config.reference_model:
            yield self._load(self.config.reference_model)
        elif hasattr(model, "peft_config"):
            yield Scorer(model, rows, is_learner=True)
        elif is_start:
            yield Scorer(model, rows)
        else:
            yield self._load(self.start.starting_model)

    @torch.no_grad()
    def check_start(self, batch: Sequence[Example]) -> None:
        """Refuse a reference that is not the policy the run starts from, on one training batch.

        Every loss rests on it: with an equal reference all rewards begin at 0, and DPO's loss at
        log 2. A reference that the settings name is another policy on purpose.
        """
        if self.config.reference_model or self.run.latest_checkpoint() is not None:
            return
        laid = self.start.rows(batch)
        reference = self.logps(batch, laid)
        gap = (response_logps(self.start.model, laid) - reference).abs()
        allowed = ROUNDING.get(self.start.model.dtype, 1e-5) * reference.abs().clamp(min=1.0)
        if bool((gap <= allowed).all()):
            return
        raise ConfigError(
            f"The policy does not start from its reference: log-probabilities differ by up to"
            f" {float(gap.max()):.3g} before the first step. Put back the model the run was begun"
            " with, or start a new run."
        )

    def _load(self, name: str) -> Scorer:
        loaded = load_policy(name, dtype=self.start.model.dtype)
        check_same_vocabulary(
            self.start.tokenizer,
            loaded.tokenizer,
            name=f"model {self.config.model}",
            other_name=f"reference_model {name}",
        )
        model = loaded.model.to(self.start.device).requires_grad_(False)
        examples = [*self.start.train, *self.start.held_out]
        shared = why_not_shared(model, max(example.longest for example in examples)) is None
        rows = Rows(model, pad_id=self.start.tokenizer.pad_token_id, shared=shared)
        return Scorer(model, rows)
