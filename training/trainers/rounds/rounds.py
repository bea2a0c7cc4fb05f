"""Runs that go round: sample from the policy, let a reward model judge, learn, and again.

What a round learns from is a `RoundKind`'s business. Every round ends with a checkpoint of the run,
figures on held-out prompts, and files: RUN/outputs/round-01 with responses and rewards and the
dataset that was learned from. A killed run goes on within the stage it was in.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from exports.records import Record
from training.durable_files import (
    read_lines,
    read_object,
    synced_size,
    write_json,
    write_lines,
)
from training.run_dir import Checkpoint, RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.data.chat_text import Message
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.preference_files import dataset_folder
from training.trainers.data.prompt_rows import dataset_prompts, held_out_split
from training.trainers.loop.command_line import Result, StopWatch
from training.trainers.loop.starting import choose_template
from training.trainers.models.adapters import prepare_training
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_card import write_card
from training.trainers.models.model_loading import (
    ABOUT,
    is_reward_model,
    load_policy,
    resolve_model,
)
from training.trainers.rounds.round_records import write_dataset
from training.trainers.rounds.round_stages import (
    PLACE,
    Prompts,
    Round,
    means,
    run_stage,
    stage_config,
)
from training.trainers.rounds.ruled_rewards import judged_by

FIGURES = "figures.json"
TEMPORARY = ("resume.pt", "checkpoint.json", ABOUT, PLACE)
"""Files of a stage's checkpoint that the run's own checkpoint has otherwise or not at all."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What a round has to learn from: rows of one kind of record, and what people read of it."""

    kind: type[Record]
    rows: Sequence[Mapping[str, Any]]
    lines: Sequence[Mapping[str, Any]]
    figures: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class RoundKind:
    """How a kind of run gathers what it learns from, and which trainer learns.

    ``reads`` names the kind of record that the dataset must have, where prompts are not enough.
    """

    gather: Callable[[Round], Gathered]
    config: type[Any]
    train: Callable[[RunDir, Any, StopWatch], Result]
    settings: Callable[[Round], dict[str, Any]]
    reads: str = ""


def train_rounds(run: RunDir, config: Any, stop: StopWatch, kind: RoundKind) -> Result:
    """Go through the rounds, or go on where an earlier attempt was."""
    run.append_progress({"step": 0, "phase": "loading", "metrics": {}})
    config = replace(config, dataset=str(dataset_folder(config.dataset, run.path)))
    first = Round(run=run, config=config, stop=stop, number=0, policy=config.model, before=0)
    if _figures(first) is None:
        check_inputs(config, kind.reads)
    found = _figures(first) or _begin(first)
    policy = config.model
    for number in range(1, config.rounds + 1):
        stop.check()
        one = Round(
            run=run, config=config, stop=stop, number=number, policy=policy, before=found["step"]
        )
        found = _figures(one) or _go_round(one, kind)
        _tidy(one)
        policy = str((run.checkpoints_path / found["checkpoint"]).resolve())
    chosen = run.best_checkpoint() or run.latest_checkpoint()
    return {
        "state": "done",
        "metrics": chosen.metrics if chosen else {},
        "checkpoint": chosen.name if chosen else None,
        "outputs": {
            "data_report": "data_report.json",
            "responses": f"outputs/round-{config.rounds:02d}/responses.jsonl",
        },
    }


def check_inputs(config: Any, reads: str) -> None:
    """Refuse now what would only be found out after a round of sampling and judging."""
    if reads and not (Path(config.dataset) / reads / "train.parquet").is_file():
        raise DataError(
            f"dataset {config.dataset} has no {reads} records: export them, or name another"
            " directory."
        )
    for name in filter(None, map(str.strip, f"{config.reward_model},{config.others}".split(","))):
        source = resolve_model(name)
        if Path(source).is_dir() and not is_reward_model(source):
            raise ModelError(f"model {name} is a policy without scores: name a reward model.")
    loaded = load_policy(config.model)
    choose_template(config, loaded)
    if config.chat_template == "plain" and loaded.has_template:
        raise ConfigError(
            "chat_template is plain, but responses are sampled with the model's own: take own."
        )
    prepare_training(
        loaded.model,
        tuning=config.tuning,
        rank=config.lora_rank,
        alpha=config.lora_alpha,
        targets=config.lora_targets,
        freeze_fraction=config.freeze_fraction,
        reward_head=False,
    )


def round_prompts(one: Round) -> Prompts:
    """The training prompts whose turn it is: all, or the next ones in an order of the seed."""
    prompts = _prompts(Path(one.config.dataset), "train")
    count = one.config.prompts_per_round
    if not count or count >= len(prompts):
        return prompts
    names = list(prompts)
    order = np.random.default_rng(one.config.seed).permutation(len(names)).tolist()
    start = (one.number - 1) * count
    chosen = [names[order[(start + k) % len(names)]] for k in range(count)]
    return {name: prompts[name] for name in chosen}


def _figures(one: Round) -> dict[str, Any] | None:
    """What a finished round came to; None for one that is not finished."""
    return read_object(one.output / FIGURES)


def _begin(first: Round) -> dict[str, Any]:
    """Measure the policy that the first round starts from."""
    metrics = _measure(first, first.policy)
    figures = {"step": 0, "metrics": metrics}
    first.output.mkdir(parents=True, exist_ok=True)
    _tell(first, 0, metrics)
    write_json(first.output / FIGURES, figures)
    return figures


