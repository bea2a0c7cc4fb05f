"""Rankings: all responses, all comparisons, and the pairs that do not tie."""

import json
from dataclasses import replace

from exports.formats.rankings import pairs_of, write
from tests.exports.making import ranking


def test_four_responses_with_a_tie_give_five_pairs():
    pairs = pairs_of(ranking(ranks=(2, 1, 2, 4)))
    assert {(each["chosen"], each["rejected"]) for each in pairs} == {
        (1, 0),
        (1, 2),
        (0, 3),
        (1, 3),
        (2, 3),
    }
    assert {each["weight"] for each in pairs} == {0.666667}


def test_a_line_holds_everything():
    record = ranking(7)
    (piece,) = write([record], {})
    row = json.loads(piece)
    assert row["rank_group"] == "p-7"
    assert row["ranks"] == [1, 2, 2, 4]
    assert row["responses"] == record.responses
    assert len(row["comparisons"]) == 6
    assert len(row["pairs"]) == 5


def test_where_no_order_fits_there_are_pairs_but_no_ranks():
    (piece,) = write([replace(ranking(ranks=(1, 2, 3)), ranks=None)], {})
    row = json.loads(piece)
    assert row["ranks"] is None
    assert len(row["pairs"]) == 3
