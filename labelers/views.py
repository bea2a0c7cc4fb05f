"""Pages about people: signing in and up, the account, a project's members and invitations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labelers import inviting, preferences, queries, roles, tokens
from labelers.mailing import choosing
from labelers.mailing.forms import MailedInvitationForm, MailForm
from labelers.models import ApiToken, Invitation, Project, Role
from labelers.signing_in import passwords, sessions


class SignUpForm(forms.Form):
    """Name and password of somebody who came by an invitation."""

    username = forms.CharField(label=gettext_lazy("Name to sign in with"), max_length=150)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters, not only digits, nothing common."),
    )


class TokenForm(forms.Form):
    """Name and scopes of a new API token."""

    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long it holds"),
        choices=[
            (7, gettext_lazy("7 days")),
            (30, gettext_lazy("30 days")),
            (tokens.USUAL_DAYS, gettext_lazy("90 days")),
            (365, gettext_lazy("One year")),
            (0, gettext_lazy("Until you revoke it")),
        ],
        coerce=int,
        initial=tokens.USUAL_DAYS,
    )


class DisplayForm(forms.Form):
    """How pages look; the rest of one's preferences are set where they are used."""

    theme = forms.ChoiceField(
        label=gettext_lazy("Colours"),
        choices=[
            ("system", gettext_lazy("As the device")),
            ("light", gettext_lazy("Light")),
            ("dark", gettext_lazy("Dark")),
        ],
    )
    text_size = forms.TypedChoiceField(
        label=gettext_lazy("Text size"),
        coerce=int,
        choices=[(size, f"{size}%") for size in preferences.TEXT_SIZES],
    )
    cover_first = forms.BooleanField(
        label=gettext_lazy("Cover every text until I uncover it"), required=False
    )


class InvitationForm(forms.Form):
    """Whom a new link lets in."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    max_uses = forms.IntegerField(
        label=gettext_lazy("How many people may use it"), min_value=1, max_value=10_000, initial=1
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=120, required=False)


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Come in by an invitation: with the account one has, or with a new one."""
    try:
        found = inviting.find_open(token)
        if request.method == "POST" and request.user.is_authenticated:
            inviting.accept(token=token, person=request.user, query=request.GET)
            return _first_page(found)
        form = SignUpForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                person = inviting.sign_up(
                    token=token,
                    language=get_language() or "en",
                    query=request.GET,
                    **form.cleaned_data,
                )
            except ValidationError as problem:
                form.errors.update(
                    {k: form.error_class(v) for k, v in problem.message_dict.items()}
                )
            else:
                login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
                sessions.begin(request=request, person=person, how="invitation")
                return _first_page(found)
    except inviting.InvitationError as problem:
        return render(request, "labelers/invitation_closed.html", {"reason": problem}, status=410)
    return render(request, "labelers/invitation.html", {"form": form, "invitation": found})


def _first_page(accepted: Invitation) -> HttpResponse:
    """Where somebody lands who came in by an invitation: labelers at their first steps."""
    is_screened = accepted.role == Role.LABELER and accepted.project.is_screened
    return redirect("start" if is_screened else "project", accepted.project.slug)


def _password_form(request: HttpRequest, *posted: Any) -> PasswordChangeForm:
    form = PasswordChangeForm(request.user, *posted)
    # Django gives it the focus, which opens the keyboard of a phone.
    del form.fields["old_password"].widget.attrs["autofocus"]
    return form


def _account_page(request: HttpRequest, **more: Any) -> HttpResponse:
    context = {
        "display_form": DisplayForm(preferences.preferences_of(request.user)),
        "password_form": _password_form(request),
        "token_form": TokenForm(),
        "mail_form": MailForm(choosing.choices_of(request.user)),
        "has_mail": choosing.is_configured(),
        "tokens": request.user.api_tokens.all(),
    }
    return render(request, "labelers/account.html", context | more)


