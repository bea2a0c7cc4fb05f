"""What a checkpoint keeps beside the weights so that going on gives the same bits.

The states of optimiser and random generators, in a file that is read without running code.
"""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

RESUME_FILE = "resume.pt"


def write_resume_state(folder: Path, state: dict[str, Any]) -> None:
    """Write ``state`` and all random states into a checkpoint folder."""
    buffer = io.BytesIO()  # so that a full disk is an OSError of ours, not torch's
    torch.save(state | random_states(), buffer)
    (folder / RESUME_FILE).write_bytes(buffer.getbuffer())


def read_resume_state(folder: Path) -> dict[str, Any]:
    """What `write_resume_state` wrote, the random states among it."""
    found: dict[str, Any] = torch.load(folder / RESUME_FILE, weights_only=True)
    return found


def random_states() -> dict[str, Any]:
    """All generators' states as plain values and tensors, which `weights_only` loading accepts."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "python": random.getstate(),
        "numpy": [kind, np.asarray(keys).tolist(), *rest],
    }


def set_random_states(states: dict[str, Any]) -> None:
    """Put back what `random_states` gave; states of devices that are not there are left out."""
    torch.set_rng_state(states["torch"])
    if states["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
    random.setstate(_as_tuple(states["python"]))
    kind, keys, place, has_gauss, gauss = states["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), place, has_gauss, gauss))


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, (list, tuple)) else value
