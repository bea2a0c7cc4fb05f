"""The two plans of the demo, fast and full: how much is labeled and how each run is trained.

Numbers only. They were chosen on what the simulated people said of the sample prompts, so that the
fast plan ends within 2 minutes and the full one within 10 on two cores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from training.trainers.configs import DEFAULT_MODEL, TINY_MODEL

FRACTIONS = {"train": 0.65, "validation": 0.0, "test": 0.35}
"""No validation: nothing is chosen by looking at held-out prompts, they are measured once."""


@dataclass(frozen=True)
class Plan:
    """``most_prompts`` of the data are used, each task is judged ``overlap`` times.

    ``imitation`` are the settings of a first run that teaches a tiny model to write at all; None
    where the model can. ``languages`` limits what is trained on to what the model can read.
    """

    model: str
    minutes: int
    most_prompts: int
    overlap: int
    languages: tuple[str, ...]
    reward_model: dict[str, Any]
    imitation: dict[str, Any] | None
    dpo: dict[str, Any]
    generate: dict[str, Any]


_ONCE = {"evaluate_every": 0, "checkpoint_every": 1000}
_TINY = {**_ONCE, "tuning": "full", "batch_size": 4, "max_length": 768, "threads": 1}
"""One thread: two would only wait for each other over matrices this small."""

FAST = Plan(
    model=TINY_MODEL,
    minutes=2,
    most_prompts=72,
    overlap=3,
    languages=(),
    reward_model={
        **_TINY,
        "epochs": 5,
        "learning_rate": 2e-3,
        "head_learning_rate": 2e-3,
    },
    # Odds ratios with no weight leave plain likelihood of the better answers.
    imitation={
        **_TINY,
        "loss": "orpo",
        "beta": 1e-6,
        "epochs": 5,
        "learning_rate": 4e-3,
        "samples": 0,
    },
    dpo={
        **_TINY,
        "loss": "dpo",
        "beta": 0.1,
        "epochs": 3,
        "learning_rate": 3e-4,
        "samples": 1,
    },
    generate={"n": 2, "max_new_tokens": 48, "temperature": 1.0, "batch_size": 16, "threads": 1},
)

FULL = Plan(
    model=DEFAULT_MODEL,
    minutes=10,
    most_prompts=72,
    overlap=3,
    languages=("en",),
    reward_model={
        **_ONCE,
        "tuning": "lora",
        "freeze_fraction": 0.6,
        "epochs": 1.5,
        "batch_size": 4,
        "learning_rate": 3e-4,
        "max_length": 512,
    },
    imitation=None,
    dpo={
        **_ONCE,
        "tuning": "lora",
        "loss": "dpo",
        "beta": 0.1,
        "freeze_fraction": 0.6,
        "epochs": 1.5,
        "batch_size": 4,
        "learning_rate": 2e-4,
        "max_length": 512,
        "samples": 1,
    },
    generate={"n": 2, "max_new_tokens": 64, "temperature": 0.7, "batch_size": 16},
)
