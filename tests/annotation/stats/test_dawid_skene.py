"""Dawid and Skene's model against their paper and planted labelers."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.stats.dawid_skene import dawid_skene, one_coin

PAPER = Path(__file__).resolve().parents[4] / "shared/data/dawid_skene_1979/table1_paper.csv"


@pytest.fixture(scope="module")
def anaesthetists():
    if not PAPER.exists():
        pytest.skip("table 1 of Dawid and Skene 1979 is not here")
    with PAPER.open() as lines:
        rows = list(csv.DictReader(lines))
    return [[int(row[name]) for row in rows] for name in ("patient", "observer", "rating")]


def test_the_published_fit(anaesthetists):
    found = dawid_skene(*anaesthetists)
    assert found.converged
    assert found.log_likelihood == pytest.approx(-192.8909, abs=5e-5)
    assert found.prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert found.prevalence == pytest.approx([0.3996, 0.4220, 0.1118, 0.0667], abs=5e-5)
    first = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
    assert found.confusion[0].round(2).tolist() == first
    classes = found.categories[found.posterior.argmax(axis=1)]
    assert found.items[classes == 4].tolist() == [2, 11, 36]
    assert found.items[classes == 3].tolist() == [8, 12, 32, 38, 39]


def test_the_likelihood_never_falls(anaesthetists):
    steps = [
        dawid_skene(*anaesthetists, max_iterations=n, tolerance=-1).log_likelihood
        for n in range(1, 25)
    ]
    assert (np.diff(steps) > -1e-9).all()
    assert not dawid_skene(*anaesthetists, max_iterations=2).converged


def planted(*, seed, accuracies, n_items=500, n_classes=3, per_item=4):
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n_items)
    items = np.repeat(np.arange(n_items), per_item)
    labelers = np.concatenate(
        [rng.choice(len(accuracies), per_item, replace=False) for _ in range(n_items)]
    )
    right = rng.random(len(items)) < np.asarray(accuracies)[labelers]
    other = (truth[items] + rng.integers(1, n_classes, len(items))) % n_classes
    return truth, items, labelers, np.where(right, truth[items], other)


def test_one_coin_recovers_planted_accuracies_within_its_intervals():
    accuracies = np.array([0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 1 / 3])
    covered = []
    for seed in range(8):
        truth, *answers = planted(seed=seed, accuracies=accuracies)
        found = one_coin(*answers)
        assert found.converged
        assert (found.accuracy_low < found.accuracy).all()
        assert (found.accuracy < found.accuracy_high).all()
        covered += list((found.accuracy_low < accuracies) & (accuracies < found.accuracy_high))
        assert np.mean(found.categories[found.posterior.argmax(1)] == truth) > 0.9
    assert np.mean(covered) > 0.85


def test_both_beat_the_majority_where_many_are_careless():
    accuracies = [0.95, 0.95, *[0.4] * 6]
    truth, items, labelers, values = planted(seed=5, accuracies=accuracies, per_item=5)
    votes = np.zeros((500, 3))
    np.add.at(votes, (items, values), 1)
    majority = np.mean(votes.argmax(1) == truth)
    for found in (
        dawid_skene(items, labelers, values, smoothing=1),
        one_coin(items, labelers, values),
    ):
        assert np.mean(found.posterior.argmax(1) == truth) > majority + 0.1


def test_dawid_skene_recovers_planted_confusion():
    # Labeler 0 calls every second 1 a 2; the others are fairly good.
    rng = np.random.default_rng(6)
    confusion = np.array(
        [[[0.9, 0.1, 0], [0, 0.5, 0.5], [0.05, 0.05, 0.9]], *[np.eye(3) * 0.7 + 0.1] * 4]
    )
    truth = rng.choice(3, 3000, p=[0.5, 0.3, 0.2])
    items, labelers = np.repeat(np.arange(3000), 5), np.tile(np.arange(5), 3000)
    draw = rng.random(len(items))[:, None]
    values = (draw > confusion[labelers, truth[items]].cumsum(axis=1)).sum(axis=1)
    found = dawid_skene(items, labelers, values)
    assert np.abs(found.confusion - confusion).max() < 0.05
    assert found.prevalence == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


def test_the_prior_holds_a_labeler_of_one_answer_back():
    items, labelers = [*range(20), *range(20), 0], [*[1] * 20, *[2] * 20, 3]
    values = [0, 1] * 20 + [0]
    found = one_coin(items, labelers, values)
    assert found.accuracy[2] < found.accuracy[0]
    assert found.accuracy_high[2] - found.accuracy_low[2] > 0.4
    assert one_coin(items, labelers, values, prior=(1, 1)).accuracy[2] == pytest.approx(1, abs=0.01)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_names_and_order_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    _truth, items, labelers, values = planted(seed=seed, accuracies=[0.8] * 5, n_items=40)
    order = rng.permutation(len(items))
    names = np.array([f"item {x:03}" for x in rng.permutation(40)])
    for fit in (dawid_skene, one_coin):
        plain = fit(items, labelers, values)
        renamed = fit(names[items][order], 9 - labelers[order], values[order])
        assert renamed.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
        place = np.searchsorted(renamed.items, names)
        assert renamed.posterior[place] == pytest.approx(plain.posterior, abs=1e-6)
        assert plain.posterior.sum(axis=1) == pytest.approx(np.ones(40))


def test_one_answer_and_one_category_give_no_nan():
    for fit in (dawid_skene, one_coin):
        found = fit(["a"], [1], ["yes"])
        assert found.posterior.tolist() == [[1.0]]
        assert np.isfinite(found.log_likelihood)


def test_a_class_nobody_meets_has_no_confusion_row():
    found = dawid_skene([0, 0, 1, 1, 2], [1, 2, 1, 2, 3], ["a", "a", "a", "a", "b"])
    assert np.isnan(found.confusion[0, 1]).all()
    assert found.posterior[0].tolist() == [1.0, 0.0]


def test_refusals():
    with pytest.raises(ValueError, match="no answers"):
        dawid_skene([], [], [])
    with pytest.raises(ValueError, match="differ in length"):
        one_coin([1], [1, 2], [0])
    with pytest.raises(ValueError, match="at least 1"):
        one_coin([1], [1], [0], prior=(0.5, 1))
