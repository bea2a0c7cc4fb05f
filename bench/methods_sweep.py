"""The methods that the bench compares, one literal dict: where each starts, and what is swept.

Settings are those of Accord's trainers. Every sweep goes from a gentle pull away from the start to
a strong one, so that its points lie at different KL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Settings = Mapping[str, Any]

LEARNING: Settings = {"epochs": 2.0, "learning_rate": 3e-4, "batch_size": 16}
PAIRS: Settings = {**LEARNING, "data": "preference"}
SAMPLING: Settings = {
    "max_new_tokens": 40, "sampling_batch_size": 256, "evaluation_prompts": 8, "temperature": 1.0,
}  # fmt: skip
PPO: Settings = {
    "batch_size": 48, "minibatches": 2, "accumulation": 1, "update_epochs": 2, "max_steps": 24,
    "learning_rate": 3e-4, "max_prompt_tokens": 64, **SAMPLING,
}  # fmt: skip


@dataclass(frozen=True)
class Method:
    """One row of the table. ``trainer`` is empty where nothing learns: best-of-n.

    ``starts_from`` is base, sft, or dpo: the policy that DPO makes of SFT at its middle point.
    """

    title: str
    trainer: str
    starts_from: str
    sweep: tuple[Settings, ...]
    settings: Settings = field(default_factory=dict)

    @property
    def judges(self) -> bool:
        """Whether it needs the reward model."""
        return self.trainer not in ("sft", "dpo", "kto")


def _betas(*betas: float) -> tuple[Settings, ...]:
    return tuple({"beta": beta} for beta in betas)


_BETAS = _betas(1.0, 0.3, 0.1)
_OWN_BETAS = _betas(3.0, 1.0, 0.3)
_FILTERED: Settings = {**LEARNING, **SAMPLING, "rule": "own_sample", "rounds": 1, "n": 1}
_ROUNDS: Settings = {
    **LEARNING, **SAMPLING, "rounds": 2, "prompts_per_round": 400, "epochs": 1.0,
}  # fmt: skip
_ITERATED: Settings = {**_ROUNDS, "n": 4}
_KTO: Settings = {**PAIRS, "epochs": 1.0}
_CPO: Settings = {**PAIRS, "loss": "cpo"}

METHODS: Mapping[str, Method] = {
    "sft": Method(
        "imitation of what was chosen", "sft", "base",
        ({"epochs": 1.0}, {"epochs": 2.0}, {"epochs": 4.0}),
        PAIRS,
    ),
    "dpo": Method("DPO", "dpo", "sft", _BETAS, PAIRS),
    "dpo_without_sft": Method("DPO", "dpo", "base", _BETAS, PAIRS),
    "filtered_dpo": Method("filtered DPO", "filtered_dpo", "sft", _BETAS, _FILTERED),
    "filtered_dpo_without_sft": Method(
        "filtered DPO", "filtered_dpo", "base", _BETAS, _FILTERED
    ),
    "iterated_dpo": Method("iterated DPO", "iterated_dpo", "sft", _OWN_BETAS, _ITERATED),
    "iterated_dpo_without_sft": Method(
        "iterated DPO", "iterated_dpo", "base", _OWN_BETAS, _ITERATED
    ),
    "kto": Method("KTO", "kto", "sft", _BETAS, _KTO),
    "kto_without_sft": Method("KTO", "kto", "base", _BETAS, _KTO),
    "cpo": Method("CPO", "dpo", "sft", _betas(0.3, 1.0, 3.0), _CPO),
    "cpo_without_sft": Method("CPO", "dpo", "base", _betas(0.3, 1.0, 3.0), _CPO),
    "raft": Method(
        "RAFT", "raft", "sft", ({"n": 2}, {"n": 4}, {"n": 8}),
        {**_ROUNDS, "keep": "best_of_n"},
    ),
    "best_of_n": Method("best-of-n", "", "sft", tuple({"n": n} for n in (2, 4, 8, 16, 32))),
    "best_of_n_without_sft": Method(
        "best-of-n", "", "base", tuple({"n": n} for n in (2, 4, 8, 16, 32))
    ),
    "ppo": Method(
        "PPO from SFT", "ppo", "sft", tuple({"kl_coefficient": c} for c in (0.5, 0.2, 0.05)), PPO
    ),
    "ppo_from_dpo": Method(
        "PPO from DPO", "ppo", "dpo", tuple({"kl_coefficient": c} for c in (0.5, 0.2, 0.05)), PPO
    ),
}  # fmt: skip

SFT: Settings = {**PAIRS, "epochs": 1.0}
"""The stage that methods start from which have it."""

REWARD_MODEL: Settings = {**PAIRS, "epochs": 3.0, "learning_rate": 6e-4}
DPO_TO_START_FROM = 1
"""Which point of `dpo` PPO goes on from."""
