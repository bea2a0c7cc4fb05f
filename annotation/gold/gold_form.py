"""The answer that is expected of an item as a plain form, made of what its kind asks.

Responses are called A, B, C as the page shows them, which is their canonical order. A kind is read
by the fields of its answers, which kinds share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.gold.keeping_gold import LONGEST_EXPLANATION
from annotation.kind_words import letter
from annotation.known_answers import writes
from annotation.models import Task
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.templatetags.scales import preference_scale

Options = Mapping[str, Any]
RANKS, SCORES, FLAGS = "rank_{}", "score_{}", "flags_{}"


class GoldForm(forms.Form):
    """The expected answer of `task` and why it is right; ``answer`` holds it once valid."""

    explanation = forms.CharField(
        label=gettext_lazy("Why it is right"),
        required=False,
        max_length=LONGEST_EXPLANATION,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Labelers read it after a training item."),
    )

    def __init__(
        self,
        task: Task,
        options: Options,
        posted: Any = None,
        answer: Mapping[str, Any] | None = None,
        explanation: str = "",
    ) -> None:
        self.shape = _shape_of(task)
        self.is_written = self.shape is NO_ANSWER
        self.k = task.placed.count()
        initial = {"explanation": explanation}
        if answer is not None:
            initial |= self.shape.taken_apart(answer)
        super().__init__(posted, initial=initial)
        # What is asked comes before the explanation.
        self.fields = self.shape.fields(self.k, options) | self.fields

    @property
    def answer(self) -> dict[str, Any] | None:
        """What was chosen, as the kind stores it; None where people write."""
        return self.shape.put_together(self.cleaned_data, self.k)


class Shape:
    """How one way of answering becomes fields, and fields an answer."""

    def __init__(
        self,
        fields: Callable[[int, Options], dict[str, forms.Field]],
        put_together: Callable[[Mapping[str, Any], int], dict[str, Any] | None],
        taken_apart: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> None:
        self.fields, self.put_together, self.taken_apart = fields, put_together, taken_apart


def _radio(label: str, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect)


def _choice_fields(k: int, options: Options) -> dict[str, forms.Field]:
    choices = [
        (f"{step['choice']} {step.get('strength') or ''}".strip(), step["label"])
        for step in preference_scale(options)
    ]
    return {"choice": _radio(_("Which response is better?"), choices)}


def _choice_answer(values: Mapping[str, Any], k: int) -> dict[str, Any]:
    choice, _space, strength = values["choice"].partition(" ")
    return {"choice": choice, "strength": strength or None}


def _best_fields(k: int, options: Options) -> dict[str, forms.Field]:
    choices = [
        (str(place), _("Response {letter} is the best").format(letter=letter(place)))
        for place in range(k)
    ]
    return {"best": _radio(_("Which response is the best?"), choices)}


def _good_fields(k: int, options: Options) -> dict[str, forms.Field]:
    return {"good": _radio(_("Is it good?"), [("yes", _("Good")), ("no", _("Bad"))])}


def _numbers(values: range) -> list[tuple[Any, str]]:
    """Numbers to choose from; none is chosen for anybody."""
    return [("", "–"), *((value, str(value)) for value in values)]


def _rank_fields(k: int, options: Options) -> dict[str, forms.Field]:
    places = _numbers(range(1, k + 1))
    return {
        RANKS.format(position): forms.TypedChoiceField(
            label=_("Place of response {letter}").format(letter=letter(position)),
            choices=places,
            coerce=int,
            help_text="" if position else _("1 is best; the same place is a tie."),
        )
        for position in range(k)
    }


def _score_fields(k: int, options: Options) -> dict[str, forms.Field]:
    steps = _numbers(range(options["low"], options["high"] + 1))
    flags = [(name, _(name)) for name in options["flags"]]
    found: dict[str, forms.Field] = {}
    for position in range(k):
        said = {"letter": letter(position)}
        found[SCORES.format(position)] = forms.TypedChoiceField(
            label=_("Score of response {letter}").format(**said), choices=steps, coerce=int
        )
        if flags:
            found[FLAGS.format(position)] = forms.MultipleChoiceField(
                label=_("What is true of response {letter}").format(**said),
                choices=flags,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
    return found | (_rank_fields(k, options) if options["rank"] else {})


def _score_answer(values: Mapping[str, Any], k: int) -> dict[str, Any]:
    found = {
        "scores": [values[SCORES.format(place)] for place in range(k)],
        "flags": [values.get(FLAGS.format(place), []) for place in range(k)],
    }
    return found | (_rank_answer(values, k) if RANKS.format(0) in values else {})


def _score_parts(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_by_place(SCORES, answer["scores"]),
        **_by_place(FLAGS, answer.get("flags", [])),
        **_by_place(RANKS, answer.get("ranks") or []),
    }


def _rank_answer(values: Mapping[str, Any], k: int) -> dict[str, Any]:
    return {"ranks": [values[RANKS.format(place)] for place in range(k)]}


def _by_place(name: str, values: Any) -> dict[str, Any]:
    return {name.format(place): value for place, value in enumerate(values)}


SHAPES = {
    "pairwise": Shape(
        _choice_fields,
        _choice_answer,
        lambda answer: {"choice": f"{answer['choice']} {answer.get('strength') or ''}".strip()},
    ),
    "ranking": Shape(_rank_fields, _rank_answer, lambda answer: _by_place(RANKS, answer["ranks"])),
    "best_of": Shape(
        _best_fields,
        lambda values, k: {"best": int(values["best"])},
        lambda answer: {"best": str(answer["best"])},
    ),
    "rating": Shape(_score_fields, _score_answer, _score_parts),
    "thumbs": Shape(
        _good_fields,
        lambda values, k: {"good": values["good"] == "yes"},
        lambda answer: {"good": "yes" if answer["good"] else "no"},
    ),
}
"""By kind. A kind that writes has none: a person reads what comes."""

NO_ANSWER = Shape(lambda k, options: {}, lambda values, k: None, lambda answer: {})


def _shape_of(task: Task) -> Shape:
    return NO_ANSWER if writes(TASK_KINDS[task.kind]) else SHAPES[task.kind]
