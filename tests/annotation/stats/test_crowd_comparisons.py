"""Posteriors given the labelers, against integrals by brute force; fits against planted truth."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from annotation.stats.crowd_comparisons import NORMAL, Crowd, comparisons, posterior
from annotation.stats.crowd_fitting import KNOWN, TRUSTED, fit_crowd, reliability
from annotation.stats.dawid_skene import one_coin
from annotation.stats.rao_kupper import FIRST, SECOND, TIE, log_probability


def crowd(slope, cut=0.5, lapse=0.05, closeness=0.3):
    n = len(slope)
    return Crowd(
        slope=np.array(slope, dtype=float),
        variance=np.zeros(n),
        cut=np.full(n, cut),
        lapse=np.full(n, lapse),
        guess=np.array([0.4, 0.4, 0.2]),
        closeness=closeness,
        prior=NORMAL,
    )


def test_two_things_equal_the_integral():
    held, said = crowd([2.0, 1.0, -1.5]), np.array([FIRST, TIE, SECOND])
    found = comparisons([0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 1, 2], said)

    def joint(d):
        x = held.slope[:, None] * d
        logs = log_probability(said, x, held.cut, held.lapse, held.guess)
        return norm.pdf(d, scale=2**0.5) * float(np.exp(logs.sum()))

    whole = quad(joint, -8, 8, limit=200)[0]
    parts = [quad(joint, 0.3, 8)[0], quad(joint, -8, -0.3)[0], quad(joint, -0.3, 0.3)[0]]
    assert posterior(found, held)[0] == pytest.approx(np.array(parts) / whole, abs=0.01)


def test_three_things_are_near_the_integral_of_plackett_luce():
    # Without ties and lapses a ranking is Plackett and Luce's with the labeler's scale.
    held = crowd([2.0, 1.5], cut=1e-9, lapse=1e-9, closeness=0.0)
    rankings = [[0, 1, 2], [0, 2, 1]]
    rows = [
        (0, i, j, who, FIRST if order.index(i) < order.index(j) else SECOND)
        for who, order in enumerate(rankings)
        for i, j in combinations(range(3), 2)
    ]
    found = comparisons(*zip(*rows, strict=True))
    s = np.random.default_rng(0).normal(size=(400_000, 3))
    likelihood = np.ones(len(s))
    for scale, order in zip(held.slope, rankings, strict=True):
        worth = np.exp(scale * s[:, order])
        likelihood *= worth[:, 0] / worth.sum(axis=1) * worth[:, 1] / worth[:, 1:].sum(axis=1)
    exact = [
        float(likelihood[s[:, i] > s[:, j]].sum() / likelihood.sum())
        for i, j in combinations(range(3), 2)
    ]
    assert posterior(found, held)[:, 0] == pytest.approx(exact, abs=0.05)


def test_somebody_who_says_the_opposite_speaks_for_the_other_side():
    held = crowd([2.0, -2.0])
    one = comparisons([0, 1], [0, 0], [1, 1], [0, 1], [FIRST, SECOND])
    first, second = posterior(one, held)
    assert first == pytest.approx(second)
    assert first[0] > 0.7


def test_a_guess_changes_nothing_and_doubt_little():
    sure = comparisons([0, 0], [0, 0], [1, 1], [0, 1], [FIRST, SECOND])
    alone = comparisons([0], [0], [1], [0], [FIRST])
    held = crowd([2.0, 0.0])
    assert posterior(sure, held)[0] == pytest.approx(posterior(alone, held)[0], abs=0.02)
    doubted = replace(held, variance=np.array([4.0, 0.0]))
    assert posterior(alone, doubted)[0, 0] < posterior(alone, held)[0, 0]


def test_posteriors_sum_to_one_whatever_is_compared():
    found = comparisons([0, 0, 0, 3], [0, 0, 1, 0], [1, 2, 2, 1], [0, 0, 0, 1], [0, 2, 1, 2])
    shares = posterior(found, crowd([1.0, 2.0]))
    assert shares.shape == (4, 3)
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))
    assert (shares >= 0).all()


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="swap"):
        comparisons([0], [1], [0], [0], [0])
    with pytest.raises(ValueError, match="length"):
        comparisons([0, 1], [0], [1], [0], [0])


def planted(seed, tasks=1200, labelers=40, overlap=3):
    """Differences, who is how good (kind), and everybody's answers with ties."""
    rng = np.random.default_rng(seed)
    d = rng.normal(size=tasks) * 2**0.5
    kind = np.repeat([0, 1, 2, 3], [24, 8, 5, 3])
    slope = np.choose(kind, [rng.uniform(2, 4, labelers), 0.9, 0.0, -2.0])
    who = np.stack([rng.choice(labelers, overlap, replace=False) for _ in range(tasks)]).ravel()
    task = np.repeat(np.arange(tasks), overlap)
    x = slope[who] * d[task] + rng.logistic(size=len(task))
    cut = np.where(kind == 2, 0.6, np.abs(slope) * 0.35)[who]
    said = np.where(x > cut, FIRST, np.where(x < -cut, SECOND, TIE))
    truth = np.where(d > 0.35, FIRST, np.where(d < -0.35, SECOND, TIE))
    return task, who, said, truth, kind


