"""How an ensemble does on what was held out: by the mean of its members, and each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.data.record_datasets import Example
from training.trainers.evaluation.held_out import HeldOutReport
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start, start_run
from training.trainers.models.model_loading import load_reward_model
from training.trainers.rewards.reward_scoring import RewardScorer
from training.trainers.shared_prompt import Rows


def judge_together(
    run: RunDir, config: RewardModelConfig, folders: Sequence[Path], stop: StopWatch
) -> dict[str, Any]:
    """Write the ensemble's report; returns its figures, and nothing where nothing is held out.

    ``folders`` are the members' checkpoints. ``held_out_spread`` is the mean over responses of the
    standard deviation between members.
    """
    beside = RunDir(run.path / "members" / "together")
    beside.path.mkdir(parents=True, exist_ok=True)
    settings = replace(config, members=1, model=str(folders[0]), tuning="full")
    start = start_run(beside, settings, reward=True)
    if not start.held_out:
        return {}
    size = config.batch_size
    ordered = sorted(start.held_out, key=lambda example: -example.length)
    batches = [ordered[first : first + size] for first in range(0, len(ordered), size)]
    said = [_scores(start, folder, batches, stop) for folder in folders]
    report, spreads = HeldOutReport(), []
    for batch, members in zip(batches, zip(*said, strict=True), strict=True):
        report.add(batch, np.mean(members, axis=0).tolist(), members=members)
        spreads += np.std(members, axis=0).tolist()
    about = {"model": config.model, "scoring": "reward", "split": start.held_out_split}
    figures = report.write(run, about=about, labelers=start.held_out_labelers)
    figures["spread"] = float(np.mean(spreads))
    named = {f"held_out_{name}": value for name, value in figures.items()}
    return named | {"held_out_split": start.held_out_split}


@torch.no_grad()
def _scores(
    start: Start, folder: Path, batches: Sequence[Sequence[Example]], stop: StopWatch
) -> list[list[float]]:
    """One member's scores, batch by batch."""
    start.model = None  # one model in memory at a time
    loaded = load_reward_model(str(folder), new_head=False)
    model = loaded.model.to(start.device)
    pad = start.tokenizer.pad_token_id
    scorer = RewardScorer(model, Rows(model, pad_id=pad, shared=start.shared))
    scores = []
    for batch in batches:
        stop.check()
        scores.append(scorer.own_head(scorer.every_head(batch), batch).tolist())
    return scores
