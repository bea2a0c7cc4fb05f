"""At every request of a browser that is signed in: the session's time, and the second factor.

And the cookie by which a browser is known where somebody has just signed in.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from labelers.signing_in import known_browsers, second_factors, sessions

ALWAYS = ("/account/second-factor/", "/sign-in/", "/sign-out/", "/language/")
"""What somebody may open who must first set up a second factor."""


class WatchSessions:
    """Middleware after those of sessions and sign-in. Requests without a session cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """End what is over, and lead whoever lacks a second factor they must have to it."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            sessions.look_after(request)
            if request.user.is_authenticated and _must_set_up(request):
                if request.path.startswith("/api/"):
                    return _refusal()
                return redirect("mfa_activate_totp")
        response = self.get_response(request)
        known_browsers.put_cookie(request, response)
        return response


def _must_set_up(request: HttpRequest) -> bool:
    if settings.SECOND_FACTOR_FOR == "nobody" or request.path.startswith(ALWAYS):
        return False
    return second_factors.is_missing(request.user)


def _refusal() -> JsonResponse:
    return JsonResponse(
        {
            "type": "about:blank",
            "status": 403,
            "title": "Not allowed",
            "detail": _("Set up a second factor on your account page first."),
        },
        status=403,
        content_type="application/problem+json",
    )
