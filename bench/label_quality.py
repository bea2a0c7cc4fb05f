"""What weights by posteriors and margins by strength are worth on planted truth, by paired seeds.

`./run bench label_quality [SEEDS]`. Labelers of very different care compare planted answers, most
tasks once; the project's own consensus and records make the data, the trainer itself a small reward
model from scratch. Held-out pairs carry the planted truth. Two runs of a seed differ in one setting
alone, and no checkpoint is chosen by what is held out. Weights are asked of a crowd of which four
in five hardly look, as screening would never let it stand; margins of one that sees well, where a
label is nearly always right and its strength says how far apart two answers are.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import django
import numpy as np
from scipy import stats

from bench.contract import progress, report
from bench.planted_answers import Item, items
from bench.planted_truth import noisy_choice, strength_of

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# The records of an export are made by a module that knows the tables, though none is read here.
django.setup()

from annotation.consensus.methods.aggregate import aggregate_all, laid_out  # noqa: E402
from annotation.consensus.methods.catalog import CONSENSUS_METHODS  # noqa: E402
from exports.collecting import LabeledTask  # noqa: E402
from exports.dataset_dir import DatasetWriter  # noqa: E402
from exports.filters import Filters  # noqa: E402
from exports.recording import records_of  # noqa: E402
from exports.records import PreferencePair, Record  # noqa: E402
from exports.splitting import Fractions  # noqa: E402
from training.run_dir import RunDir  # noqa: E402
from training.trainers.configs import RewardModelConfig  # noqa: E402
from training.trainers.data.labelled_prompts import read_texts  # noqa: E402
from training.trainers.loop.command_line import StopWatch  # noqa: E402
from training.trainers.models.tiny_model import make_tiny_model  # noqa: E402
from training.trainers.reward_model import train_reward_model  # noqa: E402

SEEDS = 8
FIRST_SEED = 2000
"""None of those on which the settings below were chosen."""

HELD_OUT = 1500
METHOD = "reliability"
TRAINED, JUDGED = Fractions(train=1, validation=0, test=0), Fractions(train=0, validation=1, test=0)
SETTINGS: dict[str, Any] = {
    "tuning": "full", "learning_rate": 2e-3, "batch_size": 16, "max_length": 256,
    "evaluate_every": 0, "checkpoint_every": 10**6, "data": "preference",
}  # fmt: skip
MARGIN_SCALE = 3.0
"""The larger margins of Llama 2 (2307.09288, table 27): 3, 2, 1 and 0."""


@dataclass(frozen=True)
class Crowd:
    """Labelers by the noise they see through (in units of quality), and answers per task."""

    temperatures: tuple[float, ...]
    overlaps: tuple[int, ...]


CARELESS = 30.0
"""So much noise that choices are nearly those of a coin."""


@dataclass(frozen=True)
class Question:
    """What a setting is worth: ``ways`` of training on the same records, the plain one first.

    The second is the one that is asked about; what others gain is told beside it.
    """

    figure: str
    crowd: Crowd
    tasks: int
    epochs: float
    ways: dict[str, dict[str, Any]]


QUESTIONS = (
    Question(
        figure="weight_gain_low",
        crowd=Crowd(temperatures=(0.3,) * 5 + (CARELESS,) * 20, overlaps=(1, 1, 2, 3)),
        tasks=1600,
        epochs=2.0,
        ways={
            "equal": {"label_weights": "equal"},
            "soft": {"label_weights": "soft"},
            "posterior": {"label_weights": "posterior"},
        },
    ),
    Question(
        figure="margin_gain_low",
        crowd=Crowd(temperatures=(0.3,) * 20, overlaps=(1,)),
        tasks=800,
        epochs=5.0,
        ways={"none": {}, "strength": {"margin_scale": MARGIN_SCALE}},
    ),
)


def main() -> None:
    """Measure both questions and report."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    for question in QUESTIONS:
        began = time.monotonic()
        accuracy = measured(question, count)
        _report(question, accuracy, (time.monotonic() - began) / 60)


def measured(question: Question, seeds: int) -> dict[str, list[float]]:
    """Held-out accuracy of every way of training on the same data, by seed."""
    accuracy: dict[str, list[float]] = {name: [] for name in question.ways}
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        with tempfile.TemporaryDirectory(prefix="label-quality-") as folder:
            data, model = prepared(Path(folder), question, seed)
            for name, settings in question.ways.items():
                run = RunDir(Path(folder) / name)
                settings = settings | {"epochs": question.epochs, "seed": seed}
                accuracy[name].append(trained(run, data, model, settings))
        last = ", ".join(f"{name} {values[-1]:.3f}" for name, values in accuracy.items())
        progress(f"{question.figure}, seed {seed}: {last}")
    return accuracy


