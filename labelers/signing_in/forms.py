"""Forms of signing in, with our names for fields and our sentences."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _

from labelers.mailing import choosing
from labelers.signing_in import passwords


class SignInForm(LoginForm):
    """Name and password. Whatever is wrong is said in one sentence for both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["login"]
        self.fields["username"] = forms.CharField(
            label=_("Name"),
            max_length=150,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        )
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        )
        self.order_fields(["username", "password"])

    def clean(self) -> dict[str, Any]:
        """Look up the person; allauth knows the name's field as ``login``."""
        self.cleaned_data["login"] = self.cleaned_data.get("username", "").strip()
        return super().clean()


class LetterForm(forms.Form):
    """An address to which a letter goes, where there is a mail server."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean(self) -> dict[str, Any]:
        """Say so where no letter can be sent."""
        if not choosing.is_configured():
            raise forms.ValidationError(_("This site has no mail server, so it writes no letters."))
        return super().clean() or {}


class ForgottenForm(LetterForm):
    """The address to which a link for a new password goes, if somebody here has it."""

    def save(self, request: Any) -> None:
        """Ask for the letter; nothing tells whether there will be one."""
        passwords.ask_for_reset(email=self.cleaned_data["email"])


class EmailForm(LetterForm):
    """A new address for letters."""
