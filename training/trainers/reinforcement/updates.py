"""How PPO learns from a step's experience: passes, optimiser steps, and when the policy rests.

Policy and critic share no weight that learns, so each has a loss, a gradient and an optimiser of
its own. Losses are means over all tokens of an optimiser step, whatever the forward passes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from training.trainers.configs import PpoConfig
from training.trainers.loop.optimiser import adamw, set_learning_rate
from training.trainers.loop.processes import Processes
from training.trainers.reinforcement.divergences import entropy, full_divergence
from training.trainers.reinforcement.experience import ReadPart
from training.trainers.reinforcement.ppo_math import approximate_kl, policy_losses, value_losses
from training.trainers.reinforcement.ptx import PtxRows
from training.trainers.reinforcement.roles import ActorCritic
from training.trainers.shared_prompt import inner_model, token_logps
from training.trainers.shared_prompt.logps import of_distributions

Figures = dict[str, float]


class NotFiniteError(ArithmeticError):
    """A loss or a gradient that is no number; nothing was changed by it."""


class Updates:
    """Policy's and critic's optimisers and what they are fed with."""

    def __init__(
        self,
        roles: ActorCritic,
        config: PpoConfig,
        processes: Processes,
        ptx: PtxRows | None = None,
    ) -> None:
        self.roles, self.config, self.processes, self.ptx = roles, config, processes, ptx
        decay = config.weight_decay
        self.policy = adamw([([*roles.policy_weights.values()], config.learning_rate)], decay)
        self.critic = adamw([([*roles.critic_weights.values()], config.critic_rate)], decay)

    def set_rates(self, share: float) -> None:
        """Both learning rates as a share of their peaks."""
        for optimiser in (self.policy, self.critic):
            set_learning_rate(optimiser, share)

    def learn(
        self, parts: Sequence[ReadPart | None], *, step: int, coefficient: float, warming_up: bool
    ) -> Figures:
        """All passes over the parts (None: another process' share alone); the critic alone while
        ``warming_up``. Raises NotFiniteError before a step that would do harm."""
        for weight in (*self.roles.policy_weights.values(), *self.roles.critic_weights.values()):
            weight.requires_grad_(True)  # PEFT's disable_adapter may have marked it otherwise
        counts = torch.tensor([0.0 if part is None else len(part.logps) for part in parts])
        tokens = self.processes.summed(counts)
        seen: list[Figures] = []
        rests = warming_up
        self._ratios: list[float] = []
        for number, group in enumerate(self._groups(len(parts), step)):
            units = float(tokens[group].sum())
            self.policy.zero_grad(set_to_none=True)
            self.critic.zero_grad(set_to_none=True)
            found = self._gradients([parts[i] for i in group], units, coefficient, rests)
            if not rests and self.ptx is not None:
                add(found, self._ptx_gradient(self.ptx, step, number))
            found = self.processes.sum_figures(found)
            if not rests and 0 < self.config.target_kl < found["approx_kl"]:
                rests = True
                self.policy.zero_grad(set_to_none=True)
            if number == 0:
                # How well the first forward passes repeat what was read: 0, where nothing moved.
                first = self.processes.gather(torch.tensor([max(self._ratios, default=0.0)]))
                found["ratio_deviation"] = float(first.max())
            seen.append(found | self._step(rests, found))
        return _means(seen)

    def _groups(self, parts: int, step: int) -> list[list[int]]:
        """The numbers of the parts of each optimiser step, every pass in another order."""
        size, groups = self.config.accumulation, []
        for epoch in range(self.config.update_epochs):
            drawn = np.random.default_rng([self.config.seed, step, epoch])
            order = drawn.permutation(parts).tolist() if epoch else list(range(parts))
            groups += [sorted(order[i : i + size]) for i in range(0, parts, size)]
        return groups

    def _gradients(
        self, parts: Sequence[ReadPart | None], units: float, coefficient: float, rests: bool
    ) -> Figures:
        """Add both gradients of the parts; their figures as shares of means over ``units``."""
        figures: Figures = {}
        for part in parts:
            if part is None:
                continue
            if not rests:
                add(figures, self._policy_gradient(part, units, coefficient))
            add(figures, self._critic_gradient(part, units))
        return figures

    def _policy_gradient(self, part: ReadPart, units: float, coefficient: float) -> Figures:
        roles, config, laid = self.roles, self.config, part.laid
        with roles.policy.playing():
            states = roles.policy.states(laid, laid.sources)
            logps = roles.policy.logps(states, laid.targets, roles.temperature)
            losses, clipped = policy_losses(
                logps, part.logps, part.advantages, clip_range=config.clip_range
            )
            loss = losses.sum() + self._of_distributions(part, states, coefficient)
            (loss / units).backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            moved = approximate_kl(logps, part.logps).sum()
            self._ratios.append(float(torch.expm1(logps - part.logps).abs().max()))
        values = {"policy_loss": losses, "clip_fraction": clipped, "approx_kl": moved, "loss": loss}
        return {name: float(value.detach().sum()) / units for name, value in values.items()}

    def _of_distributions(self, part: ReadPart, states: Tensor, coefficient: float) -> Tensor:
        """The bonus for entropy, and the gradient that a divergence of distributions has at once.

        As a reward such a divergence pulls only at earlier tokens, for it does not depend on the
        token that is drawn where it is measured.
        """
        roles, config = self.roles, self.config
        models, hidden = [inner_model(roles.policy.model)], [states]
        compared = part.reference_states
        if compared is None and not config.entropy_coefficient:
            return states.new_zeros(())
        if compared is not None:
            models.append(inner_model(roles.reference.model))
            hidden.append(compared)

        def cost(ours: Tensor, *theirs: Tensor) -> Tensor:
            found = -config.entropy_coefficient * entropy(ours)
            for other in theirs:
                found = found + coefficient * full_divergence(
                    config.divergence, ours, other, alpha=config.alpha
                )
            return found

        return of_distributions(models, hidden, cost, roles.temperature).sum()

    def _critic_gradient(self, part: ReadPart, units: float) -> Figures:
        with self.roles.critic.playing():
            values = self.roles.values(part.laid)
            losses, clipped = value_losses(
                values, part.values, part.returns, clip_range=self.config.value_clip_range
            )
            (losses.sum() / units).backward()  # type: ignore[no-untyped-call]
        return {
            "value_loss": float(losses.detach().sum()) / units,
            "value_clip_fraction": float(clipped.sum()) / units,
        }

    def _ptx_gradient(self, ptx: PtxRows, step: int, number: int) -> Figures:
        """Add ``ptx_coefficient`` times the gradient of the mean loss per token of some rows."""
        rows = ptx.rows(step, number)
        tokens = sum(row.length - len(row.prompt) for row in rows)
        shared = self.processes.share(rows)
        if not shared:
            return {}
        with self.roles.policy.playing() as model:
            loss = -token_logps(model, ptx.lay_out(shared)).sum() / tokens
            (self.config.ptx_coefficient * loss).backward()  # type: ignore[no-untyped-call]
        return {"ptx_loss": float(loss.detach())}

    def _step(self, rests: bool, figures: Figures) -> Figures:
        """Let the optimisers step; what the gradients measured before they were cut."""
        limit = self.config.max_grad_norm or float("inf")
        weights = {"critic_grad_norm": [*self.roles.critic_weights.values()]}
        if not rests:
            weights["grad_norm"] = [*self.roles.policy_weights.values()]
        norms = {}
        for name, some in weights.items():
            self.processes.sum_gradients(some)
            norms[name] = float(torch.nn.utils.clip_grad_norm_(some, limit))
        for name, value in (figures | norms).items():
            if not np.isfinite(value):
                raise NotFiniteError(f"{name} became {value:g}")
        self.critic.step()
        if not rests:
            self.policy.step()
        return norms


def add(figures: Figures, more: Figures) -> None:
    """Add figures by name."""
    for name, value in more.items():
        figures[name] = figures.get(name, 0.0) + value


def _means(seen: Sequence[Figures]) -> Figures:
    """The mean of each figure over those optimiser steps that have it."""
    names = dict.fromkeys(name for one in seen for name in one)
    return {name: float(np.mean([one[name] for one in seen if name in one])) for name in names}
