"""Trains a policy by DPO on its own responses, ranked by a reward model, round after round.

In every round it samples, pairs each prompt's best and worst response or ranks all of them, and
learns from these (2312.16682, 2404.19733). Run it with
`python -m training.trainers.iterated_dpo RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from typing import Any

from exports.records import PreferencePair, Ranking
from training.run_dir import RunDir
from training.trainers.configs import DpoRoundsConfig, IteratedDpoConfig, PreferenceConfig
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.preference import train_policy
from training.trainers.rounds.round_records import by_prompt, pair, ranking
from training.trainers.rounds.round_stages import Round, means
from training.trainers.rounds.rounds import Gathered, RoundKind, round_prompts, train_rounds


def gather(one: Round) -> Gathered:
    """Sample, judge, and compare the responses of each prompt that do not all score alike."""
    config: IteratedDpoConfig = one.config
    sampled = one.sample(
        "sampled", round_prompts(one), policy=one.policy, n=config.n, seed=one.seed
    )
    judged = one.judged("judged", sampled)
    groups = [g for g in by_prompt(judged) if g[0].reward > g[-1].reward]
    ranked = config.compare == "ranking"
    rewards = {response.number: response.reward for response in judged}
    taught = {r.number for g in groups for r in (g if ranked else (g[0], g[-1]))}
    gaps = [g[0].reward - g[-1].reward for g in groups]
    return Gathered(
        kind=Ranking if ranked else PreferencePair,
        rows=[(ranking(g) if ranked else pair(g[0], g[-1])).as_row() for g in groups],
        lines=[
            line | {"reward": rewards.get(number), "kept": number in taught}
            for number, line in enumerate(sampled)
        ],
        figures={
            "reward": sum(rewards.values()) / max(1, len(rewards)),
            "reward_gap": sum(gaps) / max(1, len(gaps)),
            "share_kept": len(taught) / len(sampled),
            **means(sampled),
        },
    )


def stage_settings(one: Round) -> dict[str, Any]:
    """The reference of a stage: what is named, the first policy, or the round's own start."""
    config: DpoRoundsConfig = one.config
    if config.reference_model or config.round_reference == "round" or one.number == 1:
        return {}
    return {"reference_model": config.model}


def train_iterated(run: RunDir, config: IteratedDpoConfig, stop: StopWatch) -> Result:
    """Go through the rounds."""
    kind = RoundKind(
        gather=gather, config=PreferenceConfig, train=train_policy, settings=stage_settings
    )
    return train_rounds(run, config, stop, kind)


if __name__ == "__main__":
    sys.exit(main(IteratedDpoConfig, train_iterated))
