"""What a quiz may look like, and what is said of one that may not."""

import pytest
from django.core.exceptions import ValidationError

from annotation.entry.quizzes import clean_quiz

GOOD = {"question": " What counts? ", "choices": ["Truth", " Length "], "right": 0}


def test_texts_lose_their_blank_ends_and_an_explanation_may_be_missing():
    (made,) = clean_quiz([GOOD])
    assert made == {
        "question": "What counts?",
        "choices": ["Truth", "Length"],
        "right": 0,
        "explanation": "",
    }
    assert clean_quiz([]) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"question": " "}, "question: write"),
        ({"question": "x" * 1001}, "more than 1000"),
        ({"choices": ["one"]}, "2 to 8"),
        ({"choices": ["a", ""]}, "2 to 8"),
        ({"choices": ["a", " a"]}, "the same"),
        ({"choices": "ab"}, "list of texts"),
        ({"choices": ["a", 3]}, "must be text"),
        ({"right": 2}, "right: say"),
        ({"right": True}, "right: say"),
        ({"right": None}, "right: say"),
        ({"hint": "x"}, "no field hint"),
    ],
)
def test_a_bad_question_is_named_by_its_number(change, sentence):
    with pytest.raises(ValidationError) as refused:
        clean_quiz([GOOD, {**GOOD, **change}])
    (said,) = refused.value.message_dict["quiz"]
    assert said.startswith("Question 2: ")
    assert sentence in said


@pytest.mark.parametrize("given", ["x", 3, None, [GOOD] * 31])
def test_what_is_no_short_list_is_refused(given):
    with pytest.raises(ValidationError):
        clean_quiz(given)
