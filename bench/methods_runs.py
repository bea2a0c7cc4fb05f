"""Runs of Accord's trainers in this process, for the bench of methods: settings in, weights out."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.run_dir import RunDir
from training.trainers.catalog import TRAINERS
from training.trainers.loop.command_line import StopWatch

WORKS = {
    "dpo": "train_policy", "filtered_dpo": "train_filtered", "generate": "generate",
    "iterated_dpo": "train_iterated", "kto": "train_kto", "ppo": "train_ppo", "raft": "train_raft",
    "reward_model": "train_reward_model", "score": "score", "sft": "train_sft",
}  # fmt: skip
"""The function of every trainer that does its work."""

COMMON: dict[str, Any] = {
    "tuning": "full", "batch_size": 32, "max_length": 128, "evaluate_every": 0,
    "checkpoint_every": 10**6, "threads": 1, "precision": "fp32", "device": "cpu",
}  # fmt: skip


def settings_of(trainer: str, settings: Mapping[str, Any]) -> Any:
    """The configuration of a trainer: of ``settings`` those that it has."""
    config = TRAINERS[trainer].config
    known = {option.name for option in config.options()}
    return config.from_dict({name: settings[name] for name in settings if name in known})


def run_of(trainer: str, path: Path, settings: Mapping[str, Any]) -> Path:
    """Do a whole run and return its folder, or that of its weights where it makes some."""
    config = settings_of(trainer, settings)
    run = RunDir(path)
    run.create(config.as_dict())
    work = getattr(importlib.import_module(TRAINERS[trainer].module), WORKS[trainer])
    result = work(run, config, StopWatch(run))
    run.write_result(result)
    return run.checkpoints_path / result["checkpoint"] if result["checkpoint"] else path
