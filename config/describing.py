"""What the OpenAPI description says of every operation besides what its view says of itself.

Security with the scope that a token needs, the refusals that any request may meet, the headers that
all of the API heeds and sends, and operation names that differ. Views describe only what is theirs.
"""

from __future__ import annotations

import functools
import threading
from http import HTTPStatus
from typing import Any

from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from config.openapi import PROBLEM
from labelers.idempotency import HEADER as IDEMPOTENCY_KEY
from labelers.idempotency import LONGEST_KEY
from labelers.problems import ProblemSerializer
from labelers.tokens import scope_of

SCOPE = "x-accord-scope"
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
WRITES = {"PUT", "PATCH"}
_MAKING = threading.Lock()


class SessionScheme(OpenApiAuthenticationExtension):
    """How the API description speaks of the session of a page."""

    target_class = "labelers.tokens.PageSession"
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """The cookie; what changes something needs the header ``X-CSRFToken`` as well."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The session of a page; changes need the header X-CSRFToken as well.",
        }


class OperationSchema(AutoSchema):
    """An operation as drf-spectacular finds it, with what all operations have in common."""

    def get_operation(self, *args: Any) -> dict[str, Any] | None:
        """The operation, with the refusals it may meet and the headers it heeds."""
        operation: dict[str, Any] | None = super().get_operation(*args)
        if operation is None:
            return None
        operation[SCOPE] = scope_of(self.view, self.method)
        parameters = operation.setdefault("parameters", [])
        parameters += self._headers_in(operation)
        for status in self._refusals(operation):
            operation["responses"].setdefault(str(status), {})
        if self.method == "GET":
            operation["responses"]["304"] = {}
        for status, response in operation["responses"].items():
            if status >= "400":
                response["content"] = self._problem()
            response.setdefault("headers", {}).update(self._headers_out(status))
            # A description is not optional in OpenAPI, and "" says nothing.
            response["description"] = response.get("description") or HTTPStatus(int(status)).phrase
        return operation

    def get_operation_id(self) -> str:
        """The path and the method in words; what lists many is told from what gives one."""
        found: str = super().get_operation_id()
        ends_in_one = self.path.rstrip("/").endswith("}")
        if self.method == "GET" and found.endswith("_retrieve") and not ends_in_one:
            return found.removesuffix("_retrieve") + "_read"
        if self.method == "POST" and found.endswith("_create") and ends_in_one:
            return found.removesuffix("_create") + "_do"
        return found

    def _refusals(self, operation: dict[str, Any]) -> list[int]:
        found = {400, 401, 403, 406, 429, 500, 503}
        if "{" in self.path:
            # Not there; or not yet ready, or no longer open.
            found |= {404, 409}
        if self.method in CHANGES:
            found |= {404, 409, 422}
        if self.method in WRITES:
            found.add(412)
        if "requestBody" in operation:
            found |= {413, 415}
        return sorted(found)

    def _problem(self) -> dict[str, Any]:
        component = self.resolve_serializer(ProblemSerializer(), "response")
        return {PROBLEM: {"schema": component.ref}}

    def _headers_in(self, operation: dict[str, Any]) -> list[dict[str, Any]]:
        if self.method == "POST":
            said = "The same request sent again with the same key is answered as the first time."
            schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}
            return [_header(IDEMPOTENCY_KEY, said, schema)]
        if self.method in WRITES and hasattr(self.view, "get"):
            return [
                _header("If-Match", "The `ETag` of what is to be changed; 412 where it is not.")
            ]
        if self.method == "GET":
            return [_header("If-None-Match", "An `ETag` that one has; 304 where nothing changed.")]
        return []

    def _headers_out(self, status: str) -> dict[str, Any]:
        names = {"RateLimit": "What is left of the limit.", "RateLimit-Policy": "The limit."}
        if self.method == "GET" and status in {"200", "304"}:
            names["ETag"] = "Names this state of what was asked for."
        if status in {"409", "429", "503"}:
            names["Retry-After"] = "After how many seconds to try again."
        return {
            name: {"description": said, "schema": {"type": "string"}}
            for name, said in names.items()
        }


def enums_in_place(result: Any, **kwargs: Any) -> Any:
    """Leaves choices where they are; drf-spectacular marks them to make components of them."""
    if isinstance(result, dict):
        result.pop("x-spec-enum-id", None)
    if isinstance(result, dict | list):
        for inner in result.values() if isinstance(result, dict) else result:
            enums_in_place(inner)
    return result


def _header(name: str, said: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"in": "header", "name": name, "description": said, "schema": schema or _TEXT}


_TEXT = {"type": "string"}


def document() -> dict[str, Any]:
    """The whole description; made once, since it changes with the code alone."""
    # Those who come first all at once wait for one of them instead of making it as well.
    with _MAKING:
        return _made()


@functools.cache
def _made() -> dict[str, Any]:
    # Names of choices are translated on the way, and whoever comes first must not choose for all.
    with translation.override("en"):
        found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found
