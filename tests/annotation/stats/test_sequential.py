"""The sequential exam: by hand, against Wald's approximations and against playing it out."""

import math

import numpy as np
import pytest

from annotation.stats.sequential import SequentialTest, fixed_length_for

USUAL = SequentialTest(good=0.85, poor=0.65, false_pass=0.05, false_fail=0.025, least=12, most=80)


def test_the_thresholds_and_steps_are_walds():
    assert USUAL.pass_at == pytest.approx(math.log(0.975 / 0.05))
    assert USUAL.fail_at == pytest.approx(math.log(0.025 / 0.95))
    assert USUAL.step(1, 1) == pytest.approx(math.log(0.85 / 0.65))
    assert USUAL.step(0, 1) == pytest.approx(math.log(0.15 / 0.35))


def test_a_ranking_counts_for_its_order_and_not_for_every_pair():
    one_pair = USUAL.step(1, 1)
    assert USUAL.step(6, 6) == pytest.approx(3 * one_pair)  # K = 4
    assert USUAL.step(36, 36) == pytest.approx(8 * one_pair)  # K = 9
    mixed = (4 * USUAL.step(1, 1) + 2 * USUAL.step(0, 1)) / 6
    assert USUAL.step(4, 6) == pytest.approx(3 * mixed)
    assert USUAL.step(0, 0) == 0.0
    # With ties fewer comparisons are decided, and the item says less.
    assert 0 < USUAL.step(3, 3) < USUAL.step(5, 5) < USUAL.step(6, 6)


def test_verdicts():
    assert USUAL.verdict(99.0, 11) == "open"
    assert USUAL.verdict(99.0, 12) == "passed"
    assert USUAL.verdict(-99.0, 12) == "failed"
    assert USUAL.verdict(0.0, 79) == "open"
    assert USUAL.verdict(0.0, 80) == "borderline"
    assert USUAL.verdict(USUAL.pass_at, 80) == "passed"


def test_a_small_exam_by_hand():
    # Steps are +log 3 and -log 3; thresholds +-log 4: two more right than wrong passes.
    test = SequentialTest(0.75, 0.25, 0.2, 0.2, least=1, most=4)
    p, q = 0.6, 0.4
    got = test.operating_characteristic([p])
    level = 2 * p * q  # back at 0 after two items
    assert got.passed[0] == pytest.approx(p**2 + level * p**2)
    assert got.failed[0] == pytest.approx(q**2 + level * q**2)
    assert got.borderline[0] == pytest.approx(level**2)
    assert got.items[0] == pytest.approx(2 * (1 - level) + 4 * level)
    assert test.expected_items(p) == pytest.approx(got.items[0])


def test_an_early_crossing_that_comes_back_before_the_least_number_decides_nothing():
    test = SequentialTest(0.75, 0.25, 0.2, 0.2, least=4, most=4)
    got = test.operating_characteristic([0.6])
    by_right = [math.comb(4, k) * 0.6**k * 0.4 ** (4 - k) for k in range(5)]
    assert got.passed[0] == pytest.approx(by_right[3] + by_right[4])
    assert got.borderline[0] == pytest.approx(by_right[2])
    assert got.items[0] == pytest.approx(4.0)


def test_the_exact_figures_agree_with_walds_approximations():
    """ASN and OC of Wald 1947, sections 3.4 and 3.5; small steps make the overshoot small."""
    test = SequentialTest(0.53, 0.47, 0.05, 0.1, least=1, most=6000)
    got = test.operating_characteristic([0.53, 0.47, 0.5])
    assert got.borderline.max() < 0.002
    assert got.passed == pytest.approx([0.9, 0.05, 0.437], abs=0.012)
    up, down = test.pass_at, test.fail_at
    # At 0.5 the drift is 0: P(pass) = -down / (up - down), ASN = -up down / E[step^2].
    assert got.passed[2] == pytest.approx(-down / (up - down), abs=0.012)
    drift = 0.53 * test.step(1, 1) + 0.47 * test.step(0, 1)
    assert got.items[0] == pytest.approx((0.9 * up + 0.1 * down) / drift, rel=0.06)
    assert got.items[2] == pytest.approx(-up * down / test.step(1, 1) ** 2, rel=0.06)


