"""Passes of a model over examples: order, progress, and a stop between batches."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.data.record_datasets import Example
from training.trainers.evaluation.scoring_passes import ScoringPasses
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.models.model_loading import load_policy
from training.trainers.shared_prompt import SharedBatch, response_logps


def examples(count: int) -> list[Example]:
    rng = random.Random(0)
    return [
        Example(
            id=str(n), cluster=str(n), prompt=[3] * rng.randint(1, 9),
            responses=[[5] * rng.randint(1, 7) for _ in range(1 + n % 3)], chars=[],
            comparisons=[], messages=[],
        )
        for n in range(count)
    ]  # fmt: skip


def passes(tmp_path: Path, count: int) -> ScoringPasses:
    run = RunDir(tmp_path)
    run.create({})
    return ScoringPasses(run, examples(count), batch_size=3, passes=1, stop=StopWatch(run))


def lengths(model: object, batch: SharedBatch) -> Tensor:
    return batch.lengths


def test_values_come_back_by_example_in_their_order(tiny: Path, tmp_path: Path) -> None:
    made = passes(tmp_path, 8)
    found = made.score(load_policy(str(tiny)), lengths, torch.device("cpu"))
    assert [one.tolist() for one in found] == [
        [float(len(response)) for response in example.responses] for example in made.examples
    ]
    lines = made.run.read_progress()[0]
    assert [(line["step"], line["total_steps"]) for line in lines] == [(1, 3), (2, 3), (3, 3)]


def test_batches_do_not_change_the_values(tiny: Path, tmp_path: Path) -> None:
    loaded, cpu = load_policy(str(tiny)), torch.device("cpu")
    together = passes(tmp_path, 5).score(loaded, response_logps, cpu)
    for n, example in enumerate(examples(5)):
        run = RunDir(tmp_path)
        alone = ScoringPasses(run, [example], batch_size=1, passes=1, stop=StopWatch(run))
        (values,) = alone.score(loaded, response_logps, cpu)
        assert values.tolist() == pytest.approx(together[n].tolist(), abs=1e-4)


def test_a_stop_is_heeded_before_the_next_batch(tiny: Path, tmp_path: Path) -> None:
    made = passes(tmp_path, 8)
    made.run.stop_path.touch()
    with pytest.raises(StopTraining):
        made.score(load_policy(str(tiny)), lengths, torch.device("cpu"))
    assert made.run.read_progress()[0] == []
