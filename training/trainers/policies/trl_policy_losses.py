"""TRL's losses of policies that learn from rewards: its GRPOTrainer and RLOOTrainer as functions.

Log-probabilities and entropies come from rows in which a prompt stands once for all its responses,
through TRL's own kernel; the equations are TRL's. Nothing is sampled or scored here. Losses are
sums, over whatever a loss is averaged over (`units`), so that a step's loss is the same however it
is cut into forward passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from trl.kernels import ChunkedLogProbFunction
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.rloo_config import RLOOConfig
from trl.trainer.rloo_trainer import RLOOTrainer

from training.trainers.configs import GrpoConfig, RlooConfig
from training.trainers.loop.starting import Start
from training.trainers.policies.group_advantages import group_relative, leave_one_out, whitened
from training.trainers.policies.trl_trainer import OfOurBatches, made, options
from training.trainers.reinforcement.roles import Role
from training.trainers.shared_prompt import SharedBatch, hidden_states, inner_model

VOCABULARY_AT_A_TIME = 32768
"""Columns of the output head that are multiplied at a time; TRL's own value."""

OVER_TOKENS = ("dapo", "cispo", "vespo")
"""Losses of TRL that are averaged over all tokens of a step; the others over its responses."""


class _OfOurRows(OfOurBatches):
    """Takes log-probabilities and entropies [B, T] from the function that stands for the model."""

    def _get_per_token_logps_and_entropies(
        self, model: Any, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor, None]:
        return *model(), None


class _Grpo(_OfOurRows, GRPOTrainer):
    """TRL's GRPOTrainer, fed by us."""


class _Rloo(_OfOurRows, RLOOTrainer):
    """TRL's RLOOTrainer, fed by us."""


@dataclass
class Rollouts:
    """R responses of N tokens in all, laid out for a forward pass, and what is known of them.

    ``advantages`` is fp32 [R], ``counts`` [R] says which responses are learned from. ``old`` and
    ``reference`` are log-probabilities [N]: under the policy that wrote them and under the
    reference, None where the loss does without.
    """

    laid: SharedBatch
    advantages: Tensor
    counts: Tensor
    old: Tensor | None = None
    reference: Tensor | None = None

    @property
    def responses(self) -> int:
        """R."""
        return len(self.laid.lengths)

    @property
    def tokens(self) -> int:
        """Response tokens that are learned from."""
        return int(self.laid.lengths[self.counts].sum())

    def drift(self, logps: Tensor) -> Tensor | None:
        """Each response's log-ratio to the reference, summed over its tokens: [R]."""
        if self.reference is None:
            return None
        found = torch.zeros(self.responses, device=logps.device)
        return found.index_add(0, self.laid.owners, logps.detach() - self.reference)


@dataclass(frozen=True)
class Seen:
    """What a forward pass showed: the summed loss, and figures summed over tokens that count, over
    responses."""

    loss: Tensor
    by_token: dict[str, float]
    by_response: dict[str, float]


class TokenReader:
    """Log-probabilities and entropies of response tokens, at the temperature of sampling."""

    def __init__(self, role: Role, temperature: float) -> None:
        self.role, self.temperature = role, temperature

    def __call__(self, laid: SharedBatch) -> tuple[Tensor, Tensor]:
        """Of each of N response tokens, in order of responses: two fp32 [N]."""
        with self.role.playing() as model:
            hidden = hidden_states(model, laid)[laid.sources]
        inner = inner_model(self.role.model)
        head, config = inner.get_output_embeddings(), inner.config.get_text_config()
        logps, entropies, *_ = ChunkedLogProbFunction.apply(  # type: ignore[no-untyped-call]
            hidden,
            head.weight,
            head.bias,
            laid.targets,
            self.temperature,
            VOCABULARY_AT_A_TIME,
            getattr(config, "final_logit_softcapping", None),
            logit_scale(config),
            ("entropy",),
        )
        return logps, entropies

    @torch.no_grad()
    def logps(self, laid: SharedBatch) -> Tensor:
        """The log-probabilities [N] alone, without a gradient."""
        return self(laid)[0]


def logit_scale(config: Any) -> float:
    """What a model multiplies its logits by, under the several names that families give it."""
    for name in ("logit_scale", "lm_head_multiplier"):
        if getattr(config, name, None):
            return float(getattr(config, name))
    return 1 / float(getattr(config, "logits_scaling", None) or 1)


