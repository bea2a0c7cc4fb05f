"""Rows of prompt and answers, the better one first."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.readers.base import RowError
from training.trainers.data.answer_rows import parse_answers

ROW = {"prompt": "Why?", "answer1": "Because.", "answer2": "No."}


def parsed(**changes: Any) -> Any:
    return parse_answers(ROW | changes, "file")


def test_the_first_answer_is_the_better_one() -> None:
    found = parsed(criterion="helpful", strength="slightly", language="en")
    assert found.prompt == [{"role": "user", "content": "Why?"}]
    assert found.responses == [
        ([{"role": "assistant", "content": "Because."}], "file"),
        ([{"role": "assistant", "content": "No."}], "file"),
    ]
    (known,) = found.known
    assert (known.ranks, known.criterion, known.strength) == ([1, 2], "helpful", "slightly")
    assert found.language == "en"


@pytest.mark.parametrize(
    ("changes", "ranks"),
    [
        ({"preferred": 2}, [2, 1]),
        ({"preferred": "1"}, [1, 2]),
        ({"preferred": "Tie"}, [1, 1]),
        ({"answer3": "Perhaps."}, [1, 2, 3]),
        ({"answer3": "Perhaps.", "ranks": [2, 1, 2]}, [2, 1, 2]),
        ({"ranks": "2, 1"}, [2, 1]),
        ({"answer3": "", "preferred": ""}, [1, 2]),
    ],
)
def test_what_a_row_may_say_of_the_order(changes: dict[str, Any], ranks: list[int]) -> None:
    assert parsed(**changes).known[0].ranks == ranks


def test_prompts_and_answers_may_be_messages() -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    assert parsed(prompt=turns).prompt == turns
    answer = [{"role": "assistant", "content": "Yes."}]
    assert parsed(answer2=answer).responses[1][0] == answer


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompt": ""}, "prompt: is missing"),
        ({"answer2": None}, "without a gap"),
        ({"answer4": "More."}, "without a gap"),
        ({"answer2": "Because."}, "two answers are the same"),
        ({"preferred": "3"}, "must be 1, 2 or tie"),
        ({"answer3": "x", "preferred": 1}, "give ranks"),
        ({"preferred": 1, "ranks": [1, 2]}, "one or the other"),
        ({"ranks": [1]}, "one number for each answer"),
        ({"ranks": "first, second"}, "must be whole numbers"),
        ({"strength": "very"}, "strength: must be one of"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RowError, match=message):
        parsed(**changes)
