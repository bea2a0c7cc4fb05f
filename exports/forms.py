"""The form of a new snapshot: its name, its filters and the shares of its splits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from exports import wording
from exports.filters import KNOWN_STRENGTHS, Filters, FiltersError
from exports.models import Snapshot
from exports.splitting import SPLITS, Fractions, FractionsError

WORDS = ("languages", "tags", "criteria", "sources", "labelers", "without_labelers")
"""The filters that are lists of words."""


class NameForm(forms.Form):
    """What the snapshot is called."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("You will find it under this name a year from now."),
    )


class FilterForm(forms.Form):
    """Which labels go in, and how they are divided. All fields have defaults."""

    min_judgments = forms.IntegerField(
        label=_("Judgments per task, at least"), min_value=1, max_value=1000, initial=1
    )
    min_weight = forms.FloatField(
        label=_("Weight, at least"),
        min_value=0.5,
        max_value=1,
        initial=0.5,
        help_text=_("The probability that the better response is the better one."),
        widget=forms.NumberInput(attrs={"step": "0.05"}),
    )
    drop_negligible = forms.BooleanField(
        label=_("Leave out pairs that are negligibly better"), required=False
    )
    include_imported = forms.BooleanField(
        label=_("Use imported preferences too"), required=False, initial=True
    )
    since = forms.DateField(
        label=_("Judged on or after"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=_("Judged before"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    languages = forms.CharField(
        label=_("Languages"), required=False, help_text=_("Separated by commas; empty is all.")
    )
    tags = forms.CharField(
        label=_("Tags"), required=False, help_text=_("Any of them, separated by commas.")
    )
    criteria = forms.CharField(
        label=_("Criteria"), required=False, help_text=_("Any of them, separated by commas.")
    )
    sources = forms.CharField(
        label=_("Sources of the responses"),
        required=False,
        help_text=_("Items with a response of any of these, separated by commas."),
    )
    labelers = forms.CharField(
        label=_("Only these labelers"),
        required=False,
        help_text=_("Pseudonyms, separated by commas."),
    )
    without_labelers = forms.CharField(
        label=_("Without these labelers"),
        required=False,
        help_text=_("Pseudonyms, separated by commas."),
    )
    strengths = forms.MultipleChoiceField(
        label=_("Strength"),
        required=False,
        choices=[(name, wording.STRENGTHS[name]) for name in KNOWN_STRENGTHS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only pairs of these; none is all."),
    )
    min_agreement = forms.FloatField(
        label=_("Agreement, at least"),
        min_value=0,
        max_value=1,
        required=False,
        help_text=_("The share of labeler pairs who said the same; one judgment alone has none."),
        widget=forms.NumberInput(attrs={"step": "0.05"}),
    )
    train = forms.FloatField(label=_("Share of training"), min_value=0, max_value=1, initial=0.8)
    validation = forms.FloatField(
        label=_("Share of validation"), min_value=0, max_value=1, initial=0.1
    )
    test = forms.FloatField(label=_("Share of test"), min_value=0, max_value=1, initial=0.1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SPLITS:
            self.fields[name].widget.attrs["step"] = "0.05"

    def clean(self) -> dict[str, Any]:
        """Add ``filters`` (Filters) and ``fractions`` (Fractions) to the cleaned values."""
        values = super().clean() or {}
        if self.errors:
            return values
        filters = {name: values[name] for name in Filters.__dataclass_fields__}
        filters["min_agreement"] = filters["min_agreement"] or 0
        for name in WORDS:
            words = values[name].replace("、", ",").split(",")
            filters[name] = [word.strip() for word in words if word.strip()]
        try:
            values["filters"] = Filters.from_mapping(filters)
            values["fractions"] = Fractions.from_mapping({name: values[name] for name in SPLITS})
        except (FiltersError, FractionsError) as error:
            raise ValidationError(wording.sentence_of(str(error))) from error
        return values


def initial_of(snapshot: Snapshot) -> dict[str, Any]:
    """What `FilterForm` shows for one more snapshot of the same filters and splits."""
    filters = {name: snapshot.filters.get(name) for name in Filters.__dataclass_fields__}
    for name in WORDS:
        filters[name] = ", ".join(filters[name] or [])
    for name in ("since", "until"):
        # The form asks for days.
        filters[name] = (filters[name] or "")[:10] or None
    known = {name: value for name, value in filters.items() if value is not None}
    return known | dict(snapshot.fractions)
