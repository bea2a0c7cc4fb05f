"""Votes in a file become the comparisons of records."""

from __future__ import annotations

import pytest

from annotation.candidates import Candidate, KnownAnswer
from training.trainers.data.preference_records import pairs_of, rankings_of


def candidate(count: int, *known: KnownAnswer) -> Candidate:
    responses = [([{"role": "assistant", "content": f"answer {n}"}], f"s{n}") for n in range(count)]
    return Candidate([{"role": "user", "content": "Why?"}], responses, known=known)


def test_a_pair_with_its_strength() -> None:
    (pair,) = pairs_of(candidate(2, KnownAnswer([2, 1], strength="slightly")), "f-1", "file")
    assert pair.chosen[0]["content"] == "answer 1"
    assert (pair.weight, pair.strength, pair.strength_margin) == (1.0, "slightly", 1 / 3)
    assert (pair.id, pair.rank_group, pair.response_sources) == ("f-1", None, ["s1", "s0"])
    assert list(pairs_of(candidate(2, KnownAnswer([1, 1])), "f-1", "file")) == []


def test_votes_are_shares_and_ties_stay_ties() -> None:
    votes = [KnownAnswer([1, 2, 3]), KnownAnswer([1, 2, 2]), KnownAnswer([2, 1, 3])]
    (ranking,) = rankings_of(candidate(3, *votes), "f-1", "file")
    shares = [(c.i, c.j, c.p_i, c.p_j, c.p_tie, c.n) for c in ranking.comparisons]
    assert shares == [
        (0, 1, pytest.approx(2 / 3), pytest.approx(1 / 3), pytest.approx(0), 3),
        (0, 2, 1.0, 0.0, 0.0, 3),
        (1, 2, pytest.approx(2 / 3), 0.0, pytest.approx(1 / 3), 3),
    ]
    assert ranking.ranks is None
    pairs = {pair.id: pair for pair in pairs_of(candidate(3, *votes), "f-1", "file")}
    assert pairs["f-1-0-1"].weight == pytest.approx(2 / 3)
    assert {pair.rank_group for pair in pairs.values()} == {"f-1"}


def test_each_criterion_has_records_of_its_own() -> None:
    votes = [KnownAnswer([1, 2], criterion="helpful"), KnownAnswer([2, 1], criterion="harmless")]
    helpful, harmless = pairs_of(candidate(2, *votes), "f-1", "file")
    assert (helpful.criterion, helpful.chosen[0]["content"]) == ("helpful", "answer 0")
    assert (harmless.criterion, harmless.chosen[0]["content"]) == ("harmless", "answer 1")
    assert helpful.id != harmless.id
    rankings = list(rankings_of(candidate(2, *votes), "f-1", "file"))
    assert [r.ranks for r in rankings] == [[1, 2], [2, 1]]
