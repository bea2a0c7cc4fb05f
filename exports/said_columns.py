"""What judgments say and what they saw, of many at once: answers and orders on screen in columns.

Each distinct answer and each distinct order is read once, however many judgments have it.
"""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotation.models import Judgment
from annotation.task_kinds.base import Outcome
from annotation.task_kinds.catalog import TASK_KINDS
from exports.batches import Batch
from exports.compared import ranks_given
from exports.consensus_columns import by_distinct
from exports.frozen import Ints

NEVER = 99
"""The place on screen of what was not on it."""


def both_bad(batch: Batch) -> Ints:
    """1 for each judgment that calls both responses bad, else 0."""
    answers = batch.said["answer"].combine_chunks()
    texts = answers.dictionary.to_pylist()
    # No other answer is worth reading once more.
    bad = ['"both_bad"' in text and json.loads(text).get("choice") == "both_bad" for text in texts]
    found: Ints = np.array(bad, dtype=np.int64)[answers.indices.to_numpy()]
    return found


def shown_codes(batch: Batch) -> Ints:
    """The row of `order_shown` of each judgment: the last one where nothing was on a screen."""
    shown, standing = (batch.said[name].combine_chunks() for name in ("shown", "standing"))
    imported = pc.equal(standing.cast(pa.string()), str(Judgment.Standing.IMPORTED))
    found: Ints = np.where(
        imported.to_numpy(zero_copy_only=False), len(shown.dictionary), shown.indices.to_numpy()
    )
    return found


def order_shown(batch: Batch) -> Ints:
    """Where each place stood on screen, by distinct order and place."""
    orders = _orders(batch)
    found = np.full((len(orders) + 1, 16), NEVER)
    for row, order in enumerate(orders):
        for position, place in reversed(list(enumerate(order))):
            found[row, place] = position
    return found


def first_shown(batch: Batch) -> Ints:
    """The place that each judgment saw first."""
    firsts = [order[0] if order else NEVER for order in _orders(batch)]
    found: Ints = np.array([*firsts, NEVER], dtype=np.int64)[shown_codes(batch)]
    return found


def _orders(batch: Batch) -> list[list[int]]:
    texts = batch.said["shown"].combine_chunks().dictionary.to_pylist()
    return [json.loads(text) for text in texts]


def ranks_said(batch: Batch, judgment: Ints) -> list[str]:
    """The ranks that each judgment gives, as text; each distinct answer is read once."""
    kinds = batch.tasks["kind"].combine_chunks()
    names = kinds.dictionary.to_pylist()
    owner = np.searchsorted(batch.said_at, judgment, side="right") - 1
    answers = batch.said["answer"].combine_chunks()
    texts = answers.dictionary.to_pylist()
    shape = kinds.indices.to_numpy().astype(np.int64)[owner] * 16 + np.diff(batch.place_at)[owner]
    codes = shape * len(texts) + answers.indices.to_numpy()[judgment]

    def in_words(code: int) -> str:
        shape, text = divmod(code, len(texts))
        k = shape % 16
        outcomes: list[Outcome] = TASK_KINDS[names[shape // 16]].outcomes(
            json.loads(texts[text]), k
        )
        return ",".join(ranks_given(outcomes, k))

    return by_distinct(codes, in_words)
