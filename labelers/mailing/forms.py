"""Forms of letters: whom to send invitations, and which notices go by e-mail."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from labelers.mailing import choosing
from labelers.models import Role


class MailedInvitationForm(forms.Form):
    """Whom to send a link of their own."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    addresses = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "One per line, or with commas between them. Everybody gets a link of their own."
        ),
    )

    def clean_addresses(self) -> list[str]:
        """The addresses one by one."""
        return re.split(r"[\s,;]+", self.cleaned_data["addresses"].strip())


class MailForm(forms.Form):
    """Which notices also go by e-mail, and how soon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for group, title in choosing.GROUPS.items():
            choices = list(choosing.CHOICES.items())
            self.fields[group] = forms.ChoiceField(label=title, choices=choices)
