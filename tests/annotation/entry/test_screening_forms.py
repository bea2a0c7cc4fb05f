"""Percentages, shares of a population and questions, as people type them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation.entry.screening_forms import Percent, questions_of, quiz_forms
from annotation.models import ScreeningPolicy


def test_a_share_is_typed_as_a_percentage():
    field = Percent()
    assert field.prepare_value(0.025) == "2.5"
    assert field.prepare_value("9") == "9"
    assert field.clean("2.5") == 0.025
    assert not field.has_changed(0.85, "85.0")
    assert field.has_changed(0.85, "86")
    assert field.has_changed(0.85, "x")
    with pytest.raises(ValidationError):
        field.clean("101")


def test_questions_are_read_without_the_removed_and_the_empty_ones():
    asked = [
        {"question": name, "choices": ["a", "b"], "right": 1, "explanation": ""} for name in "xy"
    ]
    policy = ScreeningPolicy(quiz=asked)
    shown = quiz_forms(policy)
    assert [form["right"].value() for form in shown] == [2, 2, 1]
    posted = {"quiz-TOTAL_FORMS": "3", "quiz-INITIAL_FORMS": "2", "quiz-0-DELETE": "on"}
    for place in range(3):
        name = "xy"[place] if place < 2 else ""
        posted |= {
            f"quiz-{place}-question": name,
            f"quiz-{place}-choices": "a\r\nb" if name else "",
            f"quiz-{place}-right": "2" if name else "1",
        }
    sent = quiz_forms(policy, posted)
    assert sent.is_valid()
    assert questions_of(sent) == asked[1:]
