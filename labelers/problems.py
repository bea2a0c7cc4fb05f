"""What the API says when it refuses, and how its lists are paged.

Errors are `application/problem+json` (RFC 9457) with a sentence in ``detail`` and, for invalid
input, ``errors`` by field.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions, pagination, status
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Problem(exceptions.APIException):
    """A refusal with its own status, title and sentence."""

    def __init__(self, status_code: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status_code = status_code
        self.title = title


class IdCursorPagination(pagination.CursorPagination):
    """Newest first; the cursor holds no offset, so a deep page costs what the first one does."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Any) -> Any:
        """The cursor; one that nobody was given is not found."""
        cursor = super().decode_cursor(request)
        position = cursor and cursor.position
        if position and not (position.isascii() and position.isdigit() and len(position) < 19):
            raise exceptions.NotFound(self.invalid_cursor_message)
        return cursor


def problem_response(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem document; None leaves it to become a 500."""
    if isinstance(problem, ValidationError):
        problem = exceptions.ValidationError(
            problem.message_dict if hasattr(problem, "error_dict") else problem.messages
        )
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
        content_type="application/problem+json",
    )


_TITLES = {
    status.HTTP_401_UNAUTHORIZED: "Not signed in",
    status.HTTP_403_FORBIDDEN: "Not allowed",
    status.HTTP_404_NOT_FOUND: "Not found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "Method not allowed",
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
