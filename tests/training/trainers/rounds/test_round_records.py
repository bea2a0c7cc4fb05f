"""What a reward model said, as records: who is kept, and how sure a comparison is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from exports.records import PreferencePair
from tests.training.trainers.dataset_fixture import make_pairs
from training.trainers.data.labelled_prompts import read_rows
from training.trainers.rounds.round_records import (
    Judged,
    best_of_n,
    by_prompt,
    demonstration,
    pair,
    probability_better,
    ranking,
    top_fraction,
    write_dataset,
)


def judged(number: int, prompt: str, text: str, reward: float) -> Judged:
    return Judged(
        number=number, prompt_id=prompt, prompt=[{"role": "user", "content": prompt}],
        response=[{"role": "assistant", "content": text}], reward=reward,
    )  # fmt: skip


RESPONSES = [
    judged(0, "a", "one", 1.0), judged(1, "a", "two", 3.0), judged(2, "a", "two", 3.0),
    judged(3, "b", "one", -1.0), judged(4, "b", "two", -2.0), judged(5, "b", "three", 2.5),
]  # fmt: skip


def numbers(found: list[Judged]) -> list[int]:
    return [one.number for one in found]


def test_responses_are_ordered_within_their_prompt_and_like_texts_count_once() -> None:
    assert [numbers(group) for group in by_prompt(RESPONSES)] == [[1, 0], [5, 3, 4]]


def test_best_of_n_keeps_one_of_each_prompt_and_the_top_fraction_the_best_of_all() -> None:
    assert numbers(best_of_n(RESPONSES)) == [1, 5]
    assert numbers(top_fraction(RESPONSES, 0.5)) == [1, 5, 0]
    assert numbers(top_fraction(RESPONSES, 0.0001)) == [1]


def test_a_pair_is_as_sure_as_bradley_and_terry_have_it() -> None:
    made = pair(RESPONSES[1], RESPONSES[0])
    p = math.exp(3) / (math.exp(3) + math.exp(1))
    assert made.weight == pytest.approx(p, abs=1e-6)
    assert made.strength_margin == pytest.approx(2 * p - 1, abs=1e-5)
    assert (made.chosen[0]["content"], made.rejected[0]["content"]) == ("two", "one")
    assert probability_better(1e9) == 1.0
    assert probability_better(-1e9) == pytest.approx(0.0, abs=1e-9)


def test_a_ranking_compares_every_two() -> None:
    made = ranking([RESPONSES[5], RESPONSES[3], RESPONSES[4]])
    assert [(c.i, c.j) for c in made.comparisons] == [(0, 1), (0, 2), (1, 2)]
    assert all(c.p_i > c.p_j and c.n for c in made.comparisons)
    assert made.ranks == [1, 2, 3]


def test_a_dataset_takes_its_held_out_records_over_and_is_read_like_any_other(
    tmp_path: Path,
) -> None:
    people = make_pairs(tmp_path / "people", train=2, held_out=3)
    rows = [pair(RESPONSES[1], RESPONSES[0]).as_row()]
    target = tmp_path / "made"
    write_dataset(target, PreferencePair, rows, judge="a judge", held_out=people)
    assert len(read_rows(target, "preference", "train")) == 1
    assert len(read_rows(target, "preference", "validation")) == 3
    assert "a judge" in (target / "README.md").read_text()
    write_dataset(target, PreferencePair, [], judge="another", held_out=people)
    assert "a judge" in (target / "README.md").read_text()


def test_a_demonstration() -> None:
    assert demonstration(RESPONSES[0]).completion == RESPONSES[0].response
