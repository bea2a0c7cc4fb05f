"""Every kind is described, and every kind's answers can be said in a line."""

from __future__ import annotations

import pytest

from annotation import kind_words
from annotation.task_kinds.catalog import TASK_KINDS


def test_every_kind_is_described():
    assert set(kind_words.DESCRIPTIONS) == set(TASK_KINDS)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"choice": "a", "strength": "better"}, "A: better"),
        ({"choice": "b", "strength": None}, "B is better"),
        ({"choice": "tie", "strength": None}, "Equally good"),
        ({"choice": "both_bad", "strength": None}, "Both bad"),
        ({"ranks": [2, 1, 2, 4]}, "B > A = C > D"),
        ({"best": 2}, "C is the best"),
        ({"best": None}, "None is good"),
        ({"scores": [3, 7], "flags": [[], ["Hallucination"]]}, "A 3, B 7"),
        ({"scores": [3, 7], "flags": [[], []], "ranks": [2, 1]}, "A 3, B 7 · B > A"),
        ({"good": True}, "Good"),
        ({"good": False}, "Bad response"),
        ({"text": "One\n\nline. " + "x" * 200}, "One line. " + "x" * 89 + "…"),
        ({"turns": [{"role": "user", "content": "Hi"}], "ended": False}, "1 turn"),
        ({"turns": [{}, {}], "ended": False}, "2 turns"),
        ({"unheard_of": 1}, "–"),
    ],
)
def test_answers_in_words(answer, words):
    assert kind_words.answer_in_words(answer) == words
