"""Personal API tokens: made, used and revoked here; shown once, stored as hashes."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from labelers import audit
from labelers.inviting import hash_token
from labelers.models import ApiToken, Person

PREFIX = "accord_"
USE_IS_NOTED_EVERY = timedelta(minutes=1)
USUAL_DAYS = 90
"""How long a token holds where nobody says otherwise."""


def usual_end() -> datetime:
    """When a token expires of which nobody said when."""
    return timezone.now() + timedelta(days=USUAL_DAYS)


@transaction.atomic
def create_token(
    *,
    person: Person,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
    made_with: ApiToken | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for `person`; returns it with the secret, which cannot be shown again.

    A token that was `made_with` another one may neither do more than that nor outlive it.

    Raises:
        ValueError: no scope, or one that does not exist.
        ValidationError: an end in the past, or more than the token it is made with.
    """
    unknown = sorted(set(scopes) - set(ApiToken.Scope.values))
    if unknown or not scopes:
        raise ValueError(f"scopes: choose among {', '.join(ApiToken.Scope.values)}.")
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": [_("Give a time that is still to come.")]})
    if made_with is not None:
        _check_no_more(scopes, expires_at, made_with)
    secret = PREFIX + secrets.token_urlsafe(30)
    token = ApiToken.objects.create(
        person=person,
        name=name,
        token_hash=hash_token(secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit.record(
        actor=person, action="token.created", subject=f"token:{token.pk}", scopes=token.scopes
    )
    return token, secret


def _check_no_more(scopes: list[str], expires_at: datetime | None, other: ApiToken) -> None:
    if more := sorted(set(scopes) - set(other.scopes)):
        said = _("The token that you use lacks these scopes: %s. Make this one on your page.")
        raise ValidationError({"scopes": [said % ", ".join(more)]})
    if other.expires_at and (expires_at is None or expires_at > other.expires_at):
        said = _("The token that you use expires earlier: give a time before that.")
        raise ValidationError({"expires_at": [said]})


@transaction.atomic
def revoke_token(*, token: ApiToken, revoked_by: Person) -> None:
    """Delete a token; what was done with it stays in the audit trail."""
    audit.record(actor=revoked_by, action="token.revoked", subject=f"token:{token.pk}")
    token.delete()


class PageSession(SessionAuthentication):
    """The session of a page, which names whom it was made for in ``X-Accord-Person``.

    Somebody else may have signed in in another tab; what is sent from the page is not theirs.
    """

    def authenticate(self, request: Request) -> tuple[Person, None] | None:
        """The person signed in; refused where a page of another person's changes something."""
        found = super().authenticate(request)
        expected = request.headers.get("X-Accord-Person")
        changes = request.method not in SAFE_METHODS
        if found and changes and expected and expected != str(found[0].pk):
            raise NotAuthenticated(_("Somebody else has signed in; sign in again."))
        return found


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer accord_...``."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        """The person behind the header; None when another scheme is meant."""
        parts = get_authorization_header(request).decode("latin-1").split()
        if len(parts) != 2 or parts[0].lower() != "bearer":
            return None
        token = (
            ApiToken.objects.select_related("person")
            .filter(token_hash=hash_token(parts[1]))
            .first()
        )
        now = timezone.now()
        if token is None or not token.person.is_active:
            raise AuthenticationFailed(
                "The token is not known. Make a new one on your account page."
            )
        if token.expires_at is not None and token.expires_at <= now:
            raise AuthenticationFailed(
                "The token has expired. Make a new one on your account page."
            )
        if token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the API description speaks of tokens."""

    target_class = "labelers.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """A bearer scheme, as OpenAPI writes it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": PREFIX + "...",
            "description": "A token of one's account page; x-accord-scope says what it needs.",
        }


class HasScope(BasePermission):
    """A token may only do what its scopes name; a signed-in session may do all its roles allow.

    A view says what it needs in ``token_scope``, and in ``read_scope`` where reading needs
    another or (None) none.
    """

    def has_permission(self, request: Request, view: object) -> bool:
        """Whether the token in use, if one is, has the view's scope."""
        if not isinstance(request.auth, ApiToken):
            return True
        needed = scope_of(view, request.method)
        self.message = f"This token lacks the scope {needed!r}. Make one that has it."
        return needed is None or needed in request.auth.scopes


def scope_of(view: object, method: str | None) -> str | None:
    """The scope that a token needs for a method of a view; None where any token will do."""
    needed: str | None = getattr(view, "token_scope", None)
    return getattr(view, "read_scope", needed) if method in SAFE_METHODS else needed
