"""What Django itself refuses: problem documents below /api/, pages everywhere else.

Unknown addresses, wrong hosts, requests that cannot be read, and failures that nobody foresaw,
which are named so that the log tells more.
"""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from labelers import request_ids
from labelers.api_calls import ROOT
from labelers.problems import Problem, answer_of


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read, or that is meant for another host."""
    if not request.path_info.startswith(ROOT):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return answer_of(Problem(413, "Too large", "Send less at once."))
    return answer_of(Problem(400, "Invalid input", "The request cannot be read."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Something that this person may not do."""
    if not request.path_info.startswith(ROOT):
        return defaults.permission_denied(request, exception)
    return answer_of(Problem(403, "Not allowed", str(exception)))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere."""
    if not request.path_info.startswith(ROOT):
        return defaults.page_not_found(request, exception)
    return answer_of(Problem(404, "Not found", "There is nothing here: see /api/docs/."))


def failure(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the log has the same name beside its cause."""
    if not request.path_info.startswith(ROOT):
        return defaults.server_error(request)
    said = "This went wrong here, and the log says why."
    return answer_of(Problem(500, "Failure", said), request_id=request_ids.current())
