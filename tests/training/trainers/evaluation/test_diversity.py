"""Distinct n-grams and BLEU by hand."""

from __future__ import annotations

import math

import pytest

from training.trainers.evaluation.diversity import bleu, distinct, repetition, self_bleu, words


def test_words_of_scripts_with_and_without_spaces() -> None:
    assert words("It's 3 o'clock!") == ["it", "'", "s", "3", "o", "'", "clock", "!"]
    assert words("お茶 and tea") == ["お", "茶", "and", "tea"]


def test_distinct_runs() -> None:
    texts = ["a b a b", "a b"]
    assert distinct(texts, 1) == 2 / 6
    assert distinct(texts, 2) == 2 / 4
    assert distinct(texts, 3) == 2 / 2
    assert distinct(["a"], 2) is None


def test_bleu_by_hand() -> None:
    candidate = ["the", "cat", "sat", "on", "the", "mat"]
    reference = ["the", "cat", "is", "on", "the", "mat"]
    by_order = [5 / 6, 3 / 5, 1 / 4, 0.1 / 3]
    expected = math.exp(sum(map(math.log, by_order)) / 4)
    assert bleu(candidate, [reference]) == pytest.approx(expected)


def test_bleu_clips_by_one_reference_and_makes_the_short_pay() -> None:
    # Papineni et al. 2002: "the" seven times has two matches in this reference, not seven.
    assert bleu(["the"] * 7, [["the", "cat", "is", "on", "the", "mat"]]) == pytest.approx(
        math.exp((math.log(2 / 7) + math.log(0.1 / 6) + math.log(0.1 / 5) + math.log(0.1 / 4)) / 4)
    )
    assert bleu(["a", "b"], [["a", "b", "c", "d"]]) == pytest.approx(math.exp(1 - 4 / 2))
    # Of references equally near in length the shorter counts.
    assert bleu(["a", "b"], [["a", "b", "c"], ["a"]]) == pytest.approx(1.0)
    assert bleu([], [["a"], []]) == 1.0
    assert bleu([], [["a"]]) == 0.0


def test_self_bleu_tells_repetition_from_variety() -> None:
    same = ["tea is served at five every day"] * 3
    other = ["tea is served", "rain falls on roads", "birds sing songs"]
    assert self_bleu(same) == pytest.approx(1.0)
    assert self_bleu(other) < 0.2
    assert self_bleu(["alone"]) is None


def test_repetition_within_a_text() -> None:
    assert repetition("one two three four five") == 0.0
    assert repetition("a a a a a a") == pytest.approx(2 / 3)
    assert repetition("b a b a b", n=2) == 2 / 4
    assert repetition("too short") == 0.0
