"""pass@k is what all choices of k attempts give; intervals cover; pairs are told apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from training.trainers.evaluation.pass_at_k import (
    Attempt,
    Attempted,
    pass_at_k,
    reflective_words,
    solve_differences,
    solve_figures,
)


def attempt(right: bool, **changes: object) -> Attempt:
    given = {"formatted": True, "finished": True, "tokens": 10, "text": "so 4"} | changes
    return Attempt(right=right, **given)  # type: ignore[arg-type]


def problem(name: str, *right: int, **changes: object) -> Attempted:
    return Attempted(name, [attempt(bool(one), **changes) for one in right])


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_it_is_the_share_of_all_choices_that_hold_a_right_attempt(k: int) -> None:
    for right in range(6):
        attempts = [True] * right + [False] * (5 - right)
        chosen = [any(choice) for choice in combinations(attempts, k)]
        assert pass_at_k([5], [right], k)[0] == pytest.approx(sum(chosen) / len(chosen))


def test_numbers_of_the_definition() -> None:
    # 1 - C(7, 5) / C(10, 5) = 1 - 21 / 252
    assert pass_at_k([10, 10, 200], [3, 10, 0], 5) == pytest.approx([1 - 21 / 252, 1.0, 0.0])
    assert pass_at_k([1000], [1], 1000)[0] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="pass@3 needs 3 attempts, not 2"):
        pass_at_k([2], [1], 3)


def test_it_is_unbiased_where_the_plain_estimate_is_not() -> None:
    rng = np.random.default_rng(0)
    n, k, share = 8, 4, 0.2
    right = rng.binomial(n, share, size=20000)
    truth = 1 - (1 - share) ** k
    assert pass_at_k([n] * len(right), right.tolist(), k).mean() == pytest.approx(truth, abs=0.005)
    plain = 1 - (1 - right / n) ** k
    assert plain.mean() < truth - 0.02


def test_figures_are_means_over_problems_whatever_their_attempts() -> None:
    problems = [
        problem("a", 1, 1, 0, 0, tokens=20, text="Wait. Now, wait"),
        problem("b", 0, 0, formatted=False, finished=False),
        problem("c", 1, 1),
    ]
    found = solve_figures(problems, [1, 2])
    overall = {name: figure["value"] for name, figure in found["overall"].items()}
    assert overall == pytest.approx(
        {"accuracy": 0.5, "format": 2 / 3, "finished": 2 / 3, "response_tokens": 40 / 3}
    )
    assert found["pass_at_k"]["1"]["value"] == pytest.approx(0.5)
    # the first problem: 1 - C(2, 2) / C(4, 2) = 5 / 6
    assert found["pass_at_k"]["2"]["value"] == pytest.approx((5 / 6 + 0 + 1) / 3)
    assert found["reflective"]["wait"]["value"] == pytest.approx(2 / 3)
    assert found["reflective"]["alternatively"]["value"] == 0
    accuracy = found["overall"]["accuracy"]
    assert 0 <= accuracy["low"] < accuracy["value"] < accuracy["high"] <= 1


def test_intervals_are_over_problems_not_over_attempts() -> None:
    rng = np.random.default_rng(1)
    solved = rng.random(50) < 0.5
    few = [problem(str(p), *[int(s)] * 2) for p, s in enumerate(solved)]
    many = [problem(str(p), *[int(s)] * 32) for p, s in enumerate(solved)]
    widths = [
        solve_figures(each, [1])["overall"]["accuracy"]["high"]
        - solve_figures(each, [1])["overall"]["accuracy"]["low"]
        for each in (few, many)
    ]
    assert widths[0] == pytest.approx(widths[1])
    assert widths[0] > 0.2


def test_models_are_compared_problem_by_problem() -> None:
    """The better one solves the same problems and ten more: clear in pairs, not apart."""
    rng = np.random.default_rng(2)
    solved = rng.random(100) < 0.5
    more = solved.copy()
    more[np.flatnonzero(~solved)[:10]] = True
    base = [problem(str(p), int(s)) for p, s in enumerate(solved)]
    trained = [problem(str(p), int(s)) for p, s in enumerate(more)]
    gap = solve_differences(trained, base, [1])["overall"]["accuracy"]
    assert gap["value"] == pytest.approx(0.1)
    assert 0.03 < gap["low"] < 0.1 < gap["high"] < 0.2
    apart = [solve_figures(each, [1])["overall"]["accuracy"] for each in (base, trained)]
    assert apart[0]["high"] > apart[1]["low"]
    worse = solve_differences(base, trained, [1])["pass_at_k"]["1"]
    assert worse["high"] < 0


def test_no_difference_among_few_problems_is_no_certainty() -> None:
    base = [problem(str(p), 0) for p in range(20)]
    gap = solve_differences(base, base, [1])["overall"]["accuracy"]
    assert gap["value"] == 0
    assert gap["high"] == -gap["low"] > 0.1
    with pytest.raises(ValueError, match="different problems"):
        solve_differences(base, base[1:], [1])


def test_reflective_words_are_words() -> None:
    assert reflective_words("Now I know. WAIT, waiting; alternatively snow") == {
        "wait": 1, "now": 1, "alternatively": 1,
    }  # fmt: skip
