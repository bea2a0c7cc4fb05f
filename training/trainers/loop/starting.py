"""The start of a training run: model, tokenizer and data made ready, checked and reported.

What the trainers of rewards and of policies have in common before their first step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from training.durable_files import read_object, write_json
from training.run_dir import RunDir
from training.trainers.configs import (
    TINY_MODEL,
    OptimisationConfig,
    RewardedConfig,
    RewardModelConfig,
)
from training.trainers.data.chat_text import PLAIN_TEMPLATE, ChatText
from training.trainers.data.comparison_batches import LabelUse
from training.trainers.data.data_report import FILE, example_of, leakage, warnings_of
from training.trainers.data.labelled_prompts import read_texts
from training.trainers.data.preference_files import dataset_folder, left_out_of
from training.trainers.data.prompt_files import prompts_folder
from training.trainers.data.reading import Data, Reading, read_comparisons
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import prepare_machine
from training.trainers.models.adapters import prepare_training
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_loading import (
    LoadedModel,
    checkpoint_about,
    load_policy,
    load_reward_model,
    working_dtype,
)
from training.trainers.models.positions import within_positions
from training.trainers.models.saving import write_base
from training.trainers.models.tiny_model import make_tiny_model
from training.trainers.rewards.reward_heads import fit_heads, wanted_heads
from training.trainers.shared_prompt import Rows, why_not_shared


@dataclass
class Start:
    """Everything a learner needs. ``base`` is what adapters stand on; ``shared`` how rows are laid.

    ``starting_model`` names what the run began from, for implicit rewards later.
    """

    model: Any
    tokenizer: Any
    device: torch.device
    base: str | None
    starting_model: str
    shared: bool
    rows: Rows
    train: list[Example]
    held_out: list[Example]
    held_out_split: str
    use: LabelUse
    held_out_labelers: frozenset[str] = frozenset()


def start_run(
    run: RunDir,
    config: OptimisationConfig,
    *,
    reward: bool,
    read: Reading = read_comparisons,
) -> Start:
    """Load model and data, write RUN/data_report.json, refuse what would train on nonsense.

    ``read`` makes the examples: see `training.trainers.data.reading`.
    """
    device = prepare_machine(config)
    folder = _folder(run, config)
    config = replace(config, dataset=str(folder))
    run.recover()
    checkpoint = run.latest_checkpoint()
    run.truncate_to(checkpoint)
    run.append_progress(
        {"step": checkpoint.step if checkpoint else 0, "phase": "loading", "metrics": {}}
    )
    name = _model_name(run, config)
    resumed = checkpoint.path if checkpoint else None
    loaded = _load(run, config, name, resumed, reward, device)
    choose_template(config, loaded)
    limit = within_positions(loaded.model, config.longest)
    data = read(config, ChatText(loaded.tokenizer), limit)
    _note_left_out(data, left_out_of(folder))
    _settle_base(run, config, loaded, data)
    loaded.model = loaded.model.to(device)
    longest = max(example.longest for example in [*data.train, *data.held_out])
    reason = why_not_shared(loaded.model, longest)
    model = _learning(config, loaded, resumed, reward)
    before = read_object(run.path / FILE) if checkpoint else None
    write_json(run.path / FILE, _report(data, loaded, reason) | _measured_before(before))
    return Start(
        model=model,
        tokenizer=loaded.tokenizer,
        device=device,
        base=loaded.base,
        starting_model=_starting_model(config, name, loaded, resumed),
        shared=reason is None,
        rows=Rows(model, pad_id=loaded.tokenizer.pad_token_id, shared=reason is None),
        train=data.train,
        held_out=data.held_out,
        held_out_split=data.held_out_split,
        use=data.use,
        held_out_labelers=data.held_out_labelers,
    )


def _folder(run: RunDir, config: OptimisationConfig) -> Path:
    """The dataset directory: the one that is named, or the one that is made of plain files."""
    if isinstance(config, RewardedConfig) and config.prompts_file:
        return prompts_folder(config.prompts_file, run.path)
    return dataset_folder(config.dataset, run.path)


def _model_name(run: RunDir, config: OptimisationConfig) -> str:
    if config.model != TINY_MODEL:
        return config.model
    texts = read_texts(Path(config.dataset))
    return str(make_tiny_model(run.path / "base", texts, seed=config.seed))


def _load(
    run: RunDir,
    config: OptimisationConfig,
    name: str,
    resumed: Path | None,
    reward: bool,
    device: torch.device,
) -> LoadedModel:
    """Weights to begin from: full runs resume from their checkpoint, adapters from their base."""
    lora = config.tuning == "lora"
    base = run.path / "base"
    if resumed is not None and not lora:
        name = str(resumed)
    elif lora and base.is_dir():
        name = str(base)
    dtype = working_dtype(config, device) if lora else torch.float32
    if reward:
        return load_reward_model(name, dtype=dtype, new_head=True)
    return load_policy(name, dtype=dtype)


def _settle_base(run: RunDir, config: OptimisationConfig, loaded: LoadedModel, data: Data) -> None:
    """One head per criterion for a reward model; what adapters then stand on is kept on disk."""
    if isinstance(config, RewardModelConfig):
        wanted = wanted_heads(config.criteria, (example.criterion for example in data.train))
        if fit_heads(loaded.model, wanted):
            loaded.base = None
    if config.tuning == "lora" and loaded.base is None:
        # A tiny model lies in `base` already, without heads.
        base = run.path / "base"
        loaded.base = write_base(loaded, base.with_name("base-heads") if base.is_dir() else base)
        # A run that goes on loads the base without the draws that its making took: adapters begin
        # with the same ones either way.
        torch.manual_seed(config.seed)


def _note_left_out(data: Data, left_out: dict[str, int]) -> None:
    """Add what a plain file's rows lost on their way into a dataset directory."""
    report = data.report.get("splits", {}).get("train")
    if report and left_out:
        report["left_out"] = left_out | report["left_out"]


