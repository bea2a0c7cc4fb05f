"""Tables of labeler pairs against counting, the mean kappa against its closed form."""

import numpy as np
import pytest

from annotation.stats.agreement import cohen_kappa, cross_table
from annotation.stats.labeler_pairs import kappas, mean_cohen_kappa, pairs_of


def planted(seed, accuracy, *, n_items=600, n_labelers=6, values=2):
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(n_items), 3)
    labeler = np.concatenate([rng.permutation(n_labelers)[:3] for _ in range(n_items)])
    truth = rng.integers(0, values, n_items)[item]
    wrong = (truth + rng.integers(1, values, len(item))) % values
    return item, labeler, np.where(rng.random(len(item)) < accuracy, truth, wrong)


def test_tables_equal_counting_pair_by_pair():
    item, labeler, value = planted(1, 0.7, values=3, n_items=80)
    shuffled = np.random.default_rng(2).permutation(len(item))
    found = pairs_of(*(a[shuffled] for a in (item * 7, labeler * 10, value)))
    for place, (first, second) in enumerate(zip(found.first, found.second, strict=True)):
        said = {
            who: dict(zip(item[labeler == who], value[labeler == who], strict=True))
            for who in (first, second)
        }
        both = sorted(said[first].keys() & said[second].keys())
        counted = np.zeros((3, 3))
        for key in both:
            counted[said[first][key], said[second][key]] += 1
        assert found.tables[place].tolist() == counted.tolist()
        assert found.shared[place] == len(both)
        assert found.agreement[place] == pytest.approx(np.trace(counted) / len(both))
        ours = cohen_kappa(
            cross_table(*(np.array([said[w][k] for k in both]) for w in (first, second)))
        )
        assert found.kappa[place] == pytest.approx(ours.value)


def test_kappa_of_the_sas_example_and_where_there_is_none():
    tables = np.array([[[0, 4, 1], [0, 8, 0], [0, 1, 5]], [[9, 0, 0], [0, 0, 0], [0, 0, 0]]], float)
    assert round(float(kappas(tables)[0]), 4) == 0.4842
    assert np.isnan(kappas(tables)[1])


def test_the_mean_recovers_what_was_planted_within_its_interval():
    held = 0
    for seed in range(20):
        found = mean_cohen_kappa(*planted(seed, 0.8))
        assert found.value == pytest.approx(0.36, abs=0.08)
        held += found.low <= 0.36 <= found.high
        assert found.high - found.low < 0.2
    assert held >= 16
    assert found.n_items == 600
    assert found.n_judgments == 1800


def test_what_is_undefined_has_a_reason():
    alone = mean_cohen_kappa([0, 1], [0, 1], [0, 1])
    assert alone.value is None
    assert "two labelers" in alone.reason
    same = mean_cohen_kappa([0, 0], [0, 1], [1, 1])
    assert same.value is None
    assert "same" in same.reason
    assert mean_cohen_kappa([], [], []).value is None
    assert len(pairs_of([0, 1], [0, 1], [0, 1]).first) == 0
    with pytest.raises(ValueError, match="twice"):
        pairs_of([0, 0], [1, 1], [0, 1])