class GrpoLoss:
    """TRL's GRPO losses of some rollouts."""

    def __init__(self, start: Start, folder: Path, config: GrpoConfig, read: TokenReader) -> None:
        self.config, self.read = config, read
        self.asks_old = not config.old_is_new
        arguments = GRPOConfig(
            **options(start, folder),
            beta=0.0,
            num_generations=2,
            temperature=config.temperature,
            loss_type=config.loss,
            importance_sampling_level=config.ratio,
            epsilon=config.epsilon,
            epsilon_high=config.epsilon_high or None,
            max_completion_length=config.max_new_tokens,
            router_aux_loss_coef=0.0,
            gradient_checkpointing=False,
        )
        self.trainer = made(_Grpo, start, arguments, {"prompt": ""}, reward_funcs=_unasked)
        # Not above: TRL would load the reference model from where this one was read.
        self.trainer.beta = config.beta

    def advantages(self, rewards: Tensor, drift: Tensor | None) -> Tensor:
        """What rewards [P, n] are worth to the loss: [P, n]. The KL is in the loss itself."""
        return group_relative(rewards, scale=self.config.advantage_scale)

    def units(self, rollouts: Rollouts) -> float:
        """What the loss is a sum over: tokens that are learned from, or responses."""
        over_tokens = self.config.loss in OVER_TOKENS
        return float(rollouts.tokens if over_tokens else rollouts.responses)

    def __call__(self, rollouts: Rollouts) -> Seen:
        """The summed loss; entropy, share of clipped tokens and KL."""
        reading = _Reading(self.read, rollouts)
        inputs = _inputs(rollouts)
        # As many tokens as one: what TRL averages over tokens is then their sum.
        inputs["num_items_in_batch"] = torch.ones((), device=inputs["advantages"].device)
        for key, values in (
            ("old_per_token_logps", rollouts.old),
            ("ref_per_token_logps", rollouts.reference),
        ):
            if values is not None:
                inputs[key] = _padded(values, rollouts.laid)
        loss: Tensor = self.trainer.compute_loss(reading, inputs)
        means = self.trainer.figures()
        if self.config.loss not in OVER_TOKENS:
            loss = loss * rollouts.responses
        clipped = means.get("clip_ratio/region_mean", means.get("cispo_clip_ratio"))
        figures = {"entropy": means["entropy"] * rollouts.tokens}
        if clipped is not None:
            figures["clip_fraction"] = clipped * rollouts.tokens
        return Seen(loss, figures, reading.by_response())


class RlooLoss:
    """TRL's RLOO loss of some rollouts: whole responses' ratios, clipped, times advantages."""

    asks_old = True

    def __init__(self, start: Start, folder: Path, config: RlooConfig, read: TokenReader) -> None:
        self.config, self.read = config, read
        arguments = RLOOConfig(
            **options(start, folder),
            beta=0.0,  # the KL is in the rewards already
            num_generations=2,
            temperature=config.temperature,
            epsilon=config.epsilon,
            epsilon_high=config.epsilon_high or None,
            max_completion_length=config.max_new_tokens,
            router_aux_loss_coef=0.0,
            gradient_checkpointing=False,
        )
        self.trainer = made(_Rloo, start, arguments, {"prompt": ""}, reward_funcs=_unasked)

    def advantages(self, rewards: Tensor, drift: Tensor | None) -> Tensor:
        """What rewards [P, n] are worth to the loss, beta times the ``drift`` [P, n] of each
        response taken off: its log-ratio to the reference, summed over tokens."""
        if drift is not None:
            rewards = rewards - self.config.beta * drift
        found = leave_one_out(rewards)
        return whitened(found) if self.config.whiten_advantages else found

    def units(self, rollouts: Rollouts) -> float:
        """What the loss is a sum over: responses."""
        return float(rollouts.responses)

    def __call__(self, rollouts: Rollouts) -> Seen:
        """The summed loss; entropy, share of clipped responses and KL."""
        if rollouts.old is None:
            raise ValueError("RLOO compares with the policy that wrote the responses")
        reading = _Reading(self.read, rollouts)
        inputs = _inputs(rollouts)
        old = _padded(rollouts.old, rollouts.laid) * inputs["completion_mask"]
        inputs["old_logps"] = old.sum(1)
        loss: Tensor = self.trainer.compute_loss(reading, inputs) * rollouts.responses
        means = self.trainer.figures()
        clipped = {"clip_fraction": means["clip_ratio/region_mean"] * rollouts.responses}
        entropy = {"entropy": means["entropy"] * rollouts.tokens}
        return Seen(loss, entropy, reading.by_response() | clipped)


class _Reading:
    """Stands for the model in TRL's losses: log-probabilities and entropies [R, T]."""

    def __init__(self, read: TokenReader, rollouts: Rollouts) -> None:
        self.read, self.rollouts = read, rollouts
        self.drift: Tensor | None = None

    def __call__(self) -> tuple[Tensor, Tensor]:
        logps, entropies = self.read(self.rollouts.laid)
        self.drift = self.rollouts.drift(logps)
        return _padded(logps, self.rollouts.laid), _padded(entropies, self.rollouts.laid)

    def by_response(self) -> dict[str, float]:
        """The KL to the reference where there is one."""
        return {} if self.drift is None else {"kl": float(self.drift.sum())}


def _inputs(rollouts: Rollouts) -> dict[str, Tensor]:
    """What TRL's losses ask of a batch of R responses of T tokens at most.

    Prompts are in the rows already, so TRL gets empty ones.
    """
    laid = rollouts.laid
    mask = _padded(torch.ones_like(laid.targets), laid) * rollouts.counts[:, None]
    nothing = laid.targets.new_zeros(rollouts.responses, 0)
    return {
        "prompt_ids": nothing,
        "prompt_mask": nothing,
        "completion_ids": _padded(laid.targets, laid),
        "completion_mask": mask,
        "advantages": rollouts.advantages,
    }


def _padded(values: Tensor, laid: SharedBatch) -> Tensor:
    """Values [N] of response tokens as [R, T], with zeros behind shorter responses."""
    places = torch.arange(int(laid.lengths.max()), device=values.device) < laid.lengths[:, None]
    return values.new_zeros(places.shape).masked_scatter(places, values)


def _unasked(**_: Any) -> list[float]:
    """TRL wants a reward function to be made with; rewards come from elsewhere."""
    raise NotImplementedError("rewards are given as advantages")
