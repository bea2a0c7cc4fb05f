"""What a run trains on, read with its tokenizer: comparisons here; other trainers bring their own.

A `Reading` turns settings into examples and counts what it saw. Refused is what teaches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from training.trainers.configs.optimisation import ComparisonConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.comparison_batches import LabelUse, usable
from training.trainers.data.labeler_folds import choose_labelers, labelers_in, without_labelers
from training.trainers.data.labelled_prompts import HELD_OUT, DataError
from training.trainers.data.record_datasets import Example, RecordReader


@dataclass
class Data:
    """Examples to train on and held out. ``report`` has the parts ``splits`` and ``text``.

    ``use`` says how labels count; ``held_out_labelers`` whose judgments were kept out.
    """

    train: list[Example]
    held_out: list[Example]
    held_out_split: str
    report: dict[str, Any]
    use: LabelUse = field(default_factory=LabelUse)
    held_out_labelers: frozenset[str] = frozenset()


Reading = Callable[[Any, ChatText, int], Data]
"""From the trainer's settings (``dataset`` is a folder), its text and the most tokens of a row."""


def read_comparisons(config: ComparisonConfig, text: ChatText, limit: int) -> Data:
    """Preferences or rankings. Raises DataError where no comparison teaches anything."""
    reader = RecordReader(config.dataset, text, max_length=limit, data=config.data)
    use = LabelUse(
        label_weights=config.label_weights,
        learn_from_ties=config.learn_from_ties,
        margin_scale=config.margin_scale,
    )
    train = reader.examples("train")
    split = next((s for s in HELD_OUT if reader.has(s)), "")
    held_out = reader.examples(split, limit=config.evaluation_prompts) if split else []
    chosen = choose_labelers(
        labelers_in([*train, *held_out]),
        config.held_out_labelers,
        config.seed,
        fold=config.labeler_fold,
    )
    train, without = without_labelers(train, chosen)
    report = reader.report() | ({"held_out_labelers": without} if chosen else {})
    return Data(
        train=_teaching(train, use),
        held_out=[example for example in held_out if _decided(example)],
        held_out_split=split,
        report=report,
        use=use,
        held_out_labelers=chosen,
    )


def _teaching(train: Sequence[Example], use: LabelUse) -> list[Example]:
    """The examples that teach something; refused where they only say that all are alike."""
    kept = usable(train, use)
    if not kept:
        raise DataError("Every training comparison is a tie: set learn_from_ties, or label more.")
    if not any(_decided(example) for example in kept):
        raise DataError(
            "Every training comparison is a tie, so a model would only learn to like everything"
            " alike: label more."
        )
    return kept


def _decided(example: Example) -> bool:
    return any(c.decided for c in example.comparisons)
