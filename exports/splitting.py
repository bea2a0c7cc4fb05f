"""Which split a record belongs to: a hash of the first thing the user said, and nothing else.

Conversations that extend one another stay together, as does all that was written about one topic,
and a record keeps its split in every later snapshot with the same fractions. Nothing is drawn at
random and no other record matters.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exports.records import Demonstration, Message, PromptOnly, Record

SPLITS = ("train", "validation", "test")


class FractionsError(ValueError):
    """Fractions that do not divide the whole; the message says what to give."""


@dataclass(frozen=True)
class Fractions:
    """The share of each split; together 1.

    Raises:
        FractionsError: one is not a number from 0 to 1, or they do not add up to 1.
    """

    train: float = 0.8
    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        for name in SPLITS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise FractionsError(f"fractions.{name}: give a number from 0 to 1.")
            if not 0 <= value <= 1:  # not a number fails here too
                raise FractionsError(f"fractions.{name}: give a number from 0 to 1, not {value}.")
        total = math.fsum((self.train, self.validation, self.test))
        if abs(total - 1) > 1e-9:
            raise FractionsError(f"fractions: train, validation and test make {total:g}, not 1.")

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Fractions:
        """The fractions named in `given`.

        Raises:
            FractionsError: a name is unknown or missing, or see the class.
        """
        if not isinstance(given, Mapping) or set(given) != set(SPLITS):
            raise FractionsError(f"fractions: give exactly {', '.join(SPLITS)}.")
        return cls(**{name: given[name] for name in SPLITS})

    def as_dict(self) -> dict[str, float]:
        """The three shares by name."""
        return {name: float(getattr(self, name)) for name in SPLITS}


def split_of(record: Record, fractions: Fractions) -> str:
    """``train``, ``validation`` or ``test`` for `record`: see `split_key` for what decides."""
    digest = hashlib.sha256(split_key(record).encode()).digest()
    return split_at(int.from_bytes(digest[:8], "big") / 2**64, fractions)


def split_at(place: float, fractions: Fractions) -> str:
    """The split of what lies at `place`, from 0 to 1."""
    # The test split lies lowest: where only its share grows, what was held out stays held out.
    if place < fractions.test:
        return "test"
    if place < fractions.test + fractions.validation:
        return "validation"
    # A share of 0 stays empty although sums of floats may fall short of 1.
    if fractions.train > 0:
        return "train"
    return "validation" if fractions.validation > 0 else "test"


def split_key(record: Record) -> str:
    """The text whose hash decides: the first user message of the prompt, else of the responses.

    What was written about a topic goes by the topic: several people write about the same one, and
    who of them came first must not matter. Where nobody spoke as the user it is the first message
    of the prompt, whoever spoke, and where the prompt is empty it is the id of the task, so that a
    task is never divided.
    """
    if isinstance(record, Demonstration | PromptOnly) and record.topic:
        return record.topic
    spoken = _first_user(record.prompt)
    if spoken is None:
        # The smallest, so that it does not matter which response won.
        texts = (_first_user(answer) for answer in record.answers())
        spoken = min((text for text in texts if text is not None), default=None)
    if spoken is None and record.prompt:
        spoken = record.prompt[0]["content"]
    return record.task if spoken is None else spoken


def task_order(task: str) -> tuple[str, int, str]:
    """The key that sorts task ids by the number they end in: ``p-9`` before ``p-10``."""
    head, _, tail = task.rpartition("-")
    return (head, int(tail), "") if tail.isdecimal() and tail.isascii() else (head, -1, tail)


def _first_user(messages: Sequence[Message]) -> str | None:
    return next((turn["content"] for turn in messages if turn["role"] == "user"), None)
