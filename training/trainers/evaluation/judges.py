"""How `evaluate` lets a model judge: by its reward heads, by an ensemble, or as a policy.

A reward model judges each pair by the head of the pair's criterion; an ensemble by the mean of its
members; a policy by its gain over a reference, or by likelihood per token where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from training.trainers.config_fields import ConfigError
from training.trainers.configs import EvaluateConfig
from training.trainers.data.record_datasets import Example
from training.trainers.evaluation.policy_figures import (
    Written,
    write_responses,
    written_figures,
    written_logps,
)
from training.trainers.evaluation.scoring_passes import ScoringPasses
from training.trainers.losses.catalog import PREFERENCE_LOSSES
from training.trainers.models.model_checks import check_same_vocabulary
from training.trainers.models.model_loading import (
    LoadedModel,
    checkpoint_about,
    is_reward_model,
    load_policy,
    load_reward_model,
    reward_members,
    working_dtype,
)
from training.trainers.rewards.reward_heads import criteria_of_model, scores_by_criterion
from training.trainers.shared_prompt import response_logps, response_scores, token_logps

RESPONSES_PER_PROMPT = 2


@dataclass
class Verdicts:
    """Scores by example; ``scale`` makes log odds of their gaps, None where nothing does.

    ``heads`` and ``members`` hold the same by each head or member, ``policy`` a policy's figures.
    """

    scores: list[list[float]]
    scale: float | None
    heads: dict[str, list[list[float]]] = field(default_factory=dict)
    members: list[list[list[float]]] = field(default_factory=list)
    policy: dict[str, Any] = field(default_factory=dict)


def choose_scoring(config: EvaluateConfig, source: str) -> tuple[str, str]:
    """How to score, and the reference model where one is needed."""
    about = checkpoint_about(source)
    reference = config.reference or str(about.get("starting_model", ""))
    scoring = config.scoring
    if scoring == "auto":
        scoring = "reward" if is_reward_model(source) else "implicit" if reference else "likelihood"
    if scoring == "implicit" and not reference:
        raise ConfigError(
            "reference is empty and the model does not name its starting model: give it, or set"
            " scoring to likelihood."
        )
    return scoring, reference if scoring == "implicit" else ""


def load_judge(
    config: EvaluateConfig, source: str, scoring: str, device: torch.device
) -> LoadedModel:
    """The model itself; of an ensemble its first member."""
    dtype = working_dtype(config, device)
    if scoring != "reward":
        return load_policy(source, dtype=dtype)
    return _load_member(config, reward_members(source)[0], device)


def by_reward(
    config: EvaluateConfig,
    source: str,
    first: LoadedModel,
    passes: ScoringPasses,
    device: torch.device,
) -> Verdicts:
    """Scores of a reward model or of an ensemble's members, one after the other in memory."""
    criteria = [[example.criterion] * len(example.responses) for example in passes.examples]
    members: list[list[list[float]]] = []
    heads: dict[str, list[list[float]]] = {}
    loaded = first
    for number, name in enumerate(reward_members(source)):
        if number:
            tokenizer = loaded.tokenizer
            loaded = _load_member(config, name, device)
            check_same_vocabulary(
                tokenizer, loaded.tokenizer, name=f"The ensemble {source}", other_name=name
            )
        raw = passes.score(loaded, response_scores, device)
        names = criteria_of_model(loaded.model)
        chosen = [
            scores_by_criterion(one, own, names).tolist()
            for one, own in zip(raw, criteria, strict=True)
        ]
        members.append(chosen)
        if len(names) > 1:
            heads = {head: [one[:, n].tolist() for one in raw] for n, head in enumerate(names)}
        loaded.model.to("cpu")
    if len(members) == 1:
        return Verdicts(scores=members[0], scale=1.0, heads=heads)
    return Verdicts(scores=_mean(members), scale=1.0, members=members)


