"""Judgments of records read as votes on one comparison."""

from __future__ import annotations

import pytest

from training.trainers.data.votes import Vote, agreement_of, votes_of_pair, votes_of_ranking


def judgment(labeler: str, choice: str, strength: str | None = None) -> dict[str, object]:
    return {"labeler": labeler, "choice": choice, "strength": strength}


def test_pairs_count_both_ties_alike_and_pass_over_other_answers() -> None:
    said = [
        judgment("a", "chosen", "better"),
        judgment("b", "rejected"),
        judgment("c", "tie"),
        judgment("d", "both_bad"),
        judgment("e", "edited"),
    ]
    votes = votes_of_pair(said)
    assert [(vote.labeler, vote.preference) for vote in votes] == [
        ("a", 1.0), ("b", 0.0), ("c", 0.5), ("d", 0.5),
    ]  # fmt: skip
    assert votes[0].strength == "better"
    assert votes_of_pair(None) == ()


@pytest.mark.parametrize(
    ("choice", "better", "worse", "preference"),
    [
        ("1,2,2,4", 0, 1, 1.0),
        ("1,2,2,4", 3, 1, 0.0),
        ("1,2,2,4", 1, 2, 0.5),
        (",1,,", 1, 3, 1.0),
        (",1,,", 0, 1, 0.0),
    ],
)
def test_rankings_give_a_vote_on_each_comparison(
    choice: str, better: int, worse: int, preference: float
) -> None:
    (vote,) = votes_of_ranking([judgment("a", choice)], better, worse)
    assert vote.preference == preference


@pytest.mark.parametrize("choice", [",1,,", "1,2", "good"])
def test_what_was_not_compared_is_no_vote(choice: str) -> None:
    assert votes_of_ranking([judgment("a", choice)], 2, 3) == ()


@pytest.mark.parametrize(
    ("preferences", "words"),
    [
        ([], "no judgment"),
        ([0.0], "one judgment"),
        ([1.0, 1.0], "all agree"),
        ([1.0, 1.0, 0.0], "two thirds or more"),
        ([1.0, 0.5], "two thirds or more"),
        ([1.0, 0.0], "less than two thirds"),
    ],
)
def test_agreement_in_words(preferences: list[float], words: str) -> None:
    votes = [Vote(labeler=str(n), preference=p) for n, p in enumerate(preferences)]
    assert agreement_of(votes) == words
