"""Copying: found where it is, in the right direction, and not where people are alike by chance."""

import numpy as np
import pytest
from scipy.special import expit

from annotation.stats.copying import copied
from annotation.stats.falling import reliabilities


def crowd(seed, *, items=50, people=20, hard=0.0, copier=True, copies=1.0):
    """Everybody answers everything; the last one repeats the first one, after them."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=items)
    chance = expit(np.log(0.85 / 0.15) - rng.normal(0, hard, items))
    right = rng.random((items, people)) < chance[:, None]
    said = np.where(right, truth[:, None], 1 - truth[:, None])
    if copier:
        said[:, -1] = np.where(rng.random(items) < copies, said[:, 0], said[:, -1])
    unit = np.repeat(np.arange(items), people)
    return unit, np.tile(np.arange(people), items), said.ravel(), np.arange(items * people)


def found_in(columns, gold=None):
    unit, labeler, said, order = columns
    known = np.full(len(unit), -1) if gold is None else gold
    accuracy, _right = reliabilities(unit, labeler, said, known)
    return copied(unit, labeler, said, known, order, accuracy, task=unit)


def test_a_copier_is_found_within_fifty_items_and_named_as_such():
    pairs = [[(c.who, c.whom) for c in found_in(crowd(seed))] for seed in range(10)]
    assert sum((19, 0) in each for each in pairs) >= 9
    assert all(set(each) <= {(19, 0)} for each in pairs)


def test_the_evidence_counts_what_was_shared():
    columns = crowd(0)
    best = found_in(columns)[0]
    assert (best.who, best.whom, best.shared, best.same) == (19, 0, 50, 50)
    assert best.evidence > best.threshold
    assert best.threshold == pytest.approx(np.log(20 * 19 / 2 / 0.01))
    assert 30 < best.expected < 45
    assert 0 < best.repeated == best.contradicted


@pytest.mark.parametrize("hard", [0.0, 1.0, 2.0])
def test_honest_people_who_err_on_the_same_items_are_not_accused(hard):
    assert not any(found_in(crowd(seed, items=200, hard=hard, copier=False)) for seed in range(8))


def test_gold_says_what_is_wrong():
    unit, labeler, said, order = crowd(3, people=2, items=60)
    rng = np.random.default_rng(3)
    truth = rng.integers(2, size=60)
    found = found_in((unit, labeler, said, order), gold=truth[unit])
    assert [(c.who, c.whom) for c in found] == [(1, 0)]


def test_nothing_is_said_of_a_single_labeler_or_of_none():
    nothing = np.zeros(0, dtype=np.int64)
    assert copied(*[nothing] * 5, np.zeros(0), task=nothing) == []
    one = np.arange(3)
    assert copied(one, one * 0, one * 0, one * 0 - 1, one, np.array([0.8]), task=one) == []
