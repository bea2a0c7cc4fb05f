"""The words of pages name what there is, and in English say what the owners say."""

import pytest
from django.utils import translation

from annotation import wording
from annotation.readers.base import RowError
from annotation.readers.catalog import READERS
from annotation.stats import coefficient
from annotation.task_kinds.catalog import TASK_KINDS


def test_kinds_and_readers_are_called_what_their_owners_call_them():
    assert {name: str(title) for name, title in wording.KINDS.items()} == {
        name: kind.title for name, kind in TASK_KINDS.items()
    }
    assert {name: str(text) for name, text in wording.READERS.items()} == {
        name: reader.description for name, reader in READERS.items()
    }


def test_every_reason_for_an_undefined_coefficient_is_known():
    assert {str(text) for text in wording.UNDEFINED.values()} == {
        coefficient.NO_OVERLAP,
        coefficient.ONE_CATEGORY,
    }


@pytest.mark.parametrize(
    ("reader", "fields"),
    [
        ("accord", {}),
        ("accord", {"prompt": "Hi", "colour": "red"}),
        ("accord", {"prompt": [{"role": "robot"}]}),
        ("accord", {"prompt": ["Hi"]}),
        ("accord", {"prompt": "Hi", "responses": "one"}),
        ("accord", {"prompt": "Hi", "responses": ["x"] * 10}),
        ("accord", {"prompt": "Hi", "responses": [7]}),
        ("accord", {"prompt": "Hi", "responses": ["a", "b"], "ranks": [1]}),
        ("accord", {"prompt": "Hi", "responses": ["a", "b"], "ranks": [0, 1]}),
        ("accord", {"prompt": "Hi", "responses": ["a", "b"], "gold": {}}),
        ("accord", {"prompt": "Hi", "judgments": 1}),
        ("accord", {"prompt": "Hi", "judgments": [1]}),
        ("judgments", {"prompt": "Hi", "first": "a"}),
        ("judgments", {"prompt": "Hi", "first": "a", "responses": ["a", "b"]}),
        *(
            ("judgments", {"prompt": "Hi", "first": "a", "second": "b", "labeler": "w"} | said)
            for said in (
                *({}, {"chosen": 0, "tie": True}, {"chosen": 2}, {"answer": "no"}),
                *({"said": "good"}, {"said": "first", "at": "now"}, {"tie": "yes"}),
                *({"said": "first", "at": "2016-01-01"}, {"said": "tie", "at": "9999-01-01Z"}),
                *({"said": "tie", "seconds": -1}, {"said": "tie", "shown": [0]}),
                {"said": "tie", "labeler": None},
            )
        ),
        ("accord", {"prompt": "Hi\0"}),
        ("accord", {"prompt": "x" * 200_001}),
        ("hh_rlhf", {"chosen": "Hi"}),
        ("hh_rlhf", {"chosen": 7, "rejected": 7}),
        ("hh_rlhf", {"chosen": "\n\nHuman:Hi", "rejected": "\n\nHuman: Hi"}),
        ("trl", {"chosen": "a", "rejected": "b"}),
        ("trl", {"prompt": "Hi", "chosen": "a", "rejected": "a"}),
    ],
)
def test_what_is_wrong_with_a_row_is_said_in_japanese(reader, fields):
    with pytest.raises(RowError) as refused:
        READERS[reader].parse(fields, "file")
    english = refused.value.problem
    assert wording.sentence_of(english) == english
    with translation.override("ja"):
        assert wording.sentence_of(english) != english
