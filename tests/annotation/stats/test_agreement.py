"""Agreement coefficients against published tables, another implementation, and invariances."""

import csv
import time
from pathlib import Path

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.stats.agreement import (
    Resampling,
    cohen_kappa,
    cross_table,
    fleiss_kappa,
    krippendorff_alpha,
    percent_agreement,
    percent_and_alpha,
)
from tests.annotation.stats.published import (
    FLEISS_WORKED,
    KRIPPENDORFF_3_BY_15,
    KRIPPENDORFF_2011,
    from_counts,
    long_format,
)

EXAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "agreement_examples"
SAS = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
METRICS = ["nominal", "ordinal", "interval", "ratio"]


@pytest.mark.parametrize(
    ("metric", "value", "digits"),
    [("nominal", 0.743421, 6), ("ordinal", 0.815, 3), ("interval", 0.849, 3), ("ratio", 0.797, 3)],
)
def test_alpha_of_krippendorffs_example(metric, value, digits):
    found = krippendorff_alpha(*long_format(KRIPPENDORFF_2011), metric=metric)
    assert round(found.value, digits) == value
    assert (found.n_items, found.n_judgments, found.reason) == (11, 40, None)


@pytest.mark.parametrize(("metric", "value"), [("nominal", 0.691), ("interval", 0.811)])
def test_alpha_of_the_example_with_three_coders(metric, value):
    units = list(zip(*KRIPPENDORFF_3_BY_15, strict=True))
    found = krippendorff_alpha(*long_format(units), metric=metric)
    assert round(found.value, 3) == value


@pytest.mark.parametrize("metric", METRICS)
def test_alpha_equals_the_package_on_random_tables(metric):
    rng = np.random.default_rng(11)
    for _ in range(10):
        table = rng.integers(1, 6, (30, 5)).astype(float)
        table[:, 1] = table[:, 0]
        table[rng.random(table.shape) < 0.3] = np.nan
        rows = [[None if np.isnan(x) else int(x) for x in row] for row in table]
        ours = krippendorff_alpha(*long_format(rows), metric=metric)
        theirs = krippendorff.alpha(table.T, level_of_measurement=metric)
        assert ours.value == pytest.approx(theirs, abs=1e-12)


def test_percent_agreement_and_fleiss_with_missing_answers():
    # irrCAC's printed results on cac.raw4raters, the same table as Krippendorff's.
    answers = long_format(KRIPPENDORFF_2011)
    assert percent_agreement(*answers).value == pytest.approx(0.8181818, abs=5e-8)
    assert fleiss_kappa(*answers).value == pytest.approx(0.76117, abs=5e-6)


def test_fleiss_worked_example():
    answers = from_counts(FLEISS_WORKED)
    assert round(percent_agreement(*answers).value, 3) == 0.378
    assert round(fleiss_kappa(*answers).value, 3) == 0.210


def test_fleiss_1971():
    path = EXAMPLES / "irr_diagnoses.csv"
    if not path.exists():
        pytest.skip("the table of Fleiss 1971 is not here")
    with path.open() as lines:
        rows = list(csv.reader(lines))[1:]
    kappa = fleiss_kappa(*long_format(rows)).value
    assert kappa == pytest.approx(0.4302445, abs=5e-8)
    # The printed z is kappa over its standard error where nobody agrees (Fleiss et al. 1979).
    n, m = len(rows), len(rows[0])
    p = np.unique([value for row in rows for value in row], return_counts=True)[1] / (n * m)
    spread = (p * (1 - p)).sum()
    variance = 2 * (spread**2 - (p * (1 - p) * (1 - 2 * p)).sum()) / (n * m * (m - 1) * spread**2)
    assert kappa / variance**0.5 == pytest.approx(17.65183, abs=5e-6)


@pytest.mark.parametrize(
    ("weights", "kappa", "ase"), [(None, 0.4842, 0.1380), ("linear", 0.4701, 0.1457)]
)
def test_cohen_of_the_sas_example(weights, kappa, ase):
    found = cohen_kappa(SAS, weights=weights)
    assert round(found.value, 4) == kappa
    assert round((found.high - found.low) / 2 / 1.959964, 4) == ase
    if weights is None:
        assert (round(found.low, 4), round(found.high, 4)) == (0.2137, 0.7547)


def test_cohen_quadratic_weights_by_hand():
    # Two categories away counts four times one category away: disagreement sums of squares.
    table = np.array(SAS, dtype=float)
    apart = np.subtract.outer(np.arange(3), np.arange(3)) ** 2
    chance = np.outer(table.sum(1), table.sum(0)) / table.sum()
    by_hand = 1 - (apart * table).sum() / (apart * chance).sum()
    assert cohen_kappa(SAS, weights="quadratic").value == pytest.approx(by_hand, abs=1e-12)


def test_cross_table_orders_the_values():
    table = cross_table(["b", "a", "b", "c"], ["b", "b", "a", "c"])
    assert table.tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 1]]
    with pytest.raises(ValueError, match="give pairs"):
        cross_table([1, 2], [1])


@pytest.mark.parametrize("coefficient", [percent_agreement, fleiss_kappa, krippendorff_alpha])
def test_nobody_shares_an_item(coefficient):
    found = coefficient([0, 1, 2], [5, 6, 7], ["a", "b", "a"])
    assert found.value is found.low is found.high is None
    assert "two labelers" in found.reason
    assert coefficient([], [], []).value is None