def _change_display(request: HttpRequest) -> HttpResponse:
    form = DisplayForm(request.POST)
    if not form.is_valid():
        return _account_page(request, display_form=form)
    preferences.save_preferences(person=request.user, changes=form.cleaned_data)
    messages.success(request, _("This is how pages look for you from now on."))
    return redirect("account")


def _change_password(request: HttpRequest) -> HttpResponse:
    # Whoever holds somebody's session must not find out the password by guessing here.
    limited = ratelimit.consume_or_429(request, action="change_password", user=request.user)
    if limited:
        return limited
    form = _password_form(request, request.POST)
    if not form.is_valid():
        return _account_page(request, password_form=form)
    passwords.change(request=request, password=form.cleaned_data["new_password1"])
    messages.success(request, _("Your password was changed. All other sessions were ended."))
    return redirect("account")


def _make_token(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account_page(request, token_form=form)
    given = form.cleaned_data
    days = given.pop("days")
    end = timezone.now() + timedelta(days=days) if days else None
    _token, secret = tokens.create_token(person=request.user, expires_at=end, **given)
    return _account_page(request, secret=secret)


def _change_mail(request: HttpRequest) -> HttpResponse:
    form = MailForm(request.POST)
    if not form.is_valid():
        return _account_page(request, mail_form=form)
    preferences.save_preferences(person=request.user, changes={"mail": form.cleaned_data})
    messages.success(request, _("These are the letters you get from now on."))
    return redirect("account")


ACCOUNT_FORMS = {
    "display": _change_display,
    "mail": _change_mail,
    "password": _change_password,
    "token": _make_token,
}


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Display, password and API tokens of the person who is signed in."""
    take = ACCOUNT_FORMS.get(request.POST.get("form", ""))
    return take(request) if take else _account_page(request)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of one's own tokens."""
    token = get_object_or_404(ApiToken, pk=pk, person=request.user)
    tokens.revoke_token(token=token, revoked_by=request.user)
    messages.success(request, _("The token was revoked."))
    return redirect("account")


@login_required
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is in a project, and the links that let more in."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    is_mailed = request.POST.get("form") == "mail"
    form = InvitationForm(None if is_mailed else request.POST or None)
    mail_form = MailedInvitationForm(request.POST if is_mailed else None)
    if is_mailed and _send_invitations(request, project, mail_form):
        return redirect("people", slug)
    link = None
    if request.method == "POST" and form.is_valid():
        _made, token = inviting.invite(
            project=project, created_by=request.user, **form.cleaned_data
        )
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
        form = InvitationForm()
    context: dict[str, Any] = {
        "project": project,
        "roles": roles.roles_in(request.user, project),
        "tab": "people",
        "form": form,
        "link": link,
        "mail_form": mail_form,
        "has_mail": choosing.is_configured(),
        "members": queries.members(project),
        "invitations": queries.open_invitations(project),
    }
    return render(request, "labelers/people.html", context)


def _send_invitations(request: HttpRequest, project: Project, form: MailedInvitationForm) -> bool:
    """Invite by e-mail; False where the form says what is wrong."""
    if not form.is_valid():
        return False
    try:
        made = inviting.invite_by_mail(
            project=project,
            created_by=request.user,
            language=get_language() or settings.LANGUAGE_CODE,
            link=lambda token: request.build_absolute_uri(reverse("invitation", args=[token])),
            **form.cleaned_data,
        )
    except ValidationError as problem:
        form.add_error("addresses", problem.messages)
        return False
    said = ngettext(
        "%(n)d invitation is on its way.", "%(n)d invitations are on their way.", len(made)
    )
    messages.success(request, said % {"n": len(made)})
    return True


@login_required
@require_POST
def revoke_invitation(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Withdraw an invitation of the project."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    found = get_object_or_404(project.invitations, pk=pk)
    inviting.revoke(invitation=found, revoked_by=request.user)
    messages.success(request, _("The link was withdrawn."))
    return redirect("people", slug)
