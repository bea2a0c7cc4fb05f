"""The form of a pay rate, and the form that closes a period."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.models import PayRate
from annotation.pay.money import CURRENCIES
from annotation.watch.void_form import MINUTES


def moment(**options: Any) -> forms.DateTimeField:
    """A time to the minute, in the time zone of this server."""
    return forms.DateTimeField(
        input_formats=[MINUTES, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "iso-8601"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
        **options,
    )


class RateForm(forms.ModelForm):
    """What a project pays from a time on; begins with what it pays now."""

    holds_from = moment(
        label=_("From when on"),
        required=False,
        help_text=_("In the time zone of this server; empty means from now on."),
    )

    class Meta:
        model = PayRate
        fields = [
            *("currency", "per_item", "per_turn", "per_hour", "cap_seconds"),
            *("pays_second_looks", "pays_training", "pays_exam"),
            *("bonus_percent", "bonus_score", "holds_from"),
        ]
        labels = {
            "currency": _("Currency"),
            "per_item": _("Per item"),
            "per_turn": _("Per turn of a conversation"),
            "per_hour": _("Per hour of active time"),
            "cap_seconds": _("Seconds of active time that an item counts at most"),
            "pays_second_looks": _("Second looks are paid like items"),
            "pays_training": _("Practice items are paid"),
            "pays_exam": _("Exam items are paid"),
            "bonus_percent": _("Bonus in percent"),
            "bonus_score": _("Bonus from this share of agreement with known answers on"),
        }
        help_texts = {
            "per_item": _("For every item that is no conversation; up to four decimal places."),
            "bonus_percent": _("Of what somebody earned in a period; 0 for none."),
        }
        widgets = {
            "currency": forms.Select(choices=[(code, code) for code in sorted(CURRENCIES)]),
            "bonus_score": forms.NumberInput(attrs={"step": "0.01"}),
        }

    def __init__(self, posted: Any, now: PayRate | None, kind: str) -> None:
        names = [name for name in self.Meta.fields if name != "holds_from"]
        initial = {name: getattr(now, name) for name in names} if now else {"currency": "USD"}
        super().__init__(posted, initial=initial)
        # A project asks one kind of thing, which is paid one way.
        self.left_out = "per_item" if kind == "conversation" else "per_turn"
        del self.fields[self.left_out]
        for name in ("per_item", "per_turn", "per_hour"):
            if name in self.fields:
                self.fields[name].widget.attrs["step"] = "0.0001"

    def _post_clean(self) -> None:
        """The function that stores it checks it; the form alone makes no row."""


class CloseForm(forms.Form):
    """Until when the period lasts."""

    until = moment(
        label=_("Until"),
        required=False,
        help_text=_("In the time zone of this server; empty means until now."),
    )


class RefusalForm(forms.Form):
    """Why somebody is not paid."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The labeler reads this: say what was wrong, and nothing about the person."),
    )
