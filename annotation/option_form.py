"""The options of a task kind as a form, and as a description for programs.

Both grow out of `TaskKind.options`: an option that a kind gains appears by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from annotation import kind_words, wording
from annotation.task_kinds.base import OptionsError, TaskKind
from annotation.task_kinds.options import Option
from labelers import sentences

PREFIX = "option_"
SENTENCES = (
    gettext_noop("make it higher than low, with at most {most} steps in all."),
    gettext_noop("keep at least one step, or do not ask for strength."),
    gettext_noop("make it at least as many as the fewest turns."),
    gettext_noop("every entry is a text of 1 to 80 characters."),
    gettext_noop("give at most {most} different texts."),
)
"""What kinds say of options that the fields let through; see `labelers.sentences`."""


class Lines(forms.CharField):
    """A list of texts, one per line; blank lines are nothing."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """A list as lines; what somebody typed as it is."""
        return value if value is None or isinstance(value, str) else "\n".join(value)

    def to_python(self, value: Any) -> Any:
        """The lines."""
        text = super().to_python(value)
        return [line.strip() for line in text.splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the lines differ, not the blanks around them."""
        return self.to_python(data) != list(initial or [])

    def validate(self, value: Any) -> None:
        """An empty list is a list."""

    def run_validators(self, value: Any) -> None:
        """Every line is text that can be stored."""
        for line in value:
            super().run_validators(line)


class OptionsForm(forms.Form):
    """The options of `kind`; ``options`` is what they are, defaults where they were never set."""

    def __init__(
        self, kind: TaskKind, posted: Any = None, options: Mapping[str, Any] | None = None
    ) -> None:
        self.kind = kind
        stands = {**kind.default_options, **(options or {})}
        super().__init__(posted, initial={PREFIX + name: value for name, value in stands.items()})
        for name, option in kind.options.items():
            self.fields[PREFIX + name] = _field(option)

    def clean(self) -> dict[str, Any]:
        """What the kind says of the options together goes to the field that it names."""
        cleaned: dict[str, Any] = self.cleaned_data
        if not self.errors:
            try:
                self.kind.clean_options(self.options)
            except OptionsError as problem:
                name, _colon, said = str(problem).partition(": ")
                self.add_error(PREFIX + name, sentences.in_words(said, SENTENCES))
        return cleaned

    @property
    def options(self) -> dict[str, Any]:
        """The options as `TaskKind.clean_options` takes them, once the form is valid."""
        return {name: self.cleaned_data[PREFIX + name] for name in self.kind.options}


def _field(option: Option) -> forms.Field:
    words = {"label": _(option.title), "help_text": option.help and _(option.help)}
    choices = [(value, kind_words.choice_in_words(value)) for value in option.choices]
    match shape_of(option):
        case "switch":
            return forms.BooleanField(required=False, **words)
        case "number":
            return forms.IntegerField(min_value=option.low, max_value=option.high, **words)
        case "choice":
            return forms.ChoiceField(choices=choices, **words)
    if choices:
        boxes = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(required=False, choices=choices, widget=boxes, **words)
    rows = max(3, min(12, len(option.default) if isinstance(option.default, tuple) else 0))
    return Lines(required=False, widget=forms.Textarea(attrs={"rows": rows}), **words)


def shape_of(option: Option) -> str:
    """What an option holds: switch, number, choice or list."""
    if isinstance(option.default, bool):
        return "switch"
    if isinstance(option.default, int):
        return "number"
    return "choice" if isinstance(option.default, str) else "list"


def describe(kind: TaskKind) -> dict[str, Any]:
    """A kind with its options, as the API shows it."""
    return {
        "name": kind.name,
        "title": str(wording.KINDS[kind.name]),
        "description": str(kind_words.DESCRIPTIONS.get(kind.name, "")),
        "min_responses": kind.min_responses,
        "max_responses": kind.max_responses,
        "options": [_describe(name, option) for name, option in kind.options.items()],
    }


def _describe(name: str, option: Option) -> dict[str, Any]:
    shape = shape_of(option)
    described = {
        "name": name,
        "shape": shape,
        "title": _(option.title),
        "help": option.help and _(option.help),
        "default": option.default,
    }
    if shape == "number":
        described |= {"low": option.low, "high": option.high}
    if option.choices:
        described["choices"] = list(option.choices)
    if shape == "list":
        described["most"] = option.most
    return described


def take_errors(form: forms.Form, problem: ValidationError, names: Mapping[str, str]) -> None:
    """Put what a function refused at the fields of `form`; `names` are those called otherwise."""
    for field, said in problem.message_dict.items():
        shown = names.get(field, field)
        form.add_error(shown if shown in form.fields else None, said)
