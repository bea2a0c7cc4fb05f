"""Pages about people: signing in and up, the account, a project's members and invitations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labelers import inviting, queries, roles, tokens
from labelers.models import ApiToken, Role


class SignUpForm(forms.Form):
    """Name and password of somebody who came by an invitation."""

    username = forms.CharField(label=gettext_lazy("Name to sign in with"), max_length=150)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 8 characters, not only digits, nothing common."),
    )


class TokenForm(forms.Form):
    """Name and scopes of a new API token."""

    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
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
            project = inviting.accept(token=token, person=request.user)
            return redirect("project", project.slug)
        form = SignUpForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                person = inviting.sign_up(
                    token=token, language=get_language() or "en", **form.cleaned_data
                )
            except ValidationError as problem:
                form.errors.update(
                    {k: form.error_class(v) for k, v in problem.message_dict.items()}
                )
            else:
                login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
                return redirect("project", found.project.slug)
    except inviting.InvitationError as problem:
        return render(request, "labelers/invitation_closed.html", {"reason": problem}, status=410)
    return render(request, "labelers/invitation.html", {"form": form, "invitation": found})


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Password and API tokens of the person who is signed in."""
    password_form = PasswordChangeForm(request.user)
    # Django gives it the focus, which opens the keyboard of a phone.
    del password_form.fields["old_password"].widget.attrs["autofocus"]
    token_form = TokenForm()
    secret = None
    if request.method == "POST" and "new_password1" in request.POST:
        password_form = PasswordChangeForm(request.user, request.POST)
        if password_form.is_valid():
            password_form.save()
            update_session_auth_hash(request, request.user)
            messages.success(request, _("Your password was changed."))
            return redirect("account")
    elif request.method == "POST":
        token_form = TokenForm(request.POST)
        if token_form.is_valid():
            _token, secret = tokens.create_token(person=request.user, **token_form.cleaned_data)
            token_form = TokenForm()
    context = {
        "password_form": password_form,
        "token_form": token_form,
        "secret": secret,
        "tokens": request.user.api_tokens.all(),
    }
    return render(request, "labelers/account.html", context)


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
    form = InvitationForm(request.POST or None)
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
        "members": queries.members(project),
        "invitations": queries.open_invitations(project),
    }
    return render(request, "labelers/people.html", context)


@login_required
@require_POST
def revoke_invitation(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Withdraw an invitation of the project."""
    project = roles.find_project(request.user, slug, roles.MANAGING)
    found = get_object_or_404(project.invitations, pk=pk)
    inviting.revoke(invitation=found, revoked_by=request.user)
    messages.success(request, _("The link was withdrawn."))
    return redirect("people", slug)
