"""The survey: voluntary in every question, with the items of the published one."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labelers.models import SurveyAnswers
from labelers.surveying import QUESTIONS, clean_answers, keep_answers


def test_it_asks_what_the_published_survey_asks():
    asked = [name for name, one in QUESTIONS.items() if not one.is_satisfaction]
    assert asked == ["gender", "ethnicity", "nationality", "age", "education"]
    assert sum(one.is_satisfaction for one in QUESTIONS.values()) == 5


def test_every_question_may_be_left_out():
    assert clean_answers(dict.fromkeys(QUESTIONS, "")) == {}
    assert clean_answers({"age": "60+", "gender": ""}) == {"age": "60+"}


def test_nothing_said_is_nothing_stored(project):
    assert keep_answers(project=project, answers={"age": ""}) is False
    assert keep_answers(project=project, answers={"age": "60+"}) is True
    assert SurveyAnswers.objects.get().answers == {"age": "60+"}


@pytest.mark.parametrize("answers", [{"name": "Ada"}, {"age": "31"}])
def test_what_was_not_asked_is_refused_by_name(project, answers):
    with pytest.raises(ValidationError) as refused:
        keep_answers(project=project, answers=answers)
    assert list(refused.value.message_dict) == list(answers)
