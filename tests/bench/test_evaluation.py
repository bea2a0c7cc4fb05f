"""The benchmark of evaluation tells an interval that knows of prompts from one that does not."""

from __future__ import annotations

from bench.evaluation import coverage_of_accuracy, coverage_of_kl


def test_pairs_taken_for_independent_cover_too_rarely() -> None:
    ours, naive = coverage_of_accuracy(30, 60)
    assert ours >= 0.85
    assert naive < ours


def test_both_estimators_are_tried_on_the_same_draws() -> None:
    found = coverage_of_kl(20)
    assert set(found) == {"kl_k1", "kl_k3"}
    assert all(0.6 <= share <= 1 for share in found.values())
