"""An example of each request: what to type into a shell, with values that pass for real ones.

Pure functions on an OpenAPI description. The address of the site and the token are not known here;
the page puts them in.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from config.openapi import JSON, NAME, Schema, resolved

MULTIPART = "multipart/form-data"
_BY_FORMAT = {
    "uuid": "00000000-0000-0000-0000-000000000000",
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "uri": "https://example.org/",
}


@dataclass(frozen=True)
class Example:
    """A call of curl: the method where it has to be said, path with query, further arguments."""

    method: str
    path: str
    options: tuple[str, ...]


def example_of(method: str, path: str, operation: Schema, document: Schema) -> Example:
    """A request with what `operation` needs and, where it needs nothing, one thing it takes."""
    required = [
        (parameter["name"], example_value(parameter["schema"], document))
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and parameter.get("required")
    ]
    # curl would read braces as a list of addresses.
    place = re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), path)
    query = "?" + urlencode(required) if required else ""
    options = [*_body(operation, document), *_target(operation)]
    implied = method == ("post" if options and options[0].startswith("-F") else "get")
    return Example("" if implied else method.upper(), place + query, tuple(options))


def _body(operation: Schema, document: Schema) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {})
    if JSON in content:
        value = example_value(content[JSON]["schema"], document, sent=True)
        text = json.dumps(value, ensure_ascii=False)
        return [f"-H 'Content-Type: {JSON}'", f"-d {shlex.quote(text)}"]
    if MULTIPART in content:
        schema = resolved(content[MULTIPART]["schema"], document)
        return [
            f"-F {shlex.quote(f'{name}={_form_value(field, document)}')}"
            for name, field in _sent_fields(schema, document).items()
        ]
    return []


def _form_value(field: Schema, document: Schema) -> str:
    found = resolved(field, document)
    # drf-spectacular writes a file that comes in as the address by which one goes out.
    if found.get("format") in {"binary", "uri"}:
        return "@FILE"
    value = example_value(found, document)
    return value if isinstance(value, str) else json.dumps(value)


def _target(operation: Schema) -> list[str]:
    """Files go into files, not onto the screen."""
    for response in operation.get("responses", {}).values():
        for content in response.get("content", {}).values():
            if content.get("schema", {}).get("format") == "binary":
                return ["-o FILE"]
    return []


def _sent_fields(schema: Schema, document: Schema) -> dict[str, Schema]:
    """The required fields of an object that is sent; its first one where none is."""
    fields = {
        name: field
        for name, field in schema.get("properties", {}).items()
        if not resolved(field, document).get("readOnly")
    }
    needed = {name: fields[name] for name in schema.get("required", ()) if name in fields}
    return needed or dict(list(fields.items())[:1])


def example_value(
    schema: Schema, document: Schema, *, sent: bool = False, trail: tuple[str, ...] = ()
) -> Any:
    """A value that `schema` allows: its example, default or first choice, or one of its type.

    With `sent` an object without required fields shows one of them all the same.
    """
    found = resolved(schema, document)
    for key in ("example", "default"):
        if found.get(key) is not None:
            return found[key]
    if found.get("enum"):
        return found["enum"][0]
    if parts := found.get("oneOf"):
        return example_value(parts[0], document, sent=sent, trail=trail)
    name = found.get(NAME, "")
    if found.get("properties") and name not in trail:
        inner = _sent_fields(found, document)
        if not sent:
            inner = {key: inner[key] for key in found.get("required", ()) if key in inner}
        deeper = (*trail, name) if name else trail
        return {key: example_value(value, document, trail=deeper) for key, value in inner.items()}
    return _plain_value(found, document, trail)


def _plain_value(schema: Schema, document: Schema, trail: tuple[str, ...]) -> Any:
    match schema.get("type"):
        case "array":
            inner = resolved(schema.get("items", {}), document)
            return [] if inner.get(NAME) in trail else [example_value(inner, document, trail=trail)]
        case "integer":
            return max(1, schema.get("minimum", 1))
        case "number":
            return min(0.5, schema.get("maximum", 0.5))
        case "boolean":
            return True
        case "string":
            return _BY_FORMAT.get(schema.get("format", ""), "text")
        case _:
            return {}
