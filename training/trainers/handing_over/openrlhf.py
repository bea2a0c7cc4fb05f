"""A run's settings as options of OpenRLHF 0.11.0, `openrlhf.cli.train_ppo_ray`.

Names and meanings are from that version's source; what it has no option for is listed in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from training.durable_files import write_lines
from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_files import Prompt
from training.trainers.data.prompt_rows import with_instruction
from training.trainers.handing_over.plan import Plan, Target, Value, said, steps_in_epochs

VERSION = "0.11.0"
COMMAND = ("python3", "-m", "openrlhf.cli.train_ppo_ray")
FLAGS = (
    "data.apply_chat_template", "actor.gradient_checkpointing_enable", "ckpt.save_hf",
    "train.colocate_all", "vllm.enable_sleep", "ds.enable_sleep",
)  # fmt: skip


def write_prompts(folder: Path, split: str, prompts: Sequence[Prompt], instruction: str) -> Path:
    """A JSONL file of messages and known answers; the model's template is applied there."""
    path = folder / f"{split}.jsonl"
    write_lines(
        path,
        [
            {
                "prompt": with_instruction(prompt.messages, instruction),
                "reference": prompt.reference or "",
                "datasource": "accord",
            }
            for prompt in prompts
        ],
    )
    return path


def options(config: PpoConfig, plan: Plan) -> list[str]:
    """The words after the command."""
    found = _work(config, plan) | _learning(config) | _rewards(config, plan) | _places(plan)
    if config.tuning == "lora":
        found |= {"ds.lora.rank": config.lora_rank, "ds.lora.alpha": round(config.lora_alpha)}
    words = [word for name, value in found.items() for word in (f"--{name}", said(value))]
    if config.tuning == "lora" and config.lora_targets != "all-linear":
        words += ["--ds.lora.target_modules", *_names(config.lora_targets)]
    if config.reward_clip:
        words += ["--reward.clip_range", said(-config.reward_clip), said(config.reward_clip)]
    return words + [f"--{flag}" for flag in FLAGS]


def _work(config: PpoConfig, plan: Plan) -> dict[str, Value]:
    """Data, sampling, and how much of it makes a step."""
    samples = config.batch_size * config.n
    return {
        "data.prompt_dataset": "train.jsonl",
        "data.input_key": "prompt",
        "data.label_key": "reference",
        "data.max_len": config.max_prompt_tokens + config.max_new_tokens,
        "rollout.max_new_tokens": config.max_new_tokens,
        "rollout.batch_size": config.batch_size,
        "rollout.n_samples_per_prompt": config.n,
        "rollout.temperature": config.temperature,
        "rollout.micro_batch_size": max(1, samples // (8 * plan.devices)),
        "train.batch_size": samples // config.minibatches,
        "train.micro_batch_size": max(1, samples // (8 * config.minibatches * plan.devices)),
        "train.max_epochs": config.update_epochs,
        "train.num_episodes": math.ceil(steps_in_epochs(config, plan.prompts)),
        "train.seed": config.seed,
    }


def _learning(config: PpoConfig) -> dict[str, Value]:
    """Optimisers, clipping, advantages and the KL."""
    found: dict[str, Value] = {
        "actor.model_name_or_path": "policy",
        "actor.adam.lr": config.learning_rate,
        "actor.adam.weight_decay": config.weight_decay,
        "actor.lr_warmup_ratio": config.warmup_fraction,
        "actor.max_norm": config.max_grad_norm,
        "actor.eps_clip": config.clip_range,
        "critic.adam.lr": config.critic_rate,
        "critic.lr_warmup_ratio": config.warmup_fraction,
        "critic.max_norm": config.max_grad_norm,
        "critic.value_clip": config.value_clip_range,
        "algo.advantage.estimator": "gae",
        "algo.advantage.gamma": config.gamma,
        "algo.advantage.lambd": config.gae_lambda,
        "algo.kl.estimator": "k1",
        "algo.kl.init_coef": config.kl_coefficient,
    }
    if config.critic_warmup_steps:
        found["critic.freezing_steps"] = config.critic_warmup_steps
    if config.entropy_coefficient:
        found["actor.entropy_coef"] = config.entropy_coefficient
    return found


def _rewards(config: PpoConfig, plan: Plan) -> dict[str, Value]:
    """What rewards, and what the critic begins as."""
    found: dict[str, Value] = (
        {"reward.remote_url": "reward.py"}
        if plan.rules
        else {"reward.model_name_or_path": "reward_model"}
    )
    if config.critic_start == "policy":
        found["critic.model_name_or_path"] = "policy"
    return found


def _places(plan: Plan) -> dict[str, Value]:
    """All models on all GPUs, in turns with generation."""
    places = ("actor", "ref", "critic") if plan.rules else ("actor", "ref", "critic", "reward")
    machines = {f"{place}.num_nodes": plan.machines for place in places}
    gpus = {f"{place}.num_gpus_per_node": plan.gpus for place in places}
    return {
        **machines,
        **gpus,
        "ds.param_dtype": "bf16",
        "ds.zero_stage": 3,
        "vllm.num_engines": plan.devices,
        "vllm.gpu_memory_utilization": 0.5,
        "ckpt.output_dir": "trained",
        "ckpt.path": "checkpoints",
    }


def differences(config: PpoConfig, plan: Plan) -> list[str]:
    """What will not be as it was here, a sentence each."""
    found = [
        "The learning rate falls along a cosine to a tenth of its peak, not linearly to 0.",
        "Training goes by whole passes over the prompts (train.num_episodes).",
    ]
    if not plan.rules and config.missing_eos_penalty:
        found.append(
            "A response that is cut is not punished: --reward.stop_properly_penalty_coef sets its"
            " reward instead of lowering it."
        )
    if config.reward_normalisation != "none":
        found.append("Rewards are not normalised: --reward.normalize_enable does it another way.")
    return found


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


TARGET = Target(
    name="openrlhf",
    title=f"OpenRLHF {VERSION}",
    command=COMMAND,
    write_prompts=write_prompts,
    options=options,
    differences=differences,
)
