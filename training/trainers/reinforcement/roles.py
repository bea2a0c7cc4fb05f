"""The parts that PPO's models play: policy, reference and critic, on one backbone or on several.

With LoRA all of them are adapters and heads on one frozen backbone: a role says which adapter is
in place while it plays. Backward passes belong inside, for recomputed layers run once more there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.trainers.shared_prompt import Rows, SharedBatch, hidden_states, inner_model
from training.trainers.shared_prompt.logps import token_logps_of

POLICY, CRITIC, BARE = "default", "critic", ""
"""Names of adapters; BARE is the backbone without any."""


class AdapterSwitch:
    """Puts one of a PEFT model's adapters in place, without touching what learns.

    PEFT's own `set_adapter` also changes ``requires_grad``, and gradients that are still on their
    way to an adapter would be dropped.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.settle()

    def settle(self) -> None:
        """Put the policy's adapter in place, in layers too that got their first adapter just now.

        Call it whenever an adapter was added.
        """
        from peft.tuners.tuners_utils import BaseTunerLayer

        self._layers = [m for m in self.model.modules() if isinstance(m, BaseTunerLayer)]
        for layer in self._layers:
            layer._active_adapter = [POLICY]

    @contextmanager
    def to(self, adapter: str) -> Iterator[None]:
        """Meanwhile this adapter alone is in place."""
        before = [layer._active_adapter for layer in self._layers]
        try:
            for layer in self._layers:
                layer._active_adapter = [adapter] if adapter else []
            yield
        finally:
            for layer, name in zip(self._layers, before, strict=True):
                layer._active_adapter = name


@dataclass(frozen=True)
class Role:
    """A model, the adapter that it plays with (None: it has no adapters), and a scalar head."""

    model: Any
    switch: AdapterSwitch | None = None
    adapter: str = BARE
    head: Any = None

    @contextmanager
    def playing(self) -> Iterator[Any]:
        """The model, with this role's adapter in place meanwhile."""
        if self.switch is None:
            yield self.model
        else:
            with self.switch.to(self.adapter):
                yield self.model

    def states(self, laid: SharedBatch, places: Tensor) -> Tensor:
        """Hidden states at flat places of the rows: [n, H], where the model is."""
        device = inner_model(self.model).device
        here = laid if laid.input_ids.device == device else laid.to(device)
        with self.playing() as model:
            return hidden_states(model, here)[places.to(device)]

    def logps(self, states: Tensor, targets: Tensor, temperature: float) -> Tensor:
        """Log-probabilities of targets [n] from `states` [n, H]: fp32 [n], where targets are."""
        inner = inner_model(self.model)
        found = token_logps_of(inner, states, targets.to(states.device), temperature)
        return found.to(targets.device)

    def readings(self, laid: SharedBatch, places: Tensor) -> Tensor:
        """What the head says at flat places of the rows: fp32 [n], on the rows' device."""
        states = self.states(laid, places)
        said: Tensor = self.head(states.to(self.head.weight.dtype))
        return said.squeeze(-1).float().to(laid.input_ids.device)


@dataclass(frozen=True)
class ActorCritic:
    """Who plays in PPO; ``rows`` lays responses out for all of them.

    ``policy_weights`` and ``critic_weights`` are what learns, by the names a checkpoint has;
    ``critic_is_judge`` says that the critic begins as the reward model.
    """

    policy: Role
    reference: Role
    critic: Role
    rows: Rows
    temperature: float
    policy_weights: dict[str, Tensor]
    critic_weights: dict[str, Tensor]
    critic_is_judge: bool = False

    def logps(self, laid: SharedBatch) -> Tensor:
        """Log-probabilities of all response tokens under the policy: fp32 [N]."""
        states = self.policy.states(laid, laid.sources)
        return self.policy.logps(states, laid.targets, self.temperature)

    @torch.no_grad()
    def reference_logps(self, laid: SharedBatch) -> Tensor:
        """The same under the reference, which never changes."""
        states = self.reference.states(laid, laid.sources)
        return self.reference.logps(states, laid.targets, self.temperature)

    def values(self, laid: SharedBatch) -> Tensor:
        """What the critic expects before each response token is chosen: fp32 [N]."""
        return self.critic.readings(laid, laid.sources)
