"""Trains a policy by DPO on those pairs of a dataset that a reward model vouches for.

Filtered DPO (2404.13846 section 4) drops a pair, anew in every round, when its chosen response is
judged worse than what the policy itself writes; two simpler rules need no sampling. Run it with
`python -m training.trainers.filtered_dpo RUN [--field value ...]`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exports.records import PreferencePair
from training.run_dir import RunDir
from training.trainers.configs import FilteredDpoConfig, PreferenceConfig
from training.trainers.data.labelled_prompts import cluster_of, read_rows
from training.trainers.iterated_dpo import stage_settings
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.preference import train_policy
from training.trainers.rounds.round_stages import Prompts, Round, means
from training.trainers.rounds.rounds import Gathered, RoundKind, round_prompts, train_rounds


@dataclass(frozen=True, kw_only=True)
class JudgedPair:
    """A row of the dataset with the rewards of its responses; ``own`` is the policy's mean."""

    row: Mapping[str, Any]
    chosen: float
    rejected: float
    own: float | None = None

    @property
    def gap(self) -> float:
        """By how much the reward model agrees with the label."""
        return self.chosen - self.rejected


def kept_pairs(pairs: Sequence[JudgedPair], rule: str, fraction: float) -> list[JudgedPair]:
    """The pairs that a rule lets through, in their order."""
    if rule == "own_sample":
        return [one for one in pairs if one.own is not None and one.chosen >= one.own]
    if rule == "agreement":
        return [one for one in pairs if one.gap > 0]
    count = max(1, math.ceil(fraction * len(pairs)))
    ordered = sorted(range(len(pairs)), key=lambda number: (-pairs[number].gap, number))
    return [pairs[number] for number in sorted(ordered[:count])]


def gather(one: Round) -> Gathered:
    """Judge the pairs of the round's prompts, and keep those that the rule lets through."""
    config: FilteredDpoConfig = one.config
    turn = round_prompts(one)
    rows = read_rows(Path(config.dataset), PreferencePair.config, "train")
    rows = [row for row in rows if cluster_of(row["prompt"]) in turn]
    prompts = {cluster_of(row["prompt"]): row["prompt"] for row in rows}
    asked = [
        (row["prompt"], {2 * number: row["chosen"], 2 * number + 1: row["rejected"]})
        for number, row in enumerate(rows)
    ]
    rewards = one.judge("judged", asked)
    own, figures = _own_rewards(one, prompts) if config.rule == "own_sample" else ({}, {})
    pairs = [
        JudgedPair(
            row=row,
            chosen=rewards[2 * number],
            rejected=rewards[2 * number + 1],
            own=own.get(cluster_of(row["prompt"])),
        )
        for number, row in enumerate(rows)
        if 2 * number in rewards and 2 * number + 1 in rewards
    ]
    kept = kept_pairs(pairs, config.rule, config.keep_fraction)
    chosen = {str(pair.row["id"]) for pair in kept}
    return Gathered(
        kind=PreferencePair,
        rows=[pair.row for pair in kept],
        lines=[_line(pair, kept=pair.row["id"] in chosen) for pair in pairs],
        figures={
            "reward": sum(pair.chosen for pair in pairs) / max(1, len(pairs)),
            "reward_gap": sum(pair.gap for pair in pairs) / max(1, len(pairs)),
            "share_kept": len(kept) / max(1, len(rows)),
            **figures,
        },
    )


def _own_rewards(one: Round, prompts: Prompts) -> tuple[dict[str, float], dict[str, float]]:
    """Mean reward of the policy's own responses by prompt, and what they are like.

    A prompt whose responses were all cut or too long to judge has none, and its pairs are dropped.
    """
    sampled = one.sample(
        "sampled",
        prompts,
        policy=one.policy,
        n=one.config.n,
        seed=one.seed,
    )
    found: dict[str, list[float]] = {}
    for response in one.judged("own_rewards", sampled):
        found.setdefault(response.prompt_id, []).append(response.reward)
    own = {name: sum(rewards) / len(rewards) for name, rewards in found.items()}
    return own, {"reward_own": sum(own.values()) / max(1, len(own)), **means(sampled)}


def _line(pair: JudgedPair, *, kept: bool) -> dict[str, Any]:
    return {
        "id": pair.row["id"],
        "prompt": pair.row["prompt"],
        "chosen": pair.row["chosen"],
        "rejected": pair.row["rejected"],
        "reward_chosen": pair.chosen,
        "reward_rejected": pair.rejected,
        "reward_own": pair.own,
        "kept": kept,
    }


def train_filtered(run: RunDir, config: FilteredDpoConfig, stop: StopWatch) -> Result:
    """Go through the rounds."""
    kind = RoundKind(
        gather=gather,
        config=PreferenceConfig,
        train=train_policy,
        settings=stage_settings,
        reads=PreferencePair.config,
    )
    return train_rounds(run, config, stop, kind)


if __name__ == "__main__":
    sys.exit(main(FilteredDpoConfig, train_filtered))
