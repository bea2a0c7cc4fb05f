"""Bradley-Terry against published fits, closed forms and planted strengths."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.stats.bradley_terry import bradley_terry

BASEBALL = Path(__file__).resolve().parents[4] / "shared/data/agreement_examples/bt_baseball.csv"
# Agresti 2002, table 10.10: games won by row over column in the American League East, 1987.
TEAMS = ["Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore"]
WINS = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]
PUBLISHED = {
    "Cleveland": 0.6839,
    "Boston": 1.1077,
    "New York": 1.2476,
    "Toronto": 1.2945,
    "Detroit": 1.4364,
    "Milwaukee": 1.5814,
}


def american_league():
    cells = [(i, j, 1, WINS[i][j]) for i in range(7) for j in range(7) if i != j]
    first, second, outcome, weights = zip(*cells, strict=True)
    return bradley_terry(first, second, outcome, weights=weights)


def test_american_league_east_1987():
    found = american_league()
    assert found.converged
    for team, strength in PUBLISHED.items():
        estimate, error = found.difference(TEAMS.index(team), TEAMS.index("Baltimore"))
        assert estimate == pytest.approx(strength, abs=5e-5)
        assert 0.3 <= error <= 0.36  # "about 0.3"


def test_american_league_east_from_the_games():
    if not BASEBALL.exists():
        pytest.skip("the baseball table is not here")
    with BASEBALL.open() as lines:
        games = list(csv.DictReader(lines))
    home = [TEAMS.index(game["home.team"]) for game in games]
    away = [TEAMS.index(game["away.team"]) for game in games]
    won = [int(game["home.wins"]) for game in games]
    lost = [int(game["away.wins"]) for game in games]
    found = bradley_terry(home + away, away + home, [1] * (2 * len(games)), weights=won + lost)
    assert found.strength == pytest.approx(american_league().strength, abs=1e-9)


def test_choix_pairs():
    found = bradley_terry([0, 0, 1, 2], [1, 1, 2, 0], [1, 1, 1, 1])
    assert found.strength == pytest.approx([0.419617624, -0.419617624, 0], abs=1e-9)


def test_two_items_have_a_closed_form():
    # 7.5 wins of 10: log odds ln 3, variance 1 / (n p q).
    found = bradley_terry([5] * 10, [-3] * 10, [1] * 7 + [0] * 2 + [0.5])
    estimate, error = found.difference(5, -3)
    assert estimate == pytest.approx(math.log(3), abs=1e-9)
    assert error == pytest.approx(1 / math.sqrt(10 * 0.75 * 0.25), abs=1e-9)
    assert found.probability(5, -3) == pytest.approx(0.75)
    assert found.log_likelihood == pytest.approx(7.5 * math.log(0.75) + 2.5 * math.log(0.25))
    assert found.ids.tolist() == [-3, 5]


def test_one_virtual_tie_per_pair_by_hand():
    # Two wins of two and a virtual tie: 2.5 of 3.
    found = bradley_terry([0, 0], [1, 1], [1, 1], prior=1)
    assert found.difference(0, 1)[0] == pytest.approx(math.log(5), abs=1e-9)


def test_disconnected_data_stay_finite_with_a_prior_and_are_refused_without():
    pairs = ([0, 2], [1, 3], [1, 1])
    found = bradley_terry(*pairs, prior=1)
    assert np.isfinite(found.strength).all()
    assert found.difference(0, 2)[0] == pytest.approx(0, abs=1e-9)
    assert found.difference(0, 2)[1] > found.difference(0, 1)[1]
    with pytest.raises(ValueError, match="give prior=1"):
        bradley_terry(*pairs)
    with pytest.raises(ValueError, match="items 7 never lose"):
        bradley_terry([7, 7, 1, 2], [1, 2, 2, 1], [1, 1, 1, 1])


def test_planted_strengths_lie_within_two_standard_errors():
    rng = np.random.default_rng(3)
    truth = rng.normal(size=12)
    truth -= truth.mean()
    covered = []
    for _ in range(20):
        first, second = rng.integers(12, size=(2, 1500))
        first, second = first[first != second], second[first != second]
        won = rng.random(len(first)) < 1 / (1 + np.exp(truth[second] - truth[first]))
        found = bradley_terry(first, second, won)
        covered += list(np.abs(found.strength - truth) < 1.96 * found.standard_error)
    assert 0.9 <= np.mean(covered) <= 0.99


def test_a_chain_converges_to_its_closed_form():
    # Neighbours meet, the better wins 3 of 4: each step is ln 3.
    first = np.repeat(np.arange(9), 4)
    found = bradley_terry(first, first + 1, [1, 1, 1, 0] * 9)
    assert found.converged
    assert -np.diff(found.strength) == pytest.approx([math.log(3)] * 9, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([0, 0.5, 1])).filter(
            lambda pair: pair[0] != pair[1]
        ),
        min_size=1,
        max_size=25,
    )
)
def test_order_of_a_pair_and_names_do_not_matter(pairs):
    first, second, outcome = (np.array(column) for column in zip(*pairs, strict=True))
    plain = bradley_terry(first, second, outcome, prior=1)
    swapped = bradley_terry(second, first, 1 - outcome, prior=1)
    renamed = bradley_terry(-10 * first, -10 * second, outcome, prior=1)
    assert swapped.strength == pytest.approx(plain.strength, abs=1e-8)
    assert renamed.strength[::-1] == pytest.approx(plain.strength, abs=1e-8)
    assert plain.strength.sum() == pytest.approx(0, abs=1e-9)


def test_refusals():
    with pytest.raises(ValueError, match="compared with itself"):
        bradley_terry([1], [1], [1])
    with pytest.raises(ValueError, match=r"lie in \[0, 1\]"):
        bradley_terry([1], [2], [2])
    with pytest.raises(ValueError, match="differ in length"):
        bradley_terry([1], [2, 3], [1])
    with pytest.raises(ValueError, match="no comparisons"):
        bradley_terry([], [], [])
    with pytest.raises(KeyError, match="never compared"):
        american_league().difference(0, 99)
