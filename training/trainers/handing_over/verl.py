"""A run's settings as overrides of verl 0.7.0's configuration, `verl.trainer.main_ppo`.

Names and meanings are from that version's source; what it has no option for is listed in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_files import Prompt
from training.trainers.data.prompt_rows import with_instruction
from training.trainers.handing_over.plan import Plan, Target, Value, said, steps_in_epochs

VERSION = "0.7.0"
COMMAND = ("python3", "-m", "verl.trainer.main_ppo")
SOURCE = "accord"


def write_prompts(folder: Path, split: str, prompts: Sequence[Prompt], instruction: str) -> Path:
    """A Parquet file of messages and known answers."""
    rows = [
        {
            "data_source": SOURCE,
            "prompt": with_instruction(prompt.messages, instruction),
            "ability": "",
            "reward_model": {"style": "rule", "ground_truth": prompt.reference or ""},
            "extra_info": {"split": split, "index": number, "id": prompt.id},
        }
        for number, prompt in enumerate(prompts)
    ]
    path = folder / f"{split}.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def options(config: PpoConfig, plan: Plan) -> list[str]:
    """The words after the command."""
    found = (
        _work(config, plan)
        | _actor(config)
        | _critic_and_advantages(config, plan)
        | (_rules() if plan.rules else _reward_model(config))
        | _trainer(config, plan)
    )
    return [f"{name}={said(value)}" for name, value in found.items()]


def _work(config: PpoConfig, plan: Plan) -> dict[str, Value]:
    """Data and sampling."""
    return {
        "data.train_files": "train.parquet",
        "data.val_files": "test.parquet" if plan.held_out else "train.parquet",
        "data.train_batch_size": config.batch_size,
        "data.max_prompt_length": config.max_prompt_tokens,
        "data.max_response_length": config.max_new_tokens,
        "data.filter_overlong_prompts": True,
        "data.seed": config.seed,
        "actor_rollout_ref.rollout.name": "vllm",
        "actor_rollout_ref.rollout.n": config.n,
        "actor_rollout_ref.rollout.temperature": config.temperature,
        "actor_rollout_ref.rollout.tensor_model_parallel_size": 1,
        "actor_rollout_ref.rollout.gpu_memory_utilization": 0.5,
    }


def _actor(config: PpoConfig) -> dict[str, Value]:
    """The policy and how it learns."""
    model, actor = "actor_rollout_ref.model", "actor_rollout_ref.actor"
    found: dict[str, Value] = {
        f"{model}.path": "policy",
        f"{model}.enable_gradient_checkpointing": True,
        f"{actor}.optim.lr": config.learning_rate,
        f"{actor}.optim.lr_warmup_steps_ratio": config.warmup_fraction,
        f"{actor}.optim.weight_decay": config.weight_decay,
        f"{actor}.grad_clip": config.max_grad_norm,
        f"{actor}.ppo_mini_batch_size": config.batch_size // config.minibatches,
        f"{actor}.use_dynamic_bsz": True,
        f"{actor}.ppo_epochs": config.update_epochs,
        f"{actor}.clip_ratio": config.clip_range,
        f"{actor}.clip_ratio_low": config.clip_range,
        f"{actor}.clip_ratio_high": config.clip_range,
        f"{actor}.entropy_coeff": config.entropy_coefficient,
        f"{actor}.use_kl_loss": False,
    }
    if config.tuning == "lora":
        found |= {
            f"{model}.lora_rank": config.lora_rank,
            f"{model}.lora_alpha": round(config.lora_alpha),
            f"{model}.target_modules": _targets(config.lora_targets),
            "actor_rollout_ref.rollout.load_format": "safetensors",
        }
    return found


def _critic_and_advantages(config: PpoConfig, plan: Plan) -> dict[str, Value]:
    """The critic, the KL in the reward, and how rewards spread back."""
    return {
        "critic.model.path": "policy" if plan.critic_is_policy else "reward_model",
        "critic.optim.lr": config.critic_rate,
        "critic.optim.lr_warmup_steps_ratio": config.warmup_fraction,
        "critic.optim.weight_decay": config.weight_decay,
        "critic.grad_clip": config.max_grad_norm,
        "critic.cliprange_value": config.value_clip_range,
        "algorithm.adv_estimator": "gae",
        "algorithm.gamma": config.gamma,
        "algorithm.lam": config.gae_lambda,
        "algorithm.use_kl_in_reward": True,
        "algorithm.kl_penalty": "kl",
        "algorithm.kl_ctrl.type": "fixed",
        "algorithm.kl_ctrl.kl_coef": config.kl_coefficient,
    }


def _rules() -> dict[str, Value]:
    return {
        "custom_reward_function.path": "reward.py",
        "custom_reward_function.name": "compute_score",
    }


def _reward_model(config: PpoConfig) -> dict[str, Value]:
    return {
        "reward_model.enable": True,
        "reward_model.model.path": "reward_model",
        "reward_model.use_reward_loop": True,
        "reward_model.rollout.name": "vllm",
        "reward_model.rollout.tensor_model_parallel_size": 1,
        "reward_model.rollout.prompt_length": config.max_prompt_tokens,
        "reward_model.rollout.response_length": config.max_new_tokens,
    }


def _trainer(config: PpoConfig, plan: Plan) -> dict[str, Value]:
    """Length, places, checkpoints."""
    found: dict[str, Value] = {
        "trainer.critic_warmup": config.critic_warmup_steps,
        "trainer.total_epochs": math.ceil(steps_in_epochs(config, plan.prompts)),
        "trainer.nnodes": plan.machines,
        "trainer.n_gpus_per_node": plan.gpus,
        "trainer.default_local_dir": "checkpoints",
        "trainer.project_name": SOURCE,
        "trainer.experiment_name": plan.run,
        "trainer.logger": '["console"]',
        "trainer.save_freq": config.checkpoint_every,
        "trainer.test_freq": config.evaluate_every if plan.held_out else -1,
        "trainer.val_before_train": plan.held_out,
    }
    if config.max_steps:
        found["trainer.total_training_steps"] = config.max_steps
    return found


def differences(config: PpoConfig, plan: Plan) -> list[str]:
    """What will not be as it was here, a sentence each."""
    found = ["The learning rate stays at its peak after the warm-up; here it falls to 0."]
    if config.missing_eos_penalty:
        found.append(
            "A response that is cut is not punished (missing_eos_penalty): rewards are computed"
            " from texts without special tokens."
        )
    if config.reward_normalisation != "none" or config.reward_clip:
        found.append("Rewards are neither normalised nor clipped.")
    return found


def _targets(text: str) -> str:
    names = [name.strip() for name in text.split(",")]
    return text if text == "all-linear" else f"[{','.join(names)}]"


TARGET = Target(
    name="verl",
    title=f"verl {VERSION}",
    command=COMMAND,
    write_prompts=write_prompts,
    options=options,
    differences=differences,
)
