"""TRL's columns: the margin only on request, text that joins to the transcript."""

import json

import pytest

from exports.formats.base import FormatError, clean_options
from exports.formats.trl_preference import TRL_PREFERENCE, write
from tests.exports.making import assistant, pair, user


def rows(record, **options):
    return [json.loads(piece) for piece in write([record], clean_options(TRL_PREFERENCE, options))]


def test_messages_and_nothing_else():
    record = pair()
    assert rows(record) == [
        {"prompt": record.prompt, "chosen": record.chosen, "rejected": record.rejected}
    ]


def test_margin_and_group_on_request():
    (row,) = rows(pair(rank_group="p-1"), margin=True, rank_group=True)
    assert row["margin"] == 0.666667
    assert row["rank_group"] == "p-1"


def test_text_joins_to_the_transcript():
    record = pair(prompt=[user("hi")], chosen=[assistant("yes"), user("go on"), assistant("")])
    (row,) = rows(record, as_text=True)
    assert row == {
        "prompt": "\n\nHuman: hi\n\nAssistant:",
        "chosen": " yes\n\nHuman: go on\n\nAssistant: ",
        "rejected": " bad 1",
    }


def test_text_without_a_prompt():
    (row,) = rows(pair(prompt=[]), as_text=True)
    assert row["prompt"] == "\n\nAssistant:"


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (pair(prompt=[{"role": "system", "content": "x"}]), "no place for a system message"),
        (pair(chosen=[user("me")]), "does not begin with an assistant's turn"),
    ],
)
def test_text_that_would_lie_is_refused(record, sentence):
    with pytest.raises(FormatError, match=f"Record p-1: .*{sentence}"):
        rows(record, as_text=True)
