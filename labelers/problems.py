"""What the API says when it refuses.

Errors are `application/problem+json` (RFC 9457) with a sentence in ``detail`` and, for invalid
input, ``errors`` by field. Refusals outside of views are made by config/refusals.py and
labelers/api_calls.py, of the same parts.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response

MEDIA_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """A refusal with its own status, title and sentence, and the seconds after which to try."""

    def __init__(
        self, status_code: int, title: str, detail: str, retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status_code = status_code
        self.title = title
        # The name by which DRF looks for what becomes Retry-After.
        self.wait = retry_after


class Answered(Exception):
    """Raised before a view's own code where its answer is there already."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class ProblemSerializer(serializers.Serializer):
    """A refusal (RFC 9457): ``detail`` says what is wrong and what to do about it.

    ``errors`` is there for invalid input, by field; ``request_id`` for failures, as the log has it.
    """

    type = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    errors = serializers.JSONField(required=False)
    request_id = serializers.CharField(required=False)


def problem_response(problem: Exception, context: dict[str, Any]) -> Response | HttpResponse | None:
    """Turn an exception of a view into a problem document; None leaves it to become a 500."""
    # DRF's views read the settings as they are loaded, and those lead here.
    from rest_framework.views import exception_handler

    if isinstance(problem, Answered):
        return problem.response
    if isinstance(problem, ValidationError):
        problem = exceptions.ValidationError(
            problem.message_dict if hasattr(problem, "error_dict") else problem.messages
        )
    if isinstance(problem, RequestDataTooBig):
        problem = Problem(413, "Too large", "Send less at once.")
    if isinstance(problem, SuspiciousOperation | UnreadablePostError):
        problem = Problem(400, "Invalid input", "The request cannot be read.")
    response = exception_handler(problem, context)
    if response is None:
        return None
    body: dict[str, Any] = {"type": "about:blank", "status": response.status_code}
    if isinstance(problem, exceptions.ValidationError):
        body["title"] = "Invalid input"
        body["errors"] = response.data
        body["detail"] = _first_sentence(response.data)
    else:
        body["title"] = getattr(problem, "title", "") or _TITLES.get(
            response.status_code, "Not possible"
        )
        body["detail"] = _sentence(problem, response)
    headers = {
        name: response[name]
        for name in ("WWW-Authenticate", "Retry-After", "Allow")
        if name in response
    }
    return Response(
        body,
        status=response.status_code,
        headers=headers,
        content_type=MEDIA_TYPE,
    )


def answer_of(problem: Problem, **more: str) -> HttpResponse:
    """The same document where no view is there to make it; `more` are further members."""
    body = {
        "type": "about:blank",
        "status": problem.status_code,
        "title": str(problem.title),
        "detail": str(problem.detail),
        **more,
    }
    answer = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=problem.status_code, content_type=MEDIA_TYPE
    )
    if problem.wait is not None:
        answer["Retry-After"] = str(problem.wait)
    return answer


_TITLES = {
    status.HTTP_401_UNAUTHORIZED: "Not signed in",
    status.HTTP_403_FORBIDDEN: "Not allowed",
    status.HTTP_404_NOT_FOUND: "Not found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "Method not allowed",
    status.HTTP_406_NOT_ACCEPTABLE: "No such format",
    status.HTTP_409_CONFLICT: "Conflict",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "Unsupported format",
    status.HTTP_429_TOO_MANY_REQUESTS: "Too many requests",
}


def _sentence(problem: Exception, response: Response) -> str:
    if isinstance(problem, PermissionDenied | Http404) and problem.args:
        return str(problem.args[0])
    return str(response.data.get("detail", "")) if isinstance(response.data, dict) else ""


def _first_sentence(errors: Any) -> str:
    """The first message in DRF's nested errors, with the field it belongs to."""
    if isinstance(errors, dict) and errors:
        field, inner = next(iter(errors.items()))
        text = _first_sentence(inner)
        # The entries of a list are named by their place, which is a number.
        named = field == "non_field_errors" or text.startswith(str(field))
        return text if named else f"{field}: {text}"
    if isinstance(errors, list) and errors:
        return _first_sentence(errors[0])
    return str(errors)
