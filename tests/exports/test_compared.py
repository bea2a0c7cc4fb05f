"""The best of several and thumbs as records: nothing is said of what nobody compared."""

import pytest

from annotation.consensus.aggregating import aggregate
from annotation.task_kinds.best_of import outcomes
from exports.formats.rankings import pairs_of
from exports.records import PreferencePair, Ranking, UnpairedExample
from tests.exports.labeling import labeled, recorded
from tests.exports.making import assistant


def best(place):
    return {"best": place}


def best_of(*answers, k=4):
    return labeled(*map(best, answers), kind="best_of", k=k)


def test_the_best_is_better_than_each_of_the_rest_and_the_rest_has_no_order():
    found = recorded(best_of(2))
    ranking, *pairs = found.records
    assert isinstance(ranking, Ranking)
    assert ranking.ranks is None
    assert [(each.i, each.j, each.n) for each in ranking.comparisons] == [
        (0, 1, 0),
        (0, 2, 1),
        (0, 3, 0),
        (1, 2, 1),
        (1, 3, 0),
        (2, 3, 1),
    ]
    unknown = [each for each in ranking.comparisons if not each.n]
    assert {(each.p_i, each.p_j, each.p_tie, each.winner) for each in unknown} == {
        (0.5, 0.5, 0.0, None)
    }
    assert [pair.id for pair in pairs] == ["p-7-0-2", "p-7-1-2", "p-7-2-3"]
    assert all(pair.chosen == [assistant("r2")] for pair in pairs)
    assert {pair.weight for pair in pairs} == {0.666667}
    assert {pair.rank_group for pair in pairs} == {"p-7"}
    assert found.left_out == ["not_compared"] * 3
    # The download of rankings names the same pairs.
    assert [(each["chosen"], each["rejected"]) for each in pairs_of(ranking)] == [
        (2, 0),
        (2, 1),
        (2, 3),
    ]


def test_a_labeler_gives_a_rank_only_to_the_best():
    ranking = recorded(best_of(1, None, 3)).records[0]
    assert [view.choice for view in ranking.judgments] == [",1,,", ",,,", ",,,1"]
    assert {view.shown_first for view in ranking.judgments} == {"3"}


def test_a_pair_names_only_those_who_compared_it():
    records = recorded(best_of(0, 0, 2, None, k=3)).records
    by_id = {record.id: record for record in records if isinstance(record, PreferencePair)}
    assert [view.labeler for view in by_id["p-7-0-1"].judgments] == ["L-1", "L-2"]
    assert [view.choice for view in by_id["p-7-0-2"].judgments] == ["chosen", "chosen", "rejected"]
    # One for 2, nobody for 1; two votes of two, and two of three.
    assert by_id["p-7-1-2"].chosen == [assistant("r2")]
    assert by_id["p-7-0-1"].weight == 0.75
    assert by_id["p-7-0-2"].weight == 0.6


def test_an_order_that_follows_is_told():
    # 0 before 2 by two votes to one, and 2 before 1 by the one vote of the third labeler.
    ranking = recorded(best_of(0, 0, 2, k=3)).records[0]
    assert ranking.ranks == [1, 3, 2]


def test_two_responses_make_a_pair():
    (pair,) = recorded(best_of(1, k=2)).records
    assert isinstance(pair, PreferencePair)
    assert (pair.id, pair.rank_group) == ("p-7", None)
    assert pair.chosen == [assistant("r1")]
    assert pair.judgments[0].choice == "chosen"


@pytest.mark.parametrize(("k", "pairs"), [(2, 1), (4, 6)])
def test_where_none_is_good_nothing_is_compared(k, pairs):
    found = recorded(best_of(None, None, k=k))
    assert found.records == []
    assert found.left_out == ["not_compared"] * pairs


def test_the_consensus_invents_no_order_among_the_rest():
    assert aggregate([outcomes(best(0), 3)], 3).ranks is None


GOOD, BAD = {"good": True}, {"good": False}


@pytest.mark.parametrize(
    ("answers", "label", "weight"),
    [
        ([GOOD], True, 0.666667),
        ([BAD], False, 0.666667),
        ([BAD, BAD, GOOD], False, 0.6),
        ([GOOD] * 8, True, 0.9),
    ],
)
def test_thumbs_make_one_unpaired_example(answers, label, weight):
    (example,) = recorded(labeled(*answers, kind="thumbs", k=1, reason="short")).records
    assert isinstance(example, UnpairedExample)
    assert example.id == example.task == "p-7"
    assert example.completion == [assistant("r0")]
    assert example.response_sources == ["m0"]
    assert (example.label, example.weight) == (label, weight)
    assert [view.choice for view in example.judgments] == [
        "good" if answer["good"] else "bad" for answer in answers
    ]
    assert {view.reason for view in example.judgments} == {"short"}


def test_thumbs_that_balance_say_nothing():
    found = recorded(labeled(GOOD, BAD, kind="thumbs", k=1))
    assert (found.records, found.left_out) == ([], ["tied"])


def test_the_least_weight_holds_for_thumbs():
    found = recorded(labeled(GOOD, GOOD, BAD, kind="thumbs", k=1), min_weight=0.7)
    assert (found.records, found.left_out) == ([], ["low_weight"])
