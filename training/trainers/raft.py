"""Trains a policy on the best of its own responses: RAFT (2304.06767), best-of-n or the top share.

In every round it samples, keeps what a reward model likes best, and imitates it. Run it with
`python -m training.trainers.raft RUN [--field value ...]`.
"""

from __future__ import annotations

import sys

from exports.records import Demonstration
from training.run_dir import RunDir
from training.trainers.configs import RaftConfig, SftConfig
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.rounds.round_records import best_of_n, demonstration, top_fraction
from training.trainers.rounds.round_stages import Round, means
from training.trainers.rounds.rounds import Gathered, RoundKind, round_prompts, train_rounds
from training.trainers.sft import train_sft


def gather(one: Round) -> Gathered:
    """Sample, judge, and keep the best."""
    config: RaftConfig = one.config
    sampled = one.sample(
        "sampled", round_prompts(one), policy=one.policy, n=config.n, seed=one.seed
    )
    judged = one.judged("judged", sampled)
    if config.keep == "best_of_n":
        kept = best_of_n(judged)
    else:
        kept = top_fraction(judged, config.keep_fraction)
    rewards = {response.number: response.reward for response in judged}
    chosen = {response.number for response in kept}
    return Gathered(
        kind=Demonstration,
        rows=[demonstration(response).as_row() for response in kept],
        lines=[
            line | {"reward": rewards.get(number), "kept": number in chosen}
            for number, line in enumerate(sampled)
        ],
        figures={
            "reward": sum(rewards.values()) / max(1, len(rewards)),
            "reward_kept": sum(response.reward for response in kept) / max(1, len(kept)),
            "share_kept": len(kept) / len(sampled),
            **means(sampled),
        },
    )


def train_raft(run: RunDir, config: RaftConfig, stop: StopWatch) -> Result:
    """Go through the rounds."""
    kind = RoundKind(gather=gather, config=SftConfig, train=train_sft, settings=lambda one: {})
    return train_rounds(run, config, stop, kind)


if __name__ == "__main__":
    sys.exit(main(RaftConfig, train_raft))
