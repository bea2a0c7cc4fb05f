"""The Rasch model: against a plain maximiser, on planted truth, and where it has to be fair."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from annotation.stats.difficulty import rasch


def planted(seed, labelers=60, items=3000, answers=12_000):
    rng = np.random.default_rng(seed)
    ability, difficulty = rng.normal(0, 1, labelers), rng.normal(-1.5, 1, items)
    item, labeler = rng.integers(items, size=answers), rng.integers(labelers, size=answers)
    right = rng.random(answers) < expit(ability[labeler] - difficulty[item])
    return ability, difficulty, item, labeler, right.astype(float)


def test_it_is_the_maximum_of_the_penalised_likelihood():
    rng = np.random.default_rng(3)
    labelers, items = 4, 6
    item, labeler = rng.integers(items, size=40), rng.integers(labelers, size=40)
    right, weight = rng.random(40), rng.random(40) + 0.5
    middle = -logit(((right * weight).sum() + 0.5) / (weight.sum() + 1))

    def loss(x):
        p = expit(x[labeler] - x[labelers + item])
        terms = weight * (right * np.log(p) + (1 - right) * np.log1p(-p))
        prior = (x[:labelers] ** 2).sum() + ((x[labelers:] - middle) ** 2).sum() / 4
        return prior / 2 - terms.sum()

    best = minimize(loss, np.zeros(labelers + items), tol=1e-12).x
    found = rasch(item, labeler, right, weights=weight, difficulty_sd=2.0)
    assert found.ability == pytest.approx(best[:labelers], abs=1e-5)
    assert found.difficulty == pytest.approx(best[labelers:], abs=1e-5)
    expected = expit(found.ability[:, None] - found.difficulty).mean(axis=1)
    assert found.accuracy == pytest.approx(expected)


def test_planted_accuracies_lie_in_their_intervals():
    inside = []
    for seed in range(5):
        ability, difficulty, item, labeler, right = planted(seed)
        found = rasch(item, labeler, right)
        true = expit(ability[:, None] - difficulty[found.items]).mean(axis=1)
        inside.append((found.low <= true) & (true <= found.high))
        assert np.abs(found.accuracy - true).mean() < 0.03
    assert 0.91 < np.mean(inside) < 0.99


def test_who_got_the_hard_items_is_not_the_worse_for_it():
    rng = np.random.default_rng(0)
    difficulty = np.repeat([-3.0, 0.0], 400)
    rows = [(item, who) for item in range(800) for who in range(2, 12)]
    rows += [(item, int(difficulty[item] > -1)) for item in range(800)]
    item, labeler = (np.array(column) for column in zip(*rows, strict=True))
    right = (rng.random(len(rows)) < expit(0.5 - difficulty[item])).astype(float)
    found = rasch(item, labeler, right)
    raw = [right[labeler == who].mean() for who in (0, 1)]
    assert raw[0] - raw[1] > 0.25
    # Half of it goes; all would, did the prior not hold that items are much alike.
    assert abs(found.accuracy[0] - found.accuracy[1]) < (raw[0] - raw[1]) / 2
    assert found.difficulty[:400].mean() < found.difficulty[400:].mean() - 1


def test_an_average_labeler_fails_an_item_with_the_odds_of_its_difficulty():
    found = rasch(np.zeros(400, int), np.arange(400) % 20, np.arange(400) // 20 % 4 > 0)
    assert found.difficulty[0] == pytest.approx(-np.log(3), abs=0.02)
    assert found.accuracy == pytest.approx(0.75, abs=0.01)


def test_nobody_ever_wrong_stays_finite():
    found = rasch([1, 2, 3], ["a", "a", "b"], [1, 1, 1])
    assert np.isfinite(found.ability).all()
    assert (found.high < 1).all()
    assert found.labelers.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (([1, 2], [1, 2], [1]), "differ in length"),
        (([], [], []), "no answers"),
        (([1], [1], [1.5]), "outside 0 to 1"),
    ],
)
def test_bad_columns_are_refused(columns, said):
    with pytest.raises(ValueError, match=said):
        rasch(*columns)


def test_a_hundred_thousand_answers_in_about_a_second():
    _ability, _difficulty, item, labeler, right = planted(1, 200, 30_000, 100_000)
    found = rasch(item, labeler, right)
    assert found.iterations < 15
