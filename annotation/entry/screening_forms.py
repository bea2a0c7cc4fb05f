"""The forms of a screening policy: shares as percentages, the quiz as a set of questions.

What a policy may be is checked by `hiring.change_policy`; forms only read what was typed.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from annotation.entry import exam_length, hiring, quizzes
from annotation.models import ScreeningPolicy
from annotation.models.screening import BEST_SCORE
from annotation.option_form import Lines


class Percent(forms.FloatField):
    """A share, shown and typed as a percentage."""

    def __init__(self, *, low: float = 0, high: float = 100, step: str = "any", **words: Any):
        attrs = {"step": step, "inputmode": "decimal"}
        super().__init__(
            min_value=low, max_value=high, widget=forms.NumberInput(attrs=attrs), **words
        )

    def prepare_value(self, value: Any) -> Any:
        """A stored share as a percentage; what somebody typed as it is."""
        return f"{round(100 * value, 4):g}" if isinstance(value, float) else value

    def clean(self, value: Any) -> Any:
        """The share."""
        found = super().clean(value)
        return None if found is None else round(found / 100, 6)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the percentage differs from the share that was shown."""
        try:
            return round(float(data) / 100, 6) != round(initial, 6)
        except (TypeError, ValueError):
            return True


def _whole(label: Any, low: int, high: int, **words: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=low, max_value=high, **words)


def _switch(label: Any, **words: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **words)


class ExamNumbers(forms.Form):
    """What decides how long an exam is and whom it lets pass."""

    good_accuracy = Percent(
        label=gettext_lazy("Accuracy of a good labeler, %"),
        low=1,
        high=99.9,
        help_text=gettext_lazy("Somebody like this should pass."),
    )
    poor_accuracy = Percent(
        label=gettext_lazy("Accuracy of a poor labeler, %"),
        low=1,
        high=99.9,
        help_text=gettext_lazy("Somebody like this should not. Guessing between two is 50%."),
    )
    false_pass = Percent(label=gettext_lazy("Poor labelers who may pass, %"), low=0.1, high=40)
    false_fail = Percent(label=gettext_lazy("Good labelers who may fail, %"), low=0.1, high=40)
    exam_least = _whole(gettext_lazy("Least items"), 1, 500)
    exam_most = _whole(
        gettext_lazy("Most items"),
        1,
        500,
        help_text=gettext_lazy("Whoever is undecided by then is left to you."),
    )
    attempts = _whole(gettext_lazy("Attempts"), 1, hiring.MOST_ATTEMPTS)
    training_items = _whole(
        gettext_lazy("Training items"),
        0,
        100,
        help_text=gettext_lazy("With the expected answer explained after each. 0: no training."),
    )


class PolicyForm(ExamNumbers):
    """Everything that is asked of labelers before they work."""

    is_screened = _switch(
        gettext_lazy("Labelers are screened before they work"),
        help_text=gettext_lazy("Nobody is given work before they have passed every stage below."),
    )
    present_labelers = forms.ChoiceField(
        label=gettext_lazy("Labelers who are there already"),
        required=False,
        choices=[
            ("", gettext_lazy("Choose")),
            ("qualified", gettext_lazy("stay qualified and go on working")),
            ("screened", gettext_lazy("are screened like everybody")),
        ],
    )
    asks_survey = _switch(
        gettext_lazy("Ask the voluntary survey"),
        help_text=gettext_lazy("Its answers are kept without any link to the person."),
    )
    asks_groups = _switch(
        gettext_lazy("Ask whether they want to be counted in a group"),
        help_text=gettext_lazy(
            "A coarse one like an age band, by separate consent; figures of fewer than five"
            " people are never shown."
        ),
    )
    topics = Lines(
        label=gettext_lazy("Topics and cultures they rate themselves on"),
        required=False,
        help_text=gettext_lazy("One per line."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    routes_by_topic = _switch(gettext_lazy("Give items with such a tag to whoever knows the topic"))
    quiz_share = Percent(label=gettext_lazy("Questions that must be right, %"), step="5")
    has_exam = _switch(
        gettext_lazy("Hold an exam"),
        help_text=gettext_lazy("Items with a known answer, drawn at random, never twice."),
    )
    written_items = _whole(gettext_lazy("Texts to write"), 0, 50)
    written_score = forms.FloatField(
        label=gettext_lazy("Mean score to pass, 1 to 7"),
        min_value=1,
        max_value=BEST_SCORE,
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
        help_text=gettext_lazy("Lower by more than 1 fails; what lies between is left to you."),
    )
    written_scorers = _whole(gettext_lazy("Admins who score each text"), 1, 9)
    wait_hours = _whole(gettext_lazy("Hours to wait before another attempt"), 0, 8760)

    def changes(self) -> dict[str, Any]:
        """What was changed, and nothing else."""
        return {
            name: self.cleaned_data[name]
            for name in self.changed_data
            if name not in ("is_screened", "present_labelers")
        }


JUDGED = (
    *("good_accuracy", "poor_accuracy", "false_pass", "false_fail"),
    *("exam_least", "exam_most"),
)
WRITTEN = ("written_items", "written_score", "written_scorers")
"""What an exam goes by where answers are compared with known ones, and where people write."""


def policy_form(policy: ScreeningPolicy, posted: Any = None) -> PolicyForm:
    """The form of a policy as it stands, with what its project's kind of exam needs."""
    initial = {name: getattr(policy, name) for name in hiring.CHANGEABLE if name != "quiz"}
    initial["is_screened"] = policy.project.is_screened
    form = PolicyForm(posted, initial=initial)
    for name in WRITTEN if exam_length.judges(policy.project.settings.kind) else JUDGED:
        del form.fields[name]
    return form


class QuestionForm(forms.Form):
    """One question of the quiz."""

    question = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=quizzes.LONGEST["question"],
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    choices = Lines(
        label=gettext_lazy("Choices, one per line"), widget=forms.Textarea(attrs={"rows": 3})
    )
    right = forms.IntegerField(
        label=gettext_lazy("Which line is right"),
        min_value=1,
        max_value=quizzes.CHOICES[1],
        initial=1,
    )
    explanation = forms.CharField(
        label=gettext_lazy("Explanation, shown after a wrong answer"),
        required=False,
        max_length=quizzes.LONGEST["explanation"],
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def as_question(self) -> quizzes.Question:
        """What `quizzes` takes."""
        found = dict(self.cleaned_data)
        found.pop("DELETE", None)
        return {**found, "right": found["right"] - 1}


QuestionSet = forms.formset_factory(
    QuestionForm, extra=1, can_delete=True, max_num=quizzes.MOST_QUESTIONS, validate_max=True
)


def quiz_forms(policy: ScreeningPolicy, posted: Any = None) -> Any:
    """The questions as forms, with an empty one at the end."""
    initial = [{**asked, "right": asked["right"] + 1} for asked in policy.quiz]
    return QuestionSet(posted, initial=initial, prefix="quiz")


def questions_of(formset: Any) -> list[quizzes.Question]:
    """The questions of a valid set, without the deleted and the empty ones."""
    return [
        form.as_question()
        for form in formset
        if form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]
