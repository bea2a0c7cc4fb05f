"""What both sides of the benchmark of DPO are given is the same, and is what it says."""

from __future__ import annotations

import pytest

from bench.dpo_side import SEED, Case, pairs_of
from training.trainers.data.batch_plan import BatchPlan

CASE = Case(
    prompt=20, response=8, pairs=3, steps=4, tuning="full", learning_rate=1e-6, device="cpu"
)


def letters(text: str) -> dict[str, list[int]]:
    """A tokenizer of letters."""
    return {"input_ids": [ord(letter) for letter in text[:2000]]}


def test_every_pair_is_taken_once_in_the_order_of_our_trainer() -> None:
    batches = CASE.batches()
    assert [len(batch) for batch in batches] == [3] * 4
    assert sorted(number for batch in batches for number in batch) == list(range(12))
    plan = BatchPlan(
        lengths=(36,) * 12, batch_size=3, accumulation=1, epochs=1.0, max_steps=4, seed=SEED
    )
    assert batches[2] == plan.batches(2)[0]


def test_pairs_are_as_long_as_asked_for_and_chosen_is_what_follows() -> None:
    tokens = letters("".join(map(chr, range(2000))))["input_ids"]
    pairs = pairs_of(lambda _: {"input_ids": tokens}, CASE)
    assert len(pairs) == 12
    for prompt, chosen, rejected in pairs:
        assert (len(prompt), len(chosen), len(rejected)) == (20, 8, 8)
        assert chosen[0] == prompt[-1] + 1
        assert not set(chosen) & set(rejected)


def test_the_guides_are_text_enough_or_it_is_said() -> None:
    assert len(pairs_of(letters, CASE)) == 12
    with pytest.raises(ValueError, match="too short"):
        pairs_of(lambda _: {"input_ids": [1] * 100}, CASE)
