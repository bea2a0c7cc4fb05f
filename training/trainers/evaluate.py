"""Measures how often a reward model or a policy agrees with held-out preferences.

Writes RUN/outputs/report.json with intervals over prompts, baselines and breakdowns. Run it with
`python -m training.trainers.evaluate RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from training.durable_files import write_json
from training.run_dir import RunDir
from training.trainers.chat_text import ChatText
from training.trainers.command_line import Result, StopWatch, main, prepare_machine
from training.trainers.config_fields import ConfigError
from training.trainers.configs import EvaluateConfig
from training.trainers.labelled_prompts import DataError
from training.trainers.model_loading import (
    LoadedModel,
    checkpoint_about,
    is_reward_model,
    load_policy,
    load_reward_model,
    resolve_model,
    working_dtype,
)
from training.trainers.pair_accuracy import accuracy_figures, breakdown, verdict
from training.trainers.record_datasets import Example, RecordReader
from training.trainers.reward_model import batches_by_length, outcomes_by_example
from training.trainers.shared_prompt import (
    SharedBatch,
    lay_out,
    response_logps,
    response_scores,
    why_not_shared,
)

Score = Callable[[Any, SharedBatch], Tensor]
BREAKDOWNS = ("strength", "language", "kind")


def evaluate(run: RunDir, config: EvaluateConfig, stop: StopWatch) -> Result:
    """Score the split's responses, compare with its labels, write the report."""
    device = prepare_machine(config)
    run.append_progress({"step": 0, "phase": "loading", "metrics": {}})
    source = resolve_model(config.model)
    scoring, reference = _scoring(config, source)
    dtype = working_dtype(config, device)
    if scoring == "reward":
        loaded = load_reward_model(source, dtype=dtype, new_head=False)
    else:
        loaded = load_policy(source, dtype=dtype)
    reader, split, examples = _read(config, loaded)
    passes = 2 if scoring == "implicit" else 1
    scorer = _Scorer(run, config, stop, examples, passes)
    score: dict[str, Score] = {
        "reward": response_scores,
        "implicit": response_logps,
        "likelihood": lambda model, batch: response_logps(model, batch) / batch.lengths,
    }
    values = scorer.run_pass(loaded, score[scoring], device)
    if scoring == "implicit":
        del loaded
        values = values - scorer.run_pass(
            load_policy(reference, dtype=dtype), response_logps, device
        )
    outcomes = outcomes_by_example(scorer.examples, values.tolist())
    figures = accuracy_figures(outcomes, resamples=config.resamples)
    report = {
        "model": config.model,
        "scoring": scoring,
        "reference": reference or None,
        "split": split,
        "verdict": verdict(figures),
        "overall": figures,
        "data": reader.report(),
    } | {f"by_{field}": breakdown(outcomes, field) for field in BREAKDOWNS}
    run.outputs_path.mkdir(parents=True, exist_ok=True)
    write_json(run.outputs_path / "report.json", report)
    return {
        "state": "done",
        "metrics": figures | {"verdict": verdict(figures), "split": split, "scoring": scoring},
        "checkpoint": None,
        "outputs": {"report": "outputs/report.json"},
    }


def _scoring(config: EvaluateConfig, source: str) -> tuple[str, str]:
    """How to score, and the reference model where one is needed."""
    about = checkpoint_about(source)
    reference = config.reference or str(about.get("starting_model", ""))
    scoring = config.scoring
    if scoring == "auto":
        scoring = "reward" if is_reward_model(source) else "implicit" if reference else "likelihood"
    if scoring == "implicit" and not reference:
        raise ConfigError(
            "reference is empty and the model does not name its starting model: give it, or set"
            " scoring to likelihood."
        )
    return scoring, reference if scoring == "implicit" else ""


def _read(config: EvaluateConfig, loaded: LoadedModel) -> tuple[RecordReader, str, list[Example]]:
    reader = RecordReader(
        config.dataset, ChatText(loaded.tokenizer), max_length=config.max_length, data="preference"
    )
    split = config.split
    if split == "test" and not reader.has("test"):
        split = "validation"
    examples = [
        example
        for example in reader.examples(split, limit=config.limit)
        if any(c.decided for c in example.comparisons)
    ]
    if not examples:
        raise DataError(f"The split {split} has no decided pair: choose another split.")
    return reader, split, examples


class _Scorer:
    """Runs models over the examples, longest first, and notes progress."""

    def __init__(
        self,
        run: RunDir,
        config: EvaluateConfig,
        stop: StopWatch,
        examples: Sequence[Example],
        passes: int,
    ) -> None:
        self.run, self.stop = run, stop
        self.batches = batches_by_length(examples, config.batch_size)
        self.examples = [example for batch in self.batches for example in batch]
        self.total = passes * len(self.batches)
        self.done = 0

    @torch.no_grad()
    def run_pass(self, loaded: LoadedModel, score: Score, device: torch.device) -> Tensor:
        """Scores of all responses in the order of `examples`, fp32 [R]."""
        model = loaded.model.to(device)
        longest = max(example.longest for example in self.examples)
        shared = why_not_shared(model, longest) is None
        values = []
        for batch in self.batches:
            self.stop.check()
            laid = lay_out(
                [example.prompt for example in batch],
                [example.responses for example in batch],
                pad_id=loaded.tokenizer.pad_token_id,
                shared=shared,
            )
            values.append(score(model, laid.to(device)).cpu())
            self._note()
        return torch.cat(values)

    def _note(self) -> None:
        self.done += 1
        self.run.append_progress(
            {
                "step": self.done,
                "total_steps": self.total,
                "epoch": self.done / self.total,
                "phase": "evaluating",
                "metrics": {},
            }
        )


if __name__ == "__main__":
    sys.exit(main(EvaluateConfig, evaluate))
