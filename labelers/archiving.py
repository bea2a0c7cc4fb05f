"""An archived project is read only: what would change it is refused politely, at every door.

What still goes: bringing it back, paying for what was done, answering appeals, taking one's consent
back, and an answer that somebody had in hand. Whatever only reads (exports, runs on a frozen
snapshot) goes as before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from labelers.models import Project

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
APPS = ("labelers.", "annotation.")
"""Whose views change projects."""

STILL = {
    # Changing the state; anything else is refused by `configuring.change_settings`.
    *("project-state", "api-project"),
    *("pay", "payroll-paid", "payment"),
    *("api-payrolls", "api-payroll-paid", "api-payment-refusal"),
    *("appeal", "appeal-answer", "api-own-appeals", "api-appeal"),
    *("start", "completion", "api-completion"),
    *("api-screening-consent", "api-screening-groups"),
    *("guidelines-read", "api-guidelines-read"),
    *("api-labeling-next", "api-labeling-judgments", "api-labeling-draft", "api-labeling-skip"),
    # Trying what labelers see stores nothing.
    *("api-trial-next", "api-trial-judgments", "api-trial-skip", "api-trial-nothing"),
    # Copying a project changes another one.
    *("project-clone", "api-project-clone"),
}
"""What may be sent in an archived project, by the name of its address."""


class ReadOnlyArchive:
    """Refuses what would change an archived project; costs reading nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Refuse, where the address names an archived project and something is sent."""
        slug = kwargs.get("slug")
        if slug is None or request.method in SAFE or not view.__module__.startswith(APPS):
            return None
        match = request.resolver_match
        if match is None or match.url_name in STILL:
            return None
        if not Project.objects.filter(slug=slug, state=Project.State.ARCHIVED).exists():
            return None
        said = _("This project is archived, so nothing in it can be changed.")
        if not request.path.startswith("/api/"):
            messages.error(request, said)
            return redirect("project", slug)
        body = {"type": "about:blank", "status": 409, "title": "Archived", "detail": said}
        return JsonResponse(body, status=409, content_type="application/problem+json")