def _go_round(one: Round, kind: RoundKind) -> dict[str, Any]:
    gathered = kind.gather(one)
    if not gathered.rows:
        raise DataError(
            f"Nothing is left to learn from in round {one.number}: sample more (n), or keep more."
        )
    write_lines(one.output / "responses.jsonl", gathered.lines)
    write_dataset(
        one.output / "dataset",
        gathered.kind,
        gathered.rows,
        judge=judged_by(one.config),
        held_out=Path(one.config.dataset),
    )
    settings = {
        "model": one.policy,
        "dataset": str((one.output / "dataset").resolve()),
        "data": gathered.kind.config,
        "seed": one.seed,
        "samples": 0,  # the same held-out prompts are answered after every round, for all kinds
    }
    stage = one.stage("learned")
    learning = stage_config(kind.config, one.config, settings | kind.settings(one))
    gc.collect()  # models lie in cycles: let those go that have sampled and judged
    learned = run_stage(stage, learning, kind.train, one.stop)
    shutil.copyfile(stage.path / "data_report.json", one.run.path / "data_report.json")
    checkpoint = next(c for c in stage.checkpoints() if c.name == learned["checkpoint"])
    held_out = _measure(one, str(checkpoint.path.resolve()))
    metrics = gathered.figures | held_out | {"round": one.number}
    published = _publish(one, checkpoint, metrics)
    figures = {"step": published.step, "checkpoint": published.name, "metrics": metrics}
    _tell(one, published.step, metrics)  # killed here, it is told again: later lines count
    write_json(one.output / FIGURES, figures)
    return figures


def _measure(one: Round, policy: str) -> dict[str, Any]:
    """Reward, length and drift of a policy's answers to held-out prompts, the same every time.

    Without a held-out split the prompts are those of training, and the figures are called so. The
    drift is a KL only where responses are drawn as the policy has them.
    """
    config = one.config
    split = held_out_split(Path(config.dataset))
    found = _prompts(Path(config.dataset), split or "train")
    as_it_is = config.temperature == 1 and config.top_p == 1
    limit = config.evaluation_prompts or len(found)
    prompts = {name: found[name] for name in list(found)[:limit]}
    sampled = one.sample(
        "measured",
        prompts,
        policy=policy,
        n=1,
        seed=config.seed,
        reference=config.model if one.number and as_it_is else "",
    )
    asked = [(line["prompt"], {number: line["response"]}) for number, line in enumerate(sampled)]
    cut = {number for number, line in enumerate(sampled) if not line["finished"]}
    rewards = one.judge("measured_rewards", asked, cut)
    figures = {"reward": sum(rewards.values()) / max(1, len(rewards)), **means(sampled)}
    prefix = "held_out" if split else "train"
    named = {f"{prefix}_{name}": value for name, value in figures.items()}
    return named | {"held_out_split": split or None}


def _prompts(dataset: Path, split: str) -> dict[str, list[Message]]:
    """The messages of a split's prompts by name, each once."""
    return {prompt.id: prompt.messages for prompt in dataset_prompts(dataset, split)}


def _publish(one: Round, learned: Checkpoint, metrics: dict[str, Any]) -> Checkpoint:
    """The stage's best weights as the run's checkpoint; held-out reward decides which is best."""
    step = one.before + max(c.step for c in one.stage("learned").checkpoints())

    def write(folder: Path) -> None:
        for file in learned.path.iterdir():
            if file.name not in TEMPORARY:
                shutil.copy2(file, folder / file.name)
        about = read_object(learned.path / ABOUT) or {}
        if "relative_base" in about:
            base = one.folder / "learned" / "base"
            about["relative_base"] = os.path.relpath(base, one.run.checkpoints_path / "step")
        about |= {
            "base_model": one.config.model,
            "starting_model": resolve_model(one.config.model),
            "dataset": one.config.dataset,
            "reward_model": one.config.reward_model,
            "trainer": one.config.trainer,
            "round": one.number,
        }
        write_json(folder / ABOUT, about)
        write_card(folder, run=one.run.path.name, config=one.config, step=step, metrics=metrics)

    return one.run.write_checkpoint(
        step=step, metrics=metrics, score=metrics.get("held_out_reward"), write=write
    )


def _tell(one: Round, step: int, metrics: dict[str, Any]) -> None:
    """The figures, and some of the answers they come from, beside the curves."""
    written, _ = read_lines(one.stage("measured").outputs_path / "responses.jsonl", 0)
    for line in written[: one.config.samples]:
        answer = line["response"][0]["content"]
        one.run.append_samples({"step": step, "prompt": line["prompt"], "response": answer})
    one.run.append_progress(
        {"step": step, "total_steps": step, "phase": "evaluating", "metrics": metrics}
    )
    for path in (one.run.progress_path, one.run.samples_path):
        synced_size(path)  # on disk before the file that says it has been told


def _tidy(one: Round) -> None:
    """Remove what takes space and is written elsewhere, and bases that no checkpoint stands on.

    A later round may be under way: its base stays, for no checkpoint of the run stands on it yet.
    """
    stage = one.stage("learned")
    shutil.rmtree(stage.checkpoints_path, ignore_errors=True)
    for file in stage.path.glob("*.safetensors"):
        file.unlink()
    needed = set()
    for checkpoint in one.run.checkpoints():
        about = read_object(checkpoint.path / ABOUT) or {}
        needed.add((checkpoint.path / about.get("relative_base", "none")).resolve())
    for number in range(1, one.number + 1):
        base = replace(one, number=number).stage("learned").path / "base"
        if base.is_dir() and base.resolve() not in needed:
            shutil.rmtree(base)
