"""Rows of the bench of methods: figures at equal KL, and a word where a sweep does not reach."""

import pytest

from bench.methods_table import row_of


def _point(kl: float, truth: float, lost: float = 1.0) -> dict[str, float]:
    return {
        "kl": kl, "truth": truth, "reward": truth + 1, "text_loss": lost, "skill": 0.9,
        "calibration_error": 0.1,
    }  # fmt: skip


BEFORE = [_point(0.0, 0.0), _point(0.0, 0.0)]


def test_a_row_reads_every_seed_at_the_same_kl() -> None:
    curves = [
        [_point(0.0, 0.0), _point(4.0, 2.0), _point(16.0, 4.0)],
        [_point(0.0, 0.0), _point(4.0, 4.0), _point(16.0, 2.0)],
    ]
    row = row_of("dpo", "DPO", curves, BEFORE, 4.0)
    assert row.truth.mean == pytest.approx(3.0)
    assert "planted_truth 3.00 (95% " in row.detail
    assert "at kl 4.00" in row.detail
    assert "learned reward 4.000 (before 1.000)" in row.detail
    assert "no point on both sides of 4" not in row.detail
    assert row.detail.endswith("seeds: 2")


def test_a_row_says_where_the_sweep_ends_before() -> None:
    curves = [[_point(0.0, 0.0), _point(2.0, 2.0)], [_point(0.0, 0.0), _point(8.0, 2.0)]]
    detail = row_of("kto", "KTO", curves, BEFORE, 6.0).detail
    assert "at kl 4.00 (1 of 2 seeds have no point on both sides of 6)" in detail


def test_what_is_lost_is_read_at_the_same_kl() -> None:
    curve = [_point(0.0, 0.0, lost=1.0), _point(4.0, 2.0, lost=2.0)]
    detail = row_of("sft", "SFT", [curve, curve], BEFORE, 1.0).detail
    assert "loss on held-out text 1.500 (before 1.000)" in detail


def test_best_of_n_changes_no_weights_and_lost_nothing() -> None:
    curve = [{"kl": 0.0, "truth": 0.0, "reward": 0.0}, {"kl": 4.0, "truth": 1.0, "reward": 2.0}]
    detail = row_of("best_of_n", "best-of-n", [curve], BEFORE[:1], 1.0).detail
    assert "held-out text" not in detail
    assert "learned reward 1.000" in detail
