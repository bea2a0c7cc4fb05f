"""The start of a training run: model, tokenizer and data made ready, checked and reported.

What the trainers of rewards and of policies have in common before their first step.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from training.durable_files import write_json
from training.run_dir import RunDir
from training.trainers.adapters import prepare_training
from training.trainers.chat_text import ChatText
from training.trainers.command_line import prepare_machine
from training.trainers.comparison_batches import LabelUse, usable
from training.trainers.configs import TINY_MODEL, OptimisationConfig
from training.trainers.labelled_prompts import HELD_OUT, DataError, read_texts
from training.trainers.model_loading import (
    LoadedModel,
    checkpoint_about,
    load_policy,
    load_reward_model,
    working_dtype,
    write_base,
)
from training.trainers.record_datasets import Example, RecordReader
from training.trainers.shared_prompt import why_not_shared
from training.trainers.tiny_model import make_tiny_model


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
    train: list[Example]
    held_out: list[Example]
    held_out_split: str
    use: LabelUse


def start_run(run: RunDir, config: OptimisationConfig, *, reward: bool) -> Start:
    """Load model and data, write RUN/data_report.json, refuse what would train on nonsense."""
    device = prepare_machine(config)
    run.append_progress({"step": 0, "phase": "loading", "metrics": {}})
    name = _model_name(run, config)
    checkpoint = run.latest_checkpoint()
    resumed = checkpoint.path if checkpoint else None
    loaded = _load(run, config, name, resumed, reward, device)
    text = ChatText(loaded.tokenizer)
    reader = RecordReader(
        config.dataset, text, max_length=_length_limit(config, loaded), data=config.data
    )
    use = LabelUse(
        label_weights=config.label_weights,
        learn_from_ties=config.learn_from_ties,
        margin_scale=config.margin_scale,
    )
    train = usable(reader.examples("train"), use)
    if not train:
        raise DataError("Every training comparison is a tie: set learn_from_ties, or label more.")
    split = next((s for s in HELD_OUT if reader.has(s)), "")
    held_out = reader.examples(split, limit=config.evaluation_prompts) if split else []
    model = loaded.model.to(device)
    longest = max(example.longest for example in [*train, *held_out])
    reason = why_not_shared(model, longest)
    write_json(run.path / "data_report.json", _report(reader, loaded, reason, split))
    model = prepare_training(
        model,
        tuning=config.tuning,
        rank=config.lora_rank,
        alpha=config.lora_alpha,
        targets=config.lora_targets,
        freeze_fraction=config.freeze_fraction,
        reward_head=reward,
    )
    if resumed is not None and config.tuning == "lora":
        _restore_adapters(model, resumed)
    return Start(
        model=model,
        tokenizer=loaded.tokenizer,
        device=device,
        base=loaded.base,
        starting_model=_starting_model(config, name, loaded, resumed),
        shared=reason is None,
        train=train,
        held_out=[example for example in held_out if any(c.decided for c in example.comparisons)],
        held_out_split=split,
        use=use,
    )


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
    loaded = (
        load_reward_model(name, dtype=dtype, new_head=True)
        if reward
        else load_policy(name, dtype=dtype)
    )
    if lora and loaded.base is None:
        loaded.base = write_base(loaded, base)
    return loaded


def _length_limit(config: OptimisationConfig, loaded: LoadedModel) -> int:
    text_config = loaded.model.config.get_text_config()
    positions = getattr(text_config, "max_position_embeddings", None) or config.max_length
    return min(config.max_length, positions)


def _report(
    reader: RecordReader, loaded: LoadedModel, reason: str | None, split: str
) -> dict[str, Any]:
    tokenizer = loaded.tokenizer
    return reader.report() | {
        "held_out_split": split or None,
        "pad_token": tokenizer.pad_token,
        "end_token": tokenizer.eos_token,
        "shared_prompt": reason is None,
        "why_not_shared": reason,
    }


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