@pytest.fixture(scope="module")
def fits():
    found = []
    for seed in range(3):
        task, who, said, truth, kind = planted(seed)
        pairs = comparisons(task, 0 * task, 0 * task + 1, who, said)
        found.append((pairs, fit_crowd(pairs, np.zeros(len(kind), int)), truth, kind))
    return found


def test_labelers_are_told_apart(fits):
    for _pairs, fitted, _truth, kind in fits:
        right = reliability(fitted.crowd.slope, fitted.crowd.lapse, fitted.crowd)
        good, middling, guessing, opposite = (right[kind == each] for each in range(4))
        assert good.min() > 0.85
        assert 0.6 < middling.mean() < good.mean()
        assert guessing.mean() == pytest.approx(0.5, abs=0.12)
        assert opposite.max() < 0.4


def test_it_beats_votes_and_one_coin_where_some_are_harder(fits):
    ours, votes, coins, stated = [], [], [], []
    for pairs, fitted, truth, _kind in fits:
        shares = posterior(pairs, fitted.crowd)
        counts = np.bincount(pairs.unit * 3 + pairs.said, minlength=len(truth) * 3).reshape(-1, 3)
        coin = one_coin(pairs.unit, pairs.labeler, pairs.said)
        ours.append((shares.argmax(axis=1) == truth).mean())
        votes.append((counts.argmax(axis=1) == truth).mean())
        coins.append((coin.posterior.argmax(axis=1) == truth).mean())
        stated.append(shares.max(axis=1).mean() - ours[-1])
    assert np.mean(ours) > np.mean(votes) + 0.05
    assert np.mean(ours) > np.mean(coins)
    assert abs(np.mean(stated)) < 0.03


def test_the_same_answers_give_the_same_numbers():
    task, who, said, _truth, kind = planted(5, tasks=300)
    pairs = comparisons(task, 0 * task, 0 * task + 1, who, said)
    one, two = (fit_crowd(pairs, np.zeros(len(kind), int)) for _ in range(2))
    assert (one.crowd.slope == two.crowd.slope).all()
    assert (posterior(pairs, one.crowd) == posterior(pairs, two.crowd)).all()


def test_nothing_is_learned_where_nobody_answers_twice():
    rng = np.random.default_rng(0)
    said = rng.integers(0, 2, 400)
    pairs = comparisons(np.arange(400), np.zeros(400), np.ones(400), np.arange(400) % 4, said)
    fitted = fit_crowd(pairs, np.zeros(4, int))
    assert np.ptp(fitted.crowd.slope) < 0.2
    assert fitted.crowd.variance.min() > 0.3


def test_known_answers_and_trusted_people_teach():
    # Two labelers contradict each other; who is right is known, or said by somebody trusted.
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 60)
    task = np.repeat(np.arange(60), 3)
    who = np.tile([0, 1, 2], 60)
    said = np.stack([truth, 1 - truth, truth], axis=1).ravel()
    pairs = comparisons(task, 0 * task, 0 * task + 1, who, said)
    for standing in (KNOWN, TRUSTED):
        fitted = fit_crowd(pairs, np.array([0, 0, standing]))
        right = reliability(fitted.crowd.slope, fitted.crowd.lapse, fitted.crowd)
        assert right[0] > 0.8
        assert right[1] < 0.3
