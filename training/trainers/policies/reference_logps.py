"""Log-probabilities of responses under the reference policy, computed once and kept in the run.

They are known by the tokens themselves, so that a changed dataset can never meet stale numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.trainers.config_fields import ConfigError
from training.trainers.data.record_datasets import Example


class ReferenceLogps:
    """Summed reference log-probabilities by example; `write` keeps them, `read` takes them back.

    ``reference`` names the policy they are of, empty for the one that the run starts from.
    """

    def __init__(self, path: Path, *, reference: str = "") -> None:
        self.path, self.reference = path, reference
        self._known: dict[str, Tensor] = {}

    def of(self, batch: Sequence[Example]) -> Tensor:
        """The values of all responses of a batch, numbered through: fp32 [R]."""
        return torch.cat([self._known[_key(example)] for example in batch])

    def add(self, batch: Sequence[Example], logps: Tensor) -> None:
        """Remember the values [R] of a batch."""
        parts = torch.split(logps.detach().cpu(), [len(example.responses) for example in batch])
        for example, part in zip(batch, parts, strict=True):
            self._known[_key(example)] = part.clone()

    def clear(self) -> None:
        """Forget everything in memory."""
        self._known = {}

    def write(self) -> None:
        """Put everything on disk under its name at once."""
        temporary = self.path.with_name(f".{self.path.name}")
        save_file(self._known, temporary, metadata={"reference": self.reference})
        temporary.replace(self.path)

    def read(self, examples: Sequence[Example]) -> bool:
        """Whether the file is there; afterwards `of` knows all examples.

        Raises ConfigError where the file lacks some or is of another policy: data or settings have
        changed under a run.
        """
        if not self.path.exists():
            return False
        with safe_open(self.path, framework="pt") as kept:
            reference = (kept.metadata() or {}).get("reference", "")
            self._known = {key: kept.get_tensor(key) for key in kept.keys()}  # noqa: SIM118
        if reference != self.reference:
            raise ConfigError(
                f"reference_model is {self.reference!r}, but this run has computed its reference"
                f" under {reference!r}: set it back, or start a new run."
            )
        if any(_key(example) not in self._known for example in examples):
            raise ConfigError(
                f"{self.path.name} lacks examples of this dataset: restore the run's dataset and"
                " settings, or start a new run."
            )
        return True


def _key(example: Example) -> str:
    digest = hashlib.sha256()
    for tokens in [example.prompt, *example.responses]:
        digest.update(np.asarray([len(tokens), *tokens], dtype=np.int64).tobytes())
    return digest.hexdigest()[:32]
