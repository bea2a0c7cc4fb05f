"""What a checkpoint keeps for going on: every random generator draws on as if nothing had been."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch

from training.trainers.loop.resuming import (
    read_resume_state,
    set_random_states,
    write_resume_state,
)


def draws() -> tuple[float, ...]:
    return random.gauss(0, 1), float(np.random.randn()), float(torch.randn(()))


def test_all_generators_go_on_where_they_were(tmp_path: Path) -> None:
    draws()
    write_resume_state(tmp_path, {"step": 7, "moments": torch.ones(2)})
    expected = [draws() for _ in range(3)]
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    found = read_resume_state(tmp_path)
    set_random_states(found)
    assert [draws() for _ in range(3)] == expected
    assert found["step"] == 7
    assert torch.equal(found["moments"], torch.ones(2))
