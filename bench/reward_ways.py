"""One way of training a reward model on rankings, in a process by itself: `... WAY TASK`.

Ways are `kway` (Accord), `unshared` (Accord with a row per response) and `trl` (RewardTrainer on
all decided pairs). TASK is JSON; printed are the seconds of each step after the first, the peak of
memory and the held-out comparisons that came out right. All train every weight in fp32 with AdamW,
the same rates, and the pairs of as many prompts in each step.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from bench.ranked_answers import PAIRS
from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.record_datasets import Example, RecordReader
from training.trainers.loop import starting
from training.trainers.loop.command_line import StopWatch, prepare_machine
from training.trainers.models.model_loading import LoadedModel, load_reward_model
from training.trainers.reward_model import train_reward_model

WARMUP = 0.1
Moment = tuple[float, float]
"""When a step ended, and the most memory in MB that had been resident until then."""
Trained = tuple[list[Moment], float, LoadedModel | None]
"""Each step's end, how many prompts a step saw, and the model where it is to be judged."""


class TimedRun(RunDir):
    """A run directory that notes when each step ended, before any checkpoint is written."""

    moments: list[Moment]

    def append_progress(self, record: dict[str, Any]) -> None:
        """Append as ever."""
        super().append_progress(record)
        if record["phase"] == "training":
            self.moments.append(moment())


def moment() -> Moment:
    """Now, with the peak of memory so far."""
    return time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(way: str, task: dict[str, Any]) -> dict[str, Any]:
    """Train one way and say what it took."""
    with tempfile.TemporaryDirectory(prefix="reward-") as folder:
        trained = flattened if way == "trl" else accord
        moments, prompts, loaded = trained(Path(folder), way, task)
        return {
            "seconds": np.diff([moment for moment, _ in moments]).tolist(),
            "prompts_per_step": prompts,
            "peak_mb": moments[-1][1],
            "right": right(loaded, task) if task["judge"] else None,
        }


def accord(folder: Path, way: str, task: dict[str, Any]) -> Trained:
    """The trainer as it is; without sharing it is told that this model's rows may not be shared."""
    directory = TimedRun(folder / "run")
    directory.moments = []
    config = _config(task)
    directory.create(config.as_dict())
    apart = patch.object(starting, "why_not_shared", lambda *_: "measured without")
    with apart if way == "unshared" else nullcontext():
        train_reward_model(directory, config, StopWatch(directory))
    loaded = load_reward_model(str(directory.path), new_head=False) if task["judge"] else None
    return directory.moments, task["batch_size"], loaded


def flattened(folder: Path, way: str, task: dict[str, Any]) -> Trained:
    """TRL's trainer on pairs that are tokenized already; the six of a prompt in a forward pass."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl.trainer.reward_config import RewardConfig
    from trl.trainer.reward_trainer import RewardTrainer

    prepare_machine(_config(task))
    loaded = load_reward_model(task["model"], new_head=True)
    examples = _examples(loaded, task, "train")
    rows = [
        {
            "chosen_ids": e.prompt + e.responses[c.better],
            "rejected_ids": e.prompt + e.responses[c.worse],
        }
        for e in examples
        for c in e.comparisons
        if c.decided
    ]
    moments: list[Moment] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            moments.append(moment())

    settings = RewardConfig(
        output_dir=str(folder), seed=task["seed"], learning_rate=task["learning_rate"],
        lr_scheduler_type="linear", warmup_steps=WARMUP, weight_decay=0.0, max_grad_norm=1.0,
        per_device_train_batch_size=len(PAIRS), gradient_accumulation_steps=task["batch_size"],
        num_train_epochs=task["epochs"], max_steps=task["steps"] or -1, max_length=None,
        bf16=False, use_cpu=True, activation_checkpointing=False, logging_strategy="no",
        save_strategy="no", eval_strategy="no", report_to=[], disable_tqdm=True,
        dataloader_pin_memory=False,
    )  # fmt: skip
    RewardTrainer(
        model=loaded.model,
        args=settings,
        train_dataset=Dataset.from_list(rows),
        processing_class=loaded.tokenizer,
        callbacks=[Clock()],
    ).train()
    pairs_of_a_step = len(PAIRS) * task["batch_size"]
    return moments, pairs_of_a_step * len(examples) / len(rows), loaded


@torch.no_grad()
def right(loaded: LoadedModel | None, task: dict[str, Any]) -> list[float]:
    """Of each held-out prompt the share of decided comparisons that came out right.

    Scores are those of transformers' own forward pass on plain rows, for every way alike.
    """
    if loaded is None:
        return []
    model = loaded.model.eval()
    found = []
    for example in _examples(loaded, task, "validation"):
        rows = [example.prompt + response for response in example.responses]
        scores = _plain_scores(model, loaded.tokenizer, rows)
        hits = [scores[c.better] > scores[c.worse] for c in example.comparisons if c.decided]
        if hits:
            found.append(float(np.mean(hits)))
    return found


def _plain_scores(model: Any, tokenizer: Any, rows: Sequence[list[int]]) -> list[float]:
    padded = tokenizer.pad({"input_ids": list(rows)}, return_tensors="pt", padding_side="right")
    scores: list[float] = model(**padded).logits.squeeze(-1).tolist()
    return scores


def _examples(loaded: LoadedModel, task: dict[str, Any], split: str) -> list[Example]:
    reader = RecordReader(
        task["data"], ChatText(loaded.tokenizer), max_length=task["max_length"], data="ranking"
    )
    return reader.examples(split)


def _config(task: dict[str, Any]) -> RewardModelConfig:
    return RewardModelConfig.from_dict(
        {
            "dataset": task["data"], "model": task["model"], "seed": task["seed"],
            "tuning": "full", "batch_size": task["batch_size"], "epochs": task["epochs"],
            "max_steps": task["steps"], "max_length": task["max_length"],
            "learning_rate": task["learning_rate"], "head_learning_rate": task["learning_rate"],
            "warmup_fraction": WARMUP, "evaluate_every": 0, "checkpoint_every": 10**9,
            "threads": task["threads"], "device": "cpu", "precision": "fp32",
        }
    )  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], json.loads(sys.argv[2]))))
