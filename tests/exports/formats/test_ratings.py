"""Ratings: means and shares beside what each labeler gave."""

import json

from exports.formats.ratings import write
from tests.exports.making import assistant, rating, user


def test_a_line_holds_everything():
    (piece,) = write([rating(4)], {})
    assert json.loads(piece) == {
        "prompt": [user("question 4")],
        "responses": [[assistant("answer 4 0")], [assistant("answer 4 1")]],
        "response_sources": ["new", "old"],
        "scores": [6.0, 2.0],
        "flags": [[], [{"name": "Hallucination", "share": 1.0}]],
        "low": 1,
        "high": 7,
        "answers": [{"labeler": "L-abc", "scores": [6, 2], "flags": [[], ["Hallucination"]]}],
    }