def by_policy(
    config: EvaluateConfig,
    loaded: LoadedModel,
    reference: str,
    passes: ScoringPasses,
    device: torch.device,
) -> Verdicts:
    """Implicit rewards, or log-probabilities per token without a reference, and what it writes."""
    logps = passes.score(loaded, response_logps, device)
    policy = _chosen_and_rejected(passes.examples, logps)
    passes.stop.check()
    written = _written(config, loaded, passes.examples)
    if not reference:
        lengths = [[len(tokens) for tokens in e.responses] for e in passes.examples]
        means = [(one / torch.tensor(n)).tolist() for one, n in zip(logps, lengths, strict=True)]
        policy |= written_figures(written, None) if written else {}
        return Verdicts(scores=means, scale=None, policy=policy)
    own = _token_logps(config, loaded, written)
    beta, scale = _scale(loaded.about)
    loaded.model.to("cpu")
    other = load_policy(reference, dtype=working_dtype(config, device))
    check_same_vocabulary(
        loaded.tokenizer, other.tokenizer, name=f"model {config.model}", other_name=reference
    )
    based = passes.score(other, response_logps, device)
    if written:
        policy |= written_figures(written, own - _token_logps(config, other, written))
    rewards = [(beta * (a - b)).tolist() for a, b in zip(logps, based, strict=True)]
    return Verdicts(scores=rewards, scale=scale, policy=policy)


def _written(
    config: EvaluateConfig, loaded: LoadedModel, examples: Sequence[Example]
) -> list[Written]:
    """What the policy writes to the first prompts of the split."""
    prompts = [example.prompt for example in examples if example.comparisons]
    return write_responses(
        loaded.model,
        loaded.tokenizer,
        prompts[: config.sampled_prompts],
        n=RESPONSES_PER_PROMPT,
        max_new_tokens=config.sample_tokens,
        seed=config.seed,
        batch_size=_prompts_at_a_time(config),
    )


def _token_logps(config: EvaluateConfig, loaded: LoadedModel, written: Sequence[Written]) -> Tensor:
    """Log-probabilities of what was written, [N] tokens; none of nothing."""
    if not written:
        return torch.zeros(0)
    return written_logps(
        lambda laid: token_logps(loaded.model, laid),
        loaded.model,
        written,
        pad_id=loaded.tokenizer.pad_token_id,
        batch_size=_prompts_at_a_time(config),
    )


def _prompts_at_a_time(config: EvaluateConfig) -> int:
    return max(1, config.batch_size // RESPONSES_PER_PROMPT)


def _load_member(config: EvaluateConfig, name: str, device: torch.device) -> LoadedModel:
    return load_reward_model(
        name,
        dtype=working_dtype(config, device),
        new_head=False,
        head_weights=config.head_weights or None,
    )


def _scale(about: dict[str, Any]) -> tuple[float, float | None]:
    """The beta that a policy was trained with, and whether its rewards are log odds then."""
    beta, loss = about.get("beta"), PREFERENCE_LOSSES.get(str(about.get("loss")))
    if beta is None or loss is None:
        return 1.0, None
    return float(beta), 1.0 if loss.log_odds and loss.reward == "ratio" else None


def _chosen_and_rejected(examples: Sequence[Example], logps: Sequence[Tensor]) -> dict[str, Any]:
    """Mean log-probabilities of better and worse responses over decided comparisons."""
    pairs = [
        (float(own[c.better]), float(own[c.worse]))
        for example, own in zip(examples, logps, strict=True)
        for c in example.comparisons
        if c.decided
    ]
    if not pairs:
        return {}
    chosen, rejected = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
    return {"logp_chosen": chosen, "logp_rejected": rejected}


def _mean(members: Sequence[list[list[float]]]) -> list[list[float]]:
    """The mean over members of each response's score."""
    return [
        [sum(values) / len(values) for values in zip(*one, strict=True)]
        for one in zip(*members, strict=True)
    ]
