"""Ratings as records: means and shares by hand, and the comparisons that scores imply."""

import json

from exports.records import PreferencePair, Ranking, Rating
from tests.exports.labeling import labeled, recorded
from tests.exports.making import assistant


def rated(*scores, flags=None, **more):
    return {"scores": list(scores), "flags": flags or [[] for _ in scores], **more}


def task(*answers, k, **options):
    return labeled(*answers, kind="rating", k=k, options=options)


def test_scores_are_means_and_flags_are_shares_in_the_order_asked():
    first = rated(7, 2, flags=[[], ["Hallucination", "Fails the task"]])
    second = rated(6, 2, flags=[["Expresses an opinion"], ["Hallucination"]])
    third = rated(6, 5)
    rating = recorded(task(first, second, third, k=2)).records[0]
    assert isinstance(rating, Rating)
    assert rating.id == "p-7"
    assert rating.scores == [6.333333, 3.0]
    assert rating.flags == [
        [{"name": "Expresses an opinion", "share": 0.333333}],
        [
            {"name": "Fails the task", "share": 0.333333},
            {"name": "Hallucination", "share": 0.666667},
        ],
    ]
    assert (rating.low, rating.high) == (1, 7)
    assert rating.responses == [[assistant("r0")], [assistant("r1")]]
    assert rating.response_sources == ["m0", "m1"]
    assert [json.loads(view.choice) for view in rating.judgments] == [first, second, third]
    assert [view.labeler for view in rating.judgments] == ["L-1", "L-2", "L-3"]
    assert {view.shown_first for view in rating.judgments} == {"1"}


def test_a_flag_that_is_asked_no_more_is_kept():
    (rating,) = recorded(
        task(rated(0, flags=[["Rude", "Odd", "Kind"]]), k=1, flags=["Kind"])
    ).records
    assert [flag["name"] for flag in rating.flags[0]] == ["Kind", "Odd", "Rude"]


def test_the_scale_is_that_of_the_project():
    (rating,) = recorded(task(rated(-3), k=1, low=-3, high=3)).records
    assert (rating.low, rating.high, rating.scores) == (-3, 3, [-3.0])


def test_two_scores_make_a_pair_unless_they_are_equal():
    _, pair = recorded(task(rated(3, 5), k=2)).records
    assert isinstance(pair, PreferencePair)
    assert pair.chosen == [assistant("r1")]
    assert (pair.id, pair.strength, pair.strength_margin) == ("p-7", None, 0.0)
    found = recorded(task(rated(4, 4), k=2))
    assert [record.config for record in found.records] == ["rating"]
    assert found.left_out == ["tied"]


def test_more_scores_make_a_ranking_with_its_pairs():
    rating, ranking, *pairs = recorded(task(rated(3, 7, 3), k=3)).records
    assert isinstance(ranking, Ranking)
    assert ranking.id == rating.id == "p-7"
    assert ranking.ranks == [2, 1, 2]
    assert ranking.judgments[0].choice == "2,1,2"
    assert [pair.id for pair in pairs] == ["p-7-0-1", "p-7-1-2"]


def test_a_ranking_after_the_scores_decides():
    answer = rated(5, 5, 1, ranks=[2, 1, 3])
    _, ranking, *pairs = recorded(task(answer, k=3, rank=True)).records
    assert ranking.ranks == [2, 1, 3]
    assert len(pairs) == 3


def test_one_response_is_rated_by_itself():
    found = recorded(task(rated(2), rated(5), k=1))
    assert [record.scores for record in found.records] == [[3.5]]
    assert found.left_out == []
