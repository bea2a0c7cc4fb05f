"""TRL's side of the benchmark `ppo`: its PPOTrainer, run by a Python that has the version wanted.

`PYTHON -m bench.ppo_trl CASE` with the case as JSON; prints a JSON line per step. Set up for a CPU:
fp32 and no gradient checkpointing, whose defaults are meant for big models on a GPU and would cost
it time here. It keeps four models: the policy (its reference is the policy without adapters where
it has them), the critic that starts from the reward model, and the reward model.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
import warnings
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

RANK, ALPHA = 16, 32


@dataclass(frozen=True)
class Case:
    """``prompts`` are a JSONL file; each is answered ``n`` times, ``batch`` of them in a step."""

    model: str
    reward_model: str
    prompts: str
    batch: int
    n: int
    response: int
    steps: int
    epochs: int
    tuning: str
    learning_rate: float
    threads: int


class Clock:
    """When the phases of a step began and ended."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print is not for the benchmark
        self.began = self.generated = self.scored = 0.0
        self.tokens = 0.0

    def step_ended(self) -> None:
        """Say what the step was like."""
        ended = time.perf_counter()
        words = {
            "seconds_generate": self.generated - self.began,
            "seconds_score": self.scored - self.generated,
            "seconds_learn": ended - self.scored,
            "seconds": ended - self.began,
            "length": self.tokens,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(words), file=self._out, flush=True)


def take_part(case: Case) -> None:
    """Train for the case's steps."""
    clock = Clock()
    os.environ.update({"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TQDM_DISABLE": "1"})
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"  # that it is experimental is known
    warnings.simplefilter("ignore", FutureWarning)  # libraries among themselves
    import torch
    from trl.experimental.ppo import ppo_trainer

    if case.threads:
        torch.set_num_threads(case.threads)
    with tempfile.TemporaryDirectory(prefix="accord-bench-") as folder:
        trainer, end = _trainer(case, Path(folder), clock)
        generate, whiten = ppo_trainer.batch_generation, ppo_trainer.masked_whiten

        def generation(model: Any, queries: Any, *others: Any) -> Any:
            clock.began = time.perf_counter()
            made = generate(model, queries, *others)
            clock.generated = time.perf_counter()
            ends = (made[0][:, queries.shape[1] :] == end).int()
            lengths = torch.where(ends.any(1), ends.argmax(1) + 1, ends.shape[1])
            clock.tokens = float(lengths.float().mean())
            return made

        def whitened(*given: Any, **named: Any) -> Any:
            # The advantages, the last thing before it learns: rewards are not whitened here.
            made = whiten(*given, **named)
            clock.scored = time.perf_counter()
            return made

        with (
            patch.object(ppo_trainer, "batch_generation", generation),
            patch.object(ppo_trainer, "masked_whiten", whitened),
        ):
            trainer.train()


def _trainer(case: Case, folder: Path, clock: Clock) -> tuple[Any, int]:
    """The trainer, and the end token of its responses."""
    from transformers import PrinterCallback, TrainerCallback
    from trl.experimental.ppo import PPOTrainer

    from training.trainers.models.model_loading import load_policy, load_reward_model

    class Told(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.step_ended()

    policy = load_policy(case.model)
    reward = load_reward_model(case.reward_model, new_head=False, head_weights="").model
    policy.model.generation_config.pad_token_id = policy.tokenizer.pad_token_id
    policy.tokenizer.padding_side = "left"
    trainer = PPOTrainer(
        args=_settings(case, folder),
        processing_class=policy.tokenizer,
        model=policy.model,
        ref_model=None,
        reward_model=reward,
        value_model=deepcopy(reward),
        train_dataset=_prompts(case, policy.tokenizer),
        peft_config=_adapters() if case.tuning == "lora" else None,
        callbacks=[Told()],
    )
    trainer.callback_handler.remove_callback(PrinterCallback)
    trainer.log = lambda *given: None
    return trainer, policy.tokenizer.eos_token_id


def _prompts(case: Case, tokenizer: Any) -> Any:
    """The prompts as tokens by the model's template, each as often as it is answered."""
    from datasets import Dataset

    from training.trainers.data.chat_text import ChatText

    text = ChatText(tokenizer)
    rows = [json.loads(line)["prompt"] for line in Path(case.prompts).read_text().splitlines()]
    tokens = [text.prompt_tokens([{"role": "user", "content": row}]) for row in rows]
    return Dataset.from_list([{"input_ids": one} for one in tokens for _ in range(case.n)])


def _settings(case: Case, folder: Path) -> Any:
    from trl.experimental.ppo import PPOConfig

    return PPOConfig(
        output_dir=str(folder), per_device_train_batch_size=case.batch * case.n,
        gradient_accumulation_steps=1, num_mini_batches=1, num_ppo_epochs=case.epochs,
        total_episodes=case.batch * case.n * case.steps, response_length=case.response,
        stop_token="eos", temperature=1.0, missing_eos_penalty=1.0, kl_coef=0.05,
        learning_rate=case.learning_rate, num_sample_generations=0, whiten_rewards=False,
        bf16=False, gradient_checkpointing=False, save_strategy="no", eval_strategy="no",
        report_to="none", disable_tqdm=True, use_cpu=True, dataloader_pin_memory=False, seed=0,
    )  # fmt: skip


def _adapters() -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules="all-linear",
        task_type="CAUSAL_LM",
    )  # fmt: skip


if __name__ == "__main__":
    take_part(Case(**json.loads(sys.argv[1])))