def test_the_exact_figures_agree_with_playing_the_exam():
    rng = np.random.default_rng(4)
    rounds = 4000
    for accuracy in (0.5, 0.65, 0.75, 0.85):
        ends = [_played(rng, accuracy) for _ in range(rounds)]
        exact = USUAL.operating_characteristic([accuracy])
        for verdict in ("passed", "failed", "borderline"):
            expected = getattr(exact, verdict)[0]
            share = sum(end == verdict for end, _n in ends) / rounds
            spread = math.sqrt(expected * (1 - expected) / rounds)
            assert share == pytest.approx(expected, abs=4.5 * spread + 1e-3)
        lengths = [n for _end, n in ends]
        assert np.mean(lengths) == pytest.approx(
            exact.items[0], abs=4.5 * np.std(lengths) / math.sqrt(rounds)
        )


def _played(rng: np.random.Generator, accuracy: float) -> tuple[str, int]:
    log_odds, items, verdict = 0.0, 0, "open"
    while verdict == "open":
        log_odds += USUAL.step(int(rng.random() < accuracy), 1)
        items += 1
        verdict = USUAL.verdict(log_odds, items)
    return verdict, items


def test_it_keeps_its_promises_and_is_shorter_than_a_fixed_exam():
    got = USUAL.operating_characteristic([0.65, 0.85])
    assert got.passed[0] <= 0.05
    assert got.failed[1] <= 0.025
    assert got.items.max() < 0.6 * fixed_length_for(0.85, 0.65, 0.05, 0.025).items
    assert got.passed + got.failed + got.borderline == pytest.approx([1.0, 1.0])


def test_a_second_attempt_helps_whoever_failed_and_nobody_else():
    got = USUAL.operating_characteristic([0.65])
    assert got.passed_within(1) == pytest.approx(got.passed)
    assert got.passed_within(2) == pytest.approx(got.passed * (1 + got.failed))
    with pytest.raises(ValueError, match="attempts is 0"):
        got.passed_within(0)


def test_the_fixed_length_is_the_smallest():
    # By hand: of 3 items at least 2 right; 0.1 passes with 0.028, 0.9 fails with 0.028.
    found = fixed_length_for(0.9, 0.1, 0.03, 0.03)
    assert (found.items, found.pass_at) == (3, 2)
    usual = fixed_length_for(0.85, 0.65, 0.05, 0.025)
    assert _errors(usual.items, usual.pass_at) <= (0.05, 0.025)
    for n in range(1, usual.items):
        for cut in range(n + 2):
            poor_passes, good_fails = _errors(n, cut)
            assert poor_passes > 0.05 or good_fails > 0.025


def _errors(n: int, cut: int) -> tuple[float, float]:
    def tail(p: float) -> float:
        return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(cut, n + 1))

    return tail(0.65), 1 - tail(0.85)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((1.0, 0.65, 0.05, 0.05, 1, 9), "good is 1.0"),
        ((0.85, 0.0, 0.05, 0.05, 1, 9), "poor is 0.0"),
        ((0.6, 0.6, 0.05, 0.05, 1, 9), "poor is 0.6; give less than good"),
        ((0.85, 0.65, 0.0, 0.05, 1, 9), "false_pass is 0.0"),
        ((0.85, 0.65, 0.05, 0.5, 1, 9), "false_fail is 0.5"),
        ((0.85, 0.65, 0.05, 0.05, 0, 9), "least is 0"),
        ((0.85, 0.65, 0.05, 0.05, 10, 9), "most is 9"),
    ],
)
def test_impossible_numbers_are_refused_by_name(numbers, sentence):
    with pytest.raises(ValueError, match=sentence):
        SequentialTest(*numbers)


def test_impossible_answers_and_accuracies_are_refused():
    with pytest.raises(ValueError, match="2 right of 1 judged"):
        USUAL.step(2, 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        USUAL.operating_characteristic([0.5, 1.5])
    with pytest.raises(ValueError, match="more than 5000 items"):
        fixed_length_for(0.651, 0.65, 0.05, 0.05)