def _learning(
    config: OptimisationConfig, loaded: LoadedModel, resumed: Path | None, reward: bool
) -> Any:
    """The model with what learns marked, at the checkpoint that a run goes on from."""
    model = prepare_training(
        loaded.model,
        tuning=config.tuning,
        rank=config.lora_rank,
        alpha=config.lora_alpha,
        targets=config.lora_targets,
        freeze_fraction=config.freeze_fraction,
        reward_head=reward,
        gradient_checkpointing=config.gradient_checkpointing,
    )
    if resumed is not None and config.tuning == "lora":
        _restore_adapters(model, resumed)
    return model


def choose_template(config: OptimisationConfig, loaded: LoadedModel) -> None:
    """Refuse a model that was never taught to converse, unless plain lines are asked for."""
    if config.chat_template == "plain":
        loaded.tokenizer.chat_template = PLAIN_TEMPLATE
    elif not loaded.has_template:
        raise ModelError(
            f"model {config.model} has no chat template: take a model that converses, or set"
            " chat_template to plain, which writes User and Assistant lines."
        )


def _report(data: Data, loaded: LoadedModel, reason: str | None) -> dict[str, Any]:
    tokenizer = loaded.tokenizer
    report = data.report | {
        "held_out_split": data.held_out_split or None,
        "leakage": leakage(data.train, data.held_out),
        "pad_token": tokenizer.pad_token,
        "end_token": tokenizer.eos_token,
        "shared_prompt": reason is None,
        "why_not_shared": reason,
        "example": example_of(data.train, tokenizer),
    }
    return report | {"warnings": warnings_of(report)}


def _measured_before(report: dict[str, Any] | None) -> dict[str, Any]:
    """What was measured when the run began stays in the report of a run that goes on."""
    return {"estimate": report["estimate"]} if report and "estimate" in report else {}


def _restore_adapters(model: Any, checkpoint: Path) -> None:
    from peft import set_peft_model_state_dict

    weights = load_file(checkpoint / "adapter_model.safetensors")
    set_peft_model_state_dict(model, weights)


def _starting_model(
    config: OptimisationConfig, name: str, loaded: LoadedModel, resumed: Path | None
) -> str:
    """What plain loading gives the run's first weights again."""
    if resumed is not None:
        return str(checkpoint_about(str(resumed)).get("starting_model", name))
    return loaded.base if config.tuning == "lora" and loaded.base else name
