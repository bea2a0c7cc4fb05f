"""The voluntary survey: its questions, and keeping answers that lead to nobody.

The items are those of InstructGPT's survey (2203.02155, appendix B.4) in words of our own. That
somebody has come past the survey is written down by annotation's screening, alike for those who
answered and those who would rather not; no answer is ever stored with a person or a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labelers.grouping import DIMENSIONS
from labelers.models import Project, SurveyAnswers
from labelers.scattering import scatter

Words = str | Promise

AGREEMENT: Mapping[str, Words] = {
    "1": gettext_lazy("Not at all"),
    "2": gettext_lazy("Rather not"),
    "3": gettext_lazy("Partly"),
    "4": gettext_lazy("Rather yes"),
    "5": gettext_lazy("Very much"),
}


@dataclass(frozen=True)
class Question:
    """One question with the choices that it offers; leaving it out is always one more."""

    title: Words
    choices: Mapping[str, Words]
    is_satisfaction: bool = False


QUESTIONS: Mapping[str, Question] = {
    "gender": Question(DIMENSIONS["gender"].title, DIMENSIONS["gender"].values),
    "ethnicity": Question(
        gettext_lazy("Ethnicity"),
        {
            "african": gettext_lazy("African or Black"),
            "east-asian": gettext_lazy("East Asian"),
            "south-asian": gettext_lazy("South Asian"),
            "southeast-asian": gettext_lazy("Southeast Asian"),
            "middle-eastern": gettext_lazy("Middle Eastern or North African"),
            "latino": gettext_lazy("Hispanic or Latino"),
            "indigenous": gettext_lazy("Indigenous"),
            "white": gettext_lazy("White or European"),
            "several": gettext_lazy("More than one"),
            "other": gettext_lazy("Another ethnicity"),
        },
    ),
    "nationality": Question(
        gettext_lazy("Nationality, by part of the world"), DIMENSIONS["region"].values
    ),
    "age": Question(DIMENSIONS["age"].title, DIMENSIONS["age"].values),
    "education": Question(
        gettext_lazy("Highest education"),
        {
            "school": gettext_lazy("Less than high school"),
            "high-school": gettext_lazy("High school"),
            "vocational": gettext_lazy("Vocational training or college"),
            "bachelor": gettext_lazy("Bachelor's degree"),
            "master": gettext_lazy("Master's degree"),
            "doctorate": gettext_lazy("Doctorate"),
        },
    ),
    "clear": Question(
        gettext_lazy("I understand what is asked of me here."), AGREEMENT, is_satisfaction=True
    ),
    "interesting": Question(
        gettext_lazy("I find this work interesting."), AGREEMENT, is_satisfaction=True
    ),
    "varied": Question(
        gettext_lazy("The work is varied enough for me."), AGREEMENT, is_satisfaction=True
    ),
    "fair": Question(
        gettext_lazy("I am paid fairly for my time."), AGREEMENT, is_satisfaction=True
    ),
    "heard": Question(
        gettext_lazy("When I have a question, somebody answers it."),
        AGREEMENT,
        is_satisfaction=True,
    ),
}
"""Every question by name, in the order in which they are asked."""


def clean_answers(given: Mapping[str, str]) -> dict[str, str]:
    """`given` without what was left out (an empty choice).

    Raises:
        ValidationError: by question.
    """
    errors: dict[str, list[str]] = {}
    for name, choice in given.items():
        if name not in QUESTIONS:
            errors[str(name)[:80]] = [
                _("There is no such question; known are %s.") % ", ".join(QUESTIONS)
            ]
        elif choice and choice not in QUESTIONS[name].choices:
            errors[name] = [_("Choose one of %s.") % ", ".join(QUESTIONS[name].choices)]
    if errors:
        raise ValidationError(errors)
    return {name: given[name] for name in QUESTIONS if given.get(name)}


@transaction.atomic
def keep_answers(*, project: Project, answers: Mapping[str, str]) -> bool:
    """Store what somebody answered, so that nobody can say who; nothing where nothing was said.

    Writes no audit row: it would say that somebody answered. Returns whether anything was kept.

    Raises:
        ValidationError: by question.
    """
    cleaned = clean_answers(answers)
    if not cleaned:
        return False
    SurveyAnswers.objects.create(project=project, answers=cleaned)
    scatter(SurveyAnswers, project)
    return True
