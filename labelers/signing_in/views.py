"""Pages of signing in: out, forgotten passwords, one's own safety page, and locks for staff.

The pages that allauth serves with our templates are named in `urls`.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.views import LoginView, PasswordResetView
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from labelers import roles
from labelers.mailing import choosing
from labelers.models import Person
from labelers.signing_in import guarding, identities, passwords, second_factors, sessions
from labelers.signing_in.forms import EmailForm


class SignInView(LoginView):
    """Name and password, or the provider elsewhere; goes on to the page that was wanted."""

    template_name = "labelers/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form, and what the provider is called where there is one."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"outside": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}


class ForgottenView(PasswordResetView):
    """Asks for the letter with a link for a new password."""

    template_name = "labelers/signing_in/forgotten.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form, and whether this site can send letters at all."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_mail": choosing.is_configured()}


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    get_adapter(request).logout(request)
    return redirect("sign-in")


@never_cache
@login_required
def safety(request: HttpRequest) -> HttpResponse:
    """One's e-mail address, second factor, identities elsewhere, and open sessions."""
    if request.method == "POST":
        return _change_email(request)
    return _safety_page(request, EmailForm(initial={"email": request.user.email}))


@reauthentication_required(app="allauth.account")
def _change_email(request: HttpRequest) -> HttpResponse:
    # A letter for a new password goes to this address, so it is worth as much as the password.
    form = EmailForm(request.POST)
    if not form.is_valid():
        return _safety_page(request, form)
    limited = ratelimit.consume_or_429(request, action="manage_email", user=request.user)
    if limited:
        return limited
    email = form.cleaned_data["email"]
    passwords.ask_to_confirm(person=request.user, email=email)
    messages.success(request, _("We wrote to {email}: open the link.").format(email=email))
    return redirect("safety")


def _safety_page(request: HttpRequest, form: EmailForm) -> HttpResponse:
    factors = Authenticator.objects.filter(user=request.user)
    context: dict[str, Any] = {
        "form": form,
        "has_mail": choosing.is_configured(),
        "second_factor": factors.filter(type=Authenticator.Type.TOTP).first(),
        "must_have_one": second_factors.is_needed(request.user),
        "identities": SocialAccount.objects.filter(user=request.user),
        "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "sessions": sessions.open_sessions(request.user),
        "this_session": request.session.session_key,
    }
    return render(request, "labelers/signing_in/safety.html", context)


@login_required
@require_POST
def remove_email(request: HttpRequest) -> HttpResponse:
    """Forget one's e-mail address."""
    passwords.remove_email(person=request.user)
    messages.success(request, _("Your e-mail address was removed."))
    return redirect("safety")


@login_required
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Where the letter to a new address leads: a button, because programs open links, too."""
    if request.method != "POST":
        return render(request, "labelers/signing_in/confirm_email.html", {"token": token})
    try:
        email = passwords.confirm(person=request.user, token=token)
    except passwords.NotConfirmedError:
        return render(
            request, "labelers/signing_in/confirm_email.html", {"failed": True}, status=410
        )
    messages.success(request, _("{email} is your address now.").format(email=email))
    return redirect("safety")


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions."""
    found = get_object_or_404(sessions.open_sessions(request.user), pk=pk)
    sessions.end(person=request.user, session=found, ended_by=request.user)
    messages.success(request, _("The session was ended."))
    return redirect("safety")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all of one's own sessions but this."""
    sessions.end_others(
        person=request.user, kept=request.session.session_key, ended_by=request.user
    )
    messages.success(request, _("All other sessions were ended."))
    return redirect("safety")


@login_required
@require_POST
def leave_identity(request: HttpRequest, pk: int) -> HttpResponse:
    """Part an identity elsewhere from one's account."""
    found = get_object_or_404(SocialAccount, pk=pk, user=request.user)
    try:
        identities.leave(person=request.user, identity=found)
    except identities.LastWayInError:
        messages.error(
            request, _("You could not sign in any more: it is the only way into your account.")
        )
    else:
        messages.success(request, _("The identity was parted from your account."))
    return redirect("safety")


class CheckedToken(OpenIDConnectOAuth2Adapter):
    """The provider's token is believed by its signature, not only by the way it came."""

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        """The provider's answer; the token in it is still to be checked."""
        data = super().get_access_token_data(*args, **kwargs)
        self.did_fetch_access_token = False
        return data


def oidc_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where the provider sends people back."""
    if not settings.OIDC_ISSUER:
        raise Http404
    view = OAuth2CallbackView.adapter_view(CheckedToken(request, provider_id))
    answer: HttpResponse = view(request)
    return answer


@never_cache
@login_required
def locks(request: HttpRequest) -> HttpResponse:
    """Locks after too many tries, lost second factors and forgotten passwords; for staff."""
    roles.require_staff(request.user)
    if "forgotten" in request.POST:
        return _reset_link(request)
    problem = ""
    if request.method == "POST":
        done = _unlock(request) if "key" in request.POST else _take_away(request)
        if done:
            messages.success(request, done)
            return redirect("sign-in-locks")
        problem = _("Nobody with this name has a second factor.")
    return _locks_page(request, problem=problem)


def _locks_page(request: HttpRequest, **more: str) -> HttpResponse:
    context = {"locked": guarding.locked(), "has_mail": choosing.is_configured()}
    return render(request, "labelers/signing_in/locks.html", context | more)


@reauthentication_required(app="allauth.account")
def _reset_link(request: HttpRequest) -> HttpResponse:
    name = request.POST["forgotten"].strip()
    found = Person.objects.filter(username=name).first()
    try:
        if found is None:
            raise passwords.ClosedAccountError
        path = passwords.make_reset_link(person=found, made_by=request.user)
    except passwords.ClosedAccountError:
        return _locks_page(request, no_password=_("Nobody with this name has a password here."))
    return _locks_page(request, name=name, link=request.build_absolute_uri(path))


def _unlock(request: HttpRequest) -> str:
    guarding.unlock(key=request.POST["key"], unlocked_by=request.user)
    return _("It can be tried again at once.")


def _take_away(request: HttpRequest) -> str:
    found = Person.objects.filter(username=request.POST.get("username", "").strip()).first()
    if found and second_factors.take_away(person=found, taken_by=request.user):
        return _("The second factor of {name} was taken away.").format(name=found.username)
    return ""
