"""Ensembles of reward models: members trained one after the other, each a run of its own.

A member lies in RUN/members/N with a seed, heads and an order of the data of its own; adapters of
all of them stand on one backbone. After each member a checkpoint of the ensemble names those that
are there. So it takes n times the time of one model, and the memory of one. Each member of a
checkpoint is a folder that plain transformers loads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from training.durable_files import read_object, write_json
from training.run_dir import RunDir
from training.trainers.configs import TINY_MODEL, RewardModelConfig
from training.trainers.data.preference_files import dataset_folder
from training.trainers.loop.command_line import Result, StopWatch
from training.trainers.loop.member_run import MemberRun
from training.trainers.models.model_card import write_card
from training.trainers.models.model_loading import reward_members
from training.trainers.models.states_file import FILE as STATES
from training.trainers.rewards.ensemble_folder import write_ensemble
from training.trainers.rewards.ensemble_judging import judge_together

TrainMember = Callable[[RunDir, RewardModelConfig, StopWatch], Result]
REPORT = "data_report.json"


def train_ensemble(
    run: RunDir, config: RewardModelConfig, stop: StopWatch, train: TrainMember
) -> Result:
    """Train, or go on training, all members; then judge them together and publish the ensemble."""
    folder = str(dataset_folder(config.dataset, run.path))
    for number in range(1, config.members + 1):
        member = MemberRun(run, number)
        result = _trained(
            member, _settings(run, replace(config, dataset=folder), number), stop, train
        )
        if result["state"] != "done":
            return result | {"metrics": {}, "checkpoint": _latest(run)}
        if _published(run) < number < config.members:
            _publish(run, config, number, {})
    folders = [_chosen(MemberRun(run, n)) for n in range(1, config.members + 1)]
    figures = judge_together(run, replace(config, dataset=folder), folders, stop)
    _publish(run, config, config.members, figures)
    return result | {"metrics": figures, "checkpoint": _latest(run)}


def member_seed(seed: int, number: int) -> int:
    """A member's seed: far from those of other members and of neighbouring seeds."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _settings(run: RunDir, config: RewardModelConfig, number: int) -> RewardModelConfig:
    """A member's settings. The first one makes the backbone where none lies ready on disk."""
    own = replace(config, members=1, seed=member_seed(config.seed, number))
    bases = [MemberRun(run, 1).path / name for name in ("base-heads", "base")]
    made = next((base for base in bases if base.is_dir()), None)
    if number == 1 or made is None or (config.tuning == "full" and config.model != TINY_MODEL):
        return own
    return replace(own, model=str(made.resolve()))


def _trained(
    member: MemberRun, config: RewardModelConfig, stop: StopWatch, train: TrainMember
) -> Result:
    """A member's result, of this attempt or of an earlier one."""
    finished = member.result()
    if finished is not None and finished["state"] == "done":
        return finished
    member.create(config.as_dict())
    _lend_states(member)
    try:
        result = train(member, config, stop)
    finally:  # a check, too, ends here with a report
        _share_report(member)
    member.write_result(result)
    return result


def _lend_states(member: MemberRun) -> None:
    """What comes out of frozen layers is the same for all: the first member's file serves."""
    own, lent = member.path / STATES, MemberRun(member.ensemble, 1).path / STATES
    if lent.is_file() and not own.exists():
        with suppress(OSError):  # a disk without links: it is computed again
            os.link(lent, own)


def _share_report(member: MemberRun) -> None:
    """The ensemble's report on the data is the first member's, with the time of all."""
    report = read_object(member.path / REPORT)
    if report is None or member.number > 1:
        return
    members = member.ensemble.config()["members"]
    estimate = report.get("estimate")
    if estimate:
        for name in ("steps", "seconds", "evaluation_seconds"):
            estimate[name] *= members
    write_json(member.ensemble.path / REPORT, report)


def _publish(run: RunDir, config: RewardModelConfig, number: int, figures: dict[str, Any]) -> None:
    """A checkpoint of the members so far; only that of all of them has a score."""
    members = [MemberRun(run, n) for n in range(1, number + 1)]
    folders = [_chosen(member) for member in members]
    step = sum(member.last_step() for member in members)

    def write(folder: Path) -> None:
        write_ensemble(run, config, folders, folder)
        write_card(folder, run=run.path.name, config=config, step=step, metrics=figures)

    run.write_checkpoint(
        step=step, metrics=figures, score=figures.get("held_out_accuracy"), write=write
    )


def _chosen(member: MemberRun) -> Path:
    """The member's best checkpoint, or its last one where nothing was held out."""
    chosen = member.best_checkpoint() or member.latest_checkpoint()
    assert chosen is not None, f"{member.path} is done without a checkpoint"  # noqa: S101
    return chosen.path


def _published(run: RunDir) -> int:
    latest = run.latest_checkpoint()
    return len(reward_members(str(latest.path))) if latest else 0


def _latest(run: RunDir) -> str | None:
    latest = run.latest_checkpoint()
    return latest.name if latest else None