def prepared(folder: Path, question: Question, seed: int) -> tuple[Path, Path]:
    """A dataset directory, its validation split the truth, and an untrained model."""
    rng = random.Random(seed)
    data = folder / "data"
    _write(data, labelled(items(question.tasks, rng), question.crowd, rng), TRAINED)
    _write(
        folder / "truth", [_true(n, item) for n, item in enumerate(items(HELD_OUT, rng))], JUDGED
    )
    (folder / "truth" / "preference" / "validation.parquet").rename(
        data / "preference" / "validation.parquet"
    )
    texts = read_texts(data)
    model = make_tiny_model(
        folder / "model", texts, hidden_size=64, layers=2, vocab_size=512, seed=seed
    )
    return data, model


def labelled(questions: Sequence[Item], crowd: Crowd, rng: random.Random) -> list[Record]:
    """The records that an export makes of what the crowd says."""
    tasks = [_task(number, item, crowd, rng) for number, item in enumerate(questions)]
    spoken = [task.spoken for task in tasks]
    learn = CONSENSUS_METHODS[METHOD].fit
    assert learn is not None
    found = aggregate_all(spoken, learn(laid_out(enumerate(spoken))))
    records: list[Record] = []
    for task, consensus in zip(tasks, found, strict=True):
        known = replace(task, consensus=consensus)
        records += records_of(known, project="planted", filters=Filters()).records
    return records


def _task(number: int, item: Item, crowd: Crowd, rng: random.Random) -> LabeledTask:
    people = rng.sample(range(len(crowd.temperatures)), rng.choice(crowd.overlaps))
    return LabeledTask(
        pk=number, kind="pairwise", criterion="", language="en", tags=[],
        prompt=_said("user", item.prompt), reference=None,
        responses=[(_said("assistant", text), "planted") for text in item.answers],
        judgments=[_judgment(number, who, item, crowd, rng) for who in people], labeled_at="",
    )  # fmt: skip


def _judgment(
    number: int, who: int, item: Item, crowd: Crowd, rng: random.Random
) -> dict[str, Any]:
    choice, strength = noisy_choice(*item.qualities, crowd.temperatures[who], rng)
    return {
        "id": number * len(crowd.temperatures) + who, "revision": 1, "standing": "counted",
        "labeler": f"L{who}", "key": f"p:{who}", "answer": {"choice": choice, "strength": strength},
        "reason": "", "display_order": [0, 1], "seconds": 10.0, "guideline_version": 1,
    }  # fmt: skip


def _true(number: int, item: Item) -> PreferencePair:
    better = 0 if item.difference > 0 else 1
    return PreferencePair(
        id=f"truth-{number}", task=f"truth-{number}", project="planted", kind="pairwise",
        criterion="", language="en", tags=[], prompt=_said("user", item.prompt), reference=None,
        response_sources=[], judgments=[], labeled_at=None,
        chosen=_said("assistant", item.answers[better]),
        rejected=_said("assistant", item.answers[1 - better]),
        strength=strength_of(item.difference), strength_margin=0.0, weight=1.0, rank_group=None,
    )  # fmt: skip


def _said(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def _write(target: Path, records: Sequence[Record], fractions: Fractions) -> None:
    with DatasetWriter(target, project="planted", filters={}, fractions=fractions) as writer:
        for record in records:
            writer.add([record])
        writer.publish()


def trained(run: RunDir, data: Path, model: Path, settings: dict[str, Any]) -> float:
    """Accuracy on the truth at the end of a run; nothing is chosen by it."""
    values = SETTINGS | {"dataset": str(data), "model": str(model)} | settings
    config = RewardModelConfig.from_dict(values)
    run.create(config.as_dict())
    result = train_reward_model(run, config, StopWatch(run))
    return float(result["metrics"]["held_out_accuracy"])


def _report(question: Question, accuracy: dict[str, list[float]], minutes: float) -> None:
    plain, asked, *others = question.ways
    gains = {way: gain(accuracy[way], accuracy[plain]) for way in (asked, *others)}
    told = "; ".join(
        f"{way} over {plain}: {mean:.4f}, 95% {low:.4f} to {high:.4f}"
        for way, (mean, low, high) in gains.items()
    )
    means = ", ".join(f"{way} {np.mean(values):.3f}" for way, values in accuracy.items())
    report(
        question.figure,
        ours=gains[asked][1],
        unit="difference of held-out accuracy, lower end of the 95% t interval over seeds",
        goal="> 0",
        detail=f"{told}; {means}; {len(accuracy[asked])} paired seeds, {question.tasks} pairs each;"
        f" {minutes:.1f} minutes",
    )


def gain(ours: Sequence[float], others: Sequence[float]) -> tuple[float, float, float]:
    """Mean of the paired differences with its 95% t interval."""
    apart = np.asarray(ours) - np.asarray(others)
    reach = stats.t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / len(apart) ** 0.5
    return float(apart.mean()), float(apart.mean() - reach), float(apart.mean() + reach)


if __name__ == "__main__":
    main()
