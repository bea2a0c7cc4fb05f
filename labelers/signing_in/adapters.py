"""How allauth behaves here: who may come in, how tries are counted, how secrets are kept."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from labelers import audit, inviting
from labelers.models import Person
from labelers.signing_in import guarding, known_browsers, sessions
from labelers.signing_in.addresses import address_of


class Accounts(DefaultAccountAdapter):
    """Signing in with a password, and everything that ends in a session."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": gettext_lazy("This account is closed."),
        "incorrect_code": gettext_lazy("This is not the code."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "invalid_password_reset": gettext_lazy("This link does not work any more."),
        "rate_limited": gettext_lazy("Too many tries. Wait some minutes, then try again."),
        "too_many_login_attempts": gettext_lazy(
            "Too many tries. Wait a quarter of an hour, or ask whoever runs this site."
        ),
        "username_password_mismatch": gettext_lazy("There is nobody with this name and password."),
    }
    sentences = {
        "mfa/messages/totp_activated.txt": gettext_lazy("Your second factor is set up."),
        "mfa/messages/totp_deactivated.txt": gettext_lazy("Your second factor was removed."),
        "mfa/messages/recovery_codes_generated.txt": gettext_lazy(
            "There are new recovery codes; the old ones are void."
        ),
        "account/messages/password_changed.txt": gettext_lazy("Your password was changed."),
        "socialaccount/messages/account_connected.txt": gettext_lazy(
            "The identity was joined to your account."
        ),
        "socialaccount/messages/account_connected_other.txt": gettext_lazy(
            "This identity belongs to another account."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account without an invitation."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The visitor's address; a server behind a socket knows none, and serves all the same."""
        return address_of(request) or "unknown"

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        """The person with this name and password; every try is counted first."""
        username = str(credentials.get("username", ""))
        try:
            keys = guarding.count_try(
                username=username,
                address=self.get_client_ip(request),
                browser=request.COOKIES.get(known_browsers.cookie_name(), ""),
            )
        except guarding.TooManyTriesError:
            raise self.validation_error("too_many_login_attempts") from None
        person: Person | None = super().authenticate(request, **credentials)
        if person is not None:
            guarding.forgive(keys)
        return person

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *_a: Any,
        **_k: Any,
    ) -> None:
        """Say what was done, in our words; most of what allauth says is plain to see."""
        if sentence := self.sentences.get(message_template or ""):
            messages.add_message(request, level, sentence)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Tries are counted by `guarding`, not in the cache."""

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write a failed try down, without the name where nobody has it."""
        found = Person.objects.filter(username=str(credentials.get("username", ""))).first()
        with transaction.atomic():
            audit.record(
                actor=None,
                action="sign_in.failed",
                subject=f"person:{found.pk}" if found else "",
                address=self.get_client_ip(request),
            )

    def login(self, request: HttpRequest, user: Person) -> None:
        """Open the session; Django gives it a new key."""
        records = request.session.get("account_authentication_methods") or [{}]
        how = "oidc" if any(r.get("method") == "socialaccount" for r in records) else "password"
        super().login(request, user)
        sessions.begin(request=request, person=user, how=how)

    def logout(self, request: HttpRequest) -> None:
        """End the session and take it from the person's list."""
        key = request.session.session_key
        logout(request)
        sessions.forget(key)

    def set_password(self, user: Person, password: str) -> None:
        """Keep a new password: every session ends, and a lock on the name is lifted."""
        with transaction.atomic():
            super().set_password(user, password)
            sessions.end_others(person=user, kept=None, ended_by=user)
            guarding.unlock(key=f"person:{user.pk}", unlocked_by=user)
            audit.record(actor=user, action="password.changed", subject=f"person:{user.pk}")


class SecondFactors(DefaultMFAAdapter):
    """One-time passwords and recovery codes; their secrets are encrypted in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This is not the code."),
    }

    def get_totp_label(self, user: Person) -> str:
        """What an authenticator app shows beside the code."""
        return user.username

    def encrypt(self, text: str) -> str:
        """Hide a secret from whoever reads only the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` hid, with the present key or a former one."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


class OutsideIdentities(DefaultSocialAccountAdapter):
    """An OpenID Connect provider: it says who somebody is, never that they may come in.

    An account is joined to an identity only by its owner, signed in; never by an e-mail address
    that happens to be the same.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whether this unknown identity may have an account: by an invitation, or by its domain."""
        if self._came_by_invitation(sociallogin):
            return True
        addresses = [found for found in sociallogin.email_addresses if found.verified]
        address = addresses[0].email.lower() if addresses else ""
        taken = bool(address) and Person.objects.filter(email__iexact=address).exists()
        domain = address.rpartition("@")[2]
        is_open = bool(address) and bool({domain, "*"} & set(settings.OIDC_DOMAINS))
        if is_open and not taken:
            return True
        why = (
            _("There is an account with your e-mail address. Sign in to it, then join both there.")
            if is_open
            else _("There is no account for you here. Ask whoever runs your project for a link.")
        )
        context = {"why": why}
        raise ImmediateHttpResponse(
            render(request, "labelers/signing_in/not_known.html", context, status=403)
        )

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Person:
        """Make the account, and write it down."""
        person: Person = sociallogin.user
        if not any(found.verified for found in sociallogin.email_addresses):
            person.email = ""
        person.language = get_language() or "en"
        with transaction.atomic():
            super().save_user(request, sociallogin, form)
            audit.record(
                actor=person, action="person.signed_up", subject=f"person:{person.pk}", how="oidc"
            )
        return person

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Where somebody lands who joined an identity to their account."""
        return "/account/"

    def _came_by_invitation(self, sociallogin: SocialLogin) -> bool:
        path = urlsplit(str(sociallogin.state.get("next") or "")).path
        try:
            found = resolve(path)
            if found.url_name != "invitation":
                return False
            inviting.find_open(found.kwargs["token"])
        except (Resolver404, inviting.InvitationError):
            return False
        return True


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    hashlib.sha256(b"accord second factors " + key.encode()).digest()
                )
            )
            for key in keys
        ]
    )