@pytest.mark.parametrize("coefficient", [fleiss_kappa, krippendorff_alpha])
def test_one_category_is_undefined_with_a_reason(coefficient):
    found = coefficient([0, 0, 1, 1], [5, 6, 5, 6], ["a"] * 4)
    assert found.value is None
    assert "same" in found.reason
    assert found.n_items == 2
    assert cohen_kappa([[9, 0], [0, 0]]).value is None
    assert cohen_kappa([[0, 0], [0, 0]]).value is None


def test_refusals():
    with pytest.raises(ValueError, match="twice"):
        percent_agreement([0, 0, 1, 0], [1, 2, 1, 1], ["a", "a", "b", "b"])
    with pytest.raises(ValueError, match="nan"):
        krippendorff_alpha([0, 0], [1, 2], [1.0, float("nan")])
    with pytest.raises(ValueError, match="one of each"):
        percent_agreement([0, 0], [1], ["a", "a"])
    with pytest.raises(ValueError, match="needs numbers"):
        krippendorff_alpha([0, 0], [1, 2], ["a", "b"], metric="interval")
    with pytest.raises(ValueError, match="0 or more"):
        krippendorff_alpha([0, 0], [1, 2], [-1, 2], metric="ratio")
    with pytest.raises(ValueError, match="square"):
        cohen_kappa([[1, 2, 3]])


def test_intervals_cover_the_value_and_repeat_with_the_seed():
    items, labelers, values = planted(n_items=400, noise=0.25, seed=3)
    for coefficient in (percent_agreement, fleiss_kappa, krippendorff_alpha):
        first = coefficient(items, labelers, values, resampling=Resampling(400, seed=7))
        again = coefficient(items, labelers, values, resampling=Resampling(400, seed=7))
        other = coefficient(items, labelers, values, resampling=Resampling(400, seed=8))
        assert first == again != other
        assert first.low < first.value < first.high
        assert first.high - first.low < 0.15


@pytest.mark.parametrize("metric", METRICS)
def test_interval_of_alpha_equals_drawing_items_and_computing_anew(metric):
    items, labelers, values = planted(n_items=60, noise=0.4, seed=4)
    values = (values + 1).reshape(60, 4)
    found = krippendorff_alpha(
        items, labelers, values.ravel(), metric=metric, resampling=Resampling(2000, seed=9)
    )
    rng = np.random.default_rng(10)
    anew = [
        krippendorff_alpha(items, labelers, values[drawn].ravel(), metric=metric).value
        for drawn in rng.integers(60, size=(600, 60))
    ]
    low, high = np.quantile(anew, [0.025, 0.975])
    assert found.low == pytest.approx(low, abs=0.035)
    assert found.high == pytest.approx(high, abs=0.035)


def planted(*, n_items, noise, seed, n_labelers=4):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n_items)
    items = np.repeat(np.arange(n_items), n_labelers)
    labelers = np.tile(np.arange(n_labelers), n_items)
    wrong = rng.random(len(items)) < noise
    values = np.where(wrong, rng.integers(0, 3, len(items)), truth[items])
    return items, labelers, values


def test_the_bootstrap_interval_covers_the_planted_alpha():
    # An answer is the truth or a uniform guess (share 0.3): two answers agree beyond chance with
    # probability 0.7^2, and alpha estimates just that.
    covered = 0
    for seed in range(40):
        found = krippendorff_alpha(
            *planted(n_items=150, noise=0.3, seed=seed), resampling=Resampling(200, seed=seed)
        )
        covered += found.low <= 0.49 <= found.high
    assert covered >= 34


answers = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 4), st.integers(0, 3)),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=40, deadline=None)
@given(rows=answers, seed=st.integers(0, 1000))
def test_names_and_order_do_not_matter(rows, seed):
    rng = np.random.default_rng(seed)
    items, labelers, values = (np.array(column) for column in zip(*rows, strict=True))
    order = rng.permutation(len(items))
    item_names = np.array([f"item {x}" for x in rng.permutation(10)])
    labeler_names = rng.permutation(5) * 10**12
    for coefficient in (percent_agreement, fleiss_kappa, krippendorff_alpha):
        plain = coefficient(items, labelers, values)
        renamed = coefficient(
            item_names[items][order], labeler_names[labelers][order], values[order]
        )
        if plain.value is None:
            assert renamed == plain
        else:
            assert renamed.value == pytest.approx(plain.value, abs=1e-9)
            assert plain.value <= 1


def test_a_million_answers_take_well_under_a_second():
    items, labelers, values = planted(n_items=200_000, n_labelers=5, noise=0.4, seed=1)
    started = time.process_time()
    found = krippendorff_alpha(items, labelers, values)
    seconds = time.process_time() - started
    assert found.value == pytest.approx(0.36, abs=0.01)
    assert seconds < 2  # 0.1 s on a laptop; the limit leaves room for a busy machine


def test_percent_and_alpha_of_one_reading_are_those_of_two():
    answers = planted(n_items=80, noise=0.3, seed=2)
    both = percent_and_alpha(*answers, clusters=answers[0] // 4, resampling=Resampling(50))
    for found, coefficient in zip(both, (percent_agreement, krippendorff_alpha), strict=True):
        alone = coefficient(*answers, clusters=answers[0] // 4, resampling=Resampling(50))
        assert found == alone
