"""Who read what is about people: noted at the door, by the name of the address.

Figures of labelers, raw answers, names and payrolls: whoever gets a page, a file or an answer of
the API with them leaves a row of the audit trail, before the first byte goes out. Deeds write their
own rows inside their transactions; this is for reading alone.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from labelers import audit
from labelers.models import Project

READINGS: dict[str, str] = {
    "people": "people.viewed",
    "api-members": "people.viewed",
    "screening": "candidates.viewed",
    "api-candidates": "candidates.viewed",
    "candidates-file": "candidates.downloaded",
    "api-candidates-file": "candidates.downloaded",
    "candidate": "candidate.viewed",
    "api-candidate": "candidate.viewed",
    "written": "texts.viewed",
    "api-written": "texts.viewed",
    "watches": "labelers.viewed",
    "api-labelers": "labelers.viewed",
    "watches-file": "labelers.downloaded",
    "api-labelers-file": "labelers.downloaded",
    "labeler": "labeler.viewed",
    "api-labeler": "labeler.viewed",
    "labeler-file": "labeler.downloaded",
    "api-labeler-pairs": "labelers.viewed",
    "consensus-file": "labelers.downloaded",
    "api-consensus-file": "labelers.downloaded",
    "item": "item.viewed",
    "api-item": "item.viewed",
    "items-file": "items.downloaded",
    "api-items-file": "items.downloaded",
    "gold-said": "gold_answers.viewed",
    "opinions-file": "opinions.downloaded",
    "api-opinions-file": "opinions.downloaded",
    "pay": "pay.viewed",
    "payroll": "payroll.viewed",
    "api-payroll": "payroll.viewed",
    "payroll-file": "payroll.downloaded",
    "api-payroll-file": "payroll.downloaded",
    "crowd-file": "crowd.downloaded",
    "api-crowd-file": "crowd.downloaded",
    "api-crowd-labelers": "crowd.viewed",
}
"""By the name of the address; exports and the trail itself write rows with more in them."""


class NoteReadings:
    """Middleware: the row is written after the view let somebody in, before they get the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, and note it where it is one of `READINGS`."""
        response = self.get_response(request)
        match = request.resolver_match
        action = READINGS.get(match.url_name or "") if match else None
        if action and request.method == "GET" and response.status_code == 200:
            _note(request, action)
        return response


def _note(request: HttpRequest, action: str) -> None:
    # Who sent a token is known since the view looked at it.
    match = request.resolver_match
    if match is None or not request.user.is_authenticated:
        return
    given = dict(match.kwargs)
    project = Project.objects.filter(slug=given.pop("slug", "")).first()
    subject = ":".join([action.split(".")[0], *(str(value) for value in given.values())])
    audit.record_reading(
        actor=request.user,
        action=action,
        project=project,
        subject=subject[:80] if given else "",
        door="api" if request.path.startswith("/api/") else "page",
    )
