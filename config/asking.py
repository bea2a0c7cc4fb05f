"""Holds requests to the description: what it does not name is refused, and types are what it says.

So a misspelled filter does not quietly ask for everything, and a number sent as text is not quietly
read as one. Values, lengths and required fields are checked by the views' own serializers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from config.openapi import JSON, METHODS, Schema, resolved

_OF_TYPE: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class AsDescribed(BasePermission):
    """Whether a request is one that the description knows."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Looks at query parameters and at the types in a JSON body.

        Raises:
            ValidationError: naming what is unknown and what is known, or the field of a wrong type.
        """
        operation = _operations().get((_shape_of(request), request.method or ""))
        if operation is None:
            return True
        if request._request.META.get("QUERY_STRING"):
            _check_query(request, operation)
        body = operation.get("requestBody", {}).get("content", {}).get(JSON)
        if body and isinstance(request.data, dict | list):
            for field, wanted in wrong_types(request.data, body["schema"], _resolved):
                raise ValidationError({field: [_("Send a value of type %s.") % wanted]})
        return True


def _check_query(request: Request, operation: Schema) -> None:
    known = {each["name"]: each for each in operation["parameters"] if each["in"] == "query"}
    for name, values in request.query_params.lists():
        if name not in known:
            said = _("There is no parameter of this name; known are: %s.")
            raise ValidationError({name: [said % (", ".join(known) or "-")]})
        schema = _resolved(known[name]["schema"])
        if len(values) > 1 and schema.get("type") != "array":
            raise ValidationError({name: [_("Send it once.")]})
        choices = ("true", "false") if schema.get("type") == "boolean" else schema.get("enum")
        if choices and values[0] not in map(str, choices):
            said = _("This is none of the choices: choose one of %s.")
            raise ValidationError({name: [said % ", ".join(map(str, choices))]})


def wrong_types(
    value: Any,
    schema: Schema,
    resolve: Callable[[Schema], Schema],
    name: str = "non_field_errors",
) -> Iterator[tuple[str, str]]:
    """The fields of a JSON value that are not of the type that a schema says, with that type.

    `resolve` follows the references at the top of a schema.
    """
    found = resolve(schema)
    if value is None or "oneOf" in found:
        # Whether null will do is for the serializer to say, and it says it better.
        return
    kind = found.get("type", "object" if "properties" in found else "")
    if kind and not _is(value, kind):
        yield name, kind
    elif isinstance(value, list) and isinstance(found.get("items"), dict):
        for inner in value:
            yield from wrong_types(inner, found["items"], resolve, name)
    elif isinstance(value, dict):
        others = found.get("additionalProperties")
        for key, inner in value.items():
            field = found.get("properties", {}).get(key, others)
            if isinstance(field, dict):
                yield from wrong_types(inner, field, resolve, key)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _OF_TYPE[kind])


def _described() -> Schema:
    # What makes the description loads DRF's views, and those load this permission.
    from config.describing import document

    return document()


_seen: dict[int, tuple[Schema, Schema]] = {}


def _resolved(schema: Schema) -> Schema:
    # Parts of the description live as long as the process, so what a reference means is found once.
    found = _seen.get(id(schema))
    if found is None:
        found = _seen[id(schema)] = (schema, resolved(schema, _described()))
    return found[1]


@cache
def _operations() -> dict[tuple[str, str], Schema]:
    return {
        (re.sub(r"\{\w+\}", "{}", path), method.upper()): operation
        for path, methods in _described()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def prepare() -> None:
    """Read the description now, which takes seconds, and not when the first request comes."""
    _operations()


def _shape_of(request: Request) -> str:
    """The route of a request with nothing in its braces: names of parameters may differ."""
    match = request._request.resolver_match
    return re.sub(r"<[^>]+>", "{}", f"/{match.route}") if match else ""
