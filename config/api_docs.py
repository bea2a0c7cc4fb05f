"""The API's OpenAPI description as records (config/api_records.py) that a page shows one by one.

Pure functions: no request, no language but the description's own, no HTML. Nested objects become
rows with a depth; a schema that holds itself is named where it comes round again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from itertools import groupby
from typing import Any

from config.api_records import (
    Body,
    Choice,
    Field,
    Group,
    Limits,
    Operation,
    Piece,
    Prose,
    Refusal,
    Response,
)
from config.curl import MULTIPART, example_of
from config.openapi import METHODS, NAME, PROBLEM, Schema, objects_in, resolved, type_of

_CHOICE = re.compile(r"^\* `(.*)` - (.*)$", re.MULTILINE)
_CODE = re.compile(r"(`+)(.+?)\1")


def groups_of(document: Schema) -> tuple[Group, ...]:
    """Every operation of an OpenAPI description, grouped by its first tag, in its order."""
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if operation := methods.get(method):
                tag = (operation.get("tags") or ["other"])[0]
                by_tag.setdefault(tag, []).append(_operation(method, path, operation, document))
    return tuple(
        Group(tag.replace("-", " ").capitalize(), f"tag-{tag}", tuple(operations))
        for tag, operations in by_tag.items()
    )


def _operation(method: str, path: str, operation: Schema, document: Schema) -> Operation:
    paragraphs = paragraphs_of(operation.get("description", ""))
    summary = prose_of(operation.get("summary", ""))
    if not summary and paragraphs:
        summary, *paragraphs = paragraphs
    body = operation.get("requestBody", {})
    return Operation(
        method=method.upper(),
        path=path,
        anchor=operation.get("operationId") or re.sub(r"\W+", "-", f"{method}{path}").strip("-"),
        summary=summary,
        description=tuple(paragraphs),
        is_deprecated=bool(operation.get("deprecated")),
        scopes=tuple(filter(None, [operation.get("x-accord-scope")])),
        headers=tuple(
            parameter["name"]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "header"
        ),
        path_parameters=_parameters(operation, "path", document),
        query_parameters=_parameters(operation, "query", document),
        body_required=bool(body.get("required")),
        bodies=_bodies(body, document, unseen="readOnly"),
        responses=tuple(
            Response(status, _reason(status), _bodies(response, document, unseen="writeOnly"))
            for status, response in operation.get("responses", {}).items()
            if not _is_common(status, response)
        ),
        refusals=tuple(
            Refusal(status, _reason(status))
            for status, response in operation.get("responses", {}).items()
            if _is_common(status, response)
        ),
        example=example_of(method, path, operation, document),
    )


def _is_common(status: str, response: Schema) -> bool:
    """Whether a response is one that the page describes once for all: refusals, and no news."""
    return status == "304" or list(response.get("content", ())) == [PROBLEM]


def _reason(status: str) -> str:
    """``OK`` for 200; nothing for ``default`` and ranges."""
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return ""


def _parameters(operation: Schema, place: str, document: Schema) -> tuple[Field, ...]:
    return tuple(
        _field(
            parameter["name"],
            # What is said of the parameter is nearer than what is said of its type.
            resolved(parameter.get("schema", {}), document)
            | {k: parameter[k] for k in ("description",) if parameter.get(k)},
            document,
            required=bool(parameter.get("required")),
        )
        for parameter in operation.get("parameters", ())
        if parameter["in"] == place
    )


def _bodies(described: Schema, document: Schema, *, unseen: str) -> tuple[Body, ...]:
    """The bodies of a request or response, the same in several media types as one."""
    contents = [
        (kind, part.get("schema", {})) for kind, part in described.get("content", {}).items()
    ]
    found = []
    for schema, same in groupby(contents, key=lambda content: content[1]):
        top = resolved(schema, document)
        inner = next((inner for inner, _mark in objects_in(top, document)), top)
        media_types = tuple(kind for kind, _schema in same)
        fields = tuple(_rows(top, document, unseen))
        found.append(
            Body(
                media_types=media_types,
                type=type_of(top, document),
                description=prose_of(top.get("description") or inner.get("description", "")),
                fields=_with_files(fields) if media_types == (MULTIPART,) else fields,
            )
        )
    return tuple(found)


def _with_files(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """drf-spectacular writes a file that comes in as the address by which one goes out."""
    return tuple(
        replace(field, type="file") if field.type == "string (uri)" else field for field in fields
    )


def _rows(
    schema: Schema,
    document: Schema,
    unseen: str,
    parents: tuple[str, ...] = (),
    trail: tuple[str, ...] = (),
) -> Iterator[Field]:
    """The fields of the objects in a resolved schema, each followed by its own fields."""
    for found, mark in objects_in(schema, document):
        name = found.get(NAME, "")
        if name in trail:
            continue
        above = (*parents[:-1], parents[-1] + mark) if parents else ()
        inside = (*trail, name) if name else trail
        for key, value in found["properties"].items():
            field = resolved(value, document)
            if field.get(unseen):
                continue
            yield _field(
                key,
                field,
                document,
                required=key in found.get("required", ()),
                parents=above,
                trail=inside,
            )
            yield from _rows(field, document, unseen, (*above, key), inside)


def _field(
    name: str,
    schema: Schema,
    document: Schema,
    *,
    required: bool,
    parents: tuple[str, ...] = (),
    trail: tuple[str, ...] = (),
) -> Field:
    # What is said of each entry of a list is said of the field.
    entry = schema
    while isinstance(entry.get("items"), dict):
        entry = resolved(entry["items"], document)
    described = schema.get("description") or entry.get("description", "")
    again = [found[NAME] for found, _ in objects_in(schema, document) if found.get(NAME) in trail]
    return Field(
        name=name,
        parents="".join(f"{parent}." for parent in parents),
        depth=len(parents),
        type=type_of(schema, document),
        description=prose_of(_CHOICE.sub("", described) if "enum" in entry else described),
        required=required,
        nullable=bool(schema.get("nullable")),
        read_only=bool(schema.get("readOnly")),
        default=json.dumps(schema["default"], ensure_ascii=False) if "default" in schema else "",
        choices=_choices(entry),
        limits=_limits(schema, entry),
        repeats=again[0] if again else "",
    )


def _choices(schema: Schema) -> tuple[Choice, ...]:
    labels = dict(_CHOICE.findall(schema.get("description", "")))
    written = [
        value if isinstance(value, str) and value else json.dumps(value)
        for value in schema.get("enum", ())
    ]
    return tuple(
        Choice(value, "" if labels.get(value) == value else labels.get(value, ""))
        for value in written
    )


def _limits(schema: Schema, entry: Schema) -> Limits:
    return Limits(
        value=_range(entry, "minimum", "maximum"),
        length=_range(entry, "minLength", "maxLength"),
        items=_range(schema, "minItems", "maxItems"),
        pattern=entry.get("pattern", ""),
    )


def _range(schema: Schema, least: str, most: str) -> str:
    low, high = _number(schema.get(least)), _number(schema.get(most))
    if low and high:
        return f"{low} … {high}"
    return f"≥ {low}" if low else f"≤ {high}" if high else ""


def _number(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def paragraphs_of(text: str) -> list[Prose]:
    """The paragraphs of a docstring."""
    return [prose_of(part) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]


def prose_of(text: str) -> Prose:
    """One paragraph, in which what stands between backticks is code."""
    pieces, end, text = [], 0, " ".join(text.split())
    for found in _CODE.finditer(text):
        pieces += [Piece(text[end : found.start()], False), Piece(found[2], True)]
        end = found.end()
    return tuple(piece for piece in (*pieces, Piece(text[end:], False)) if piece.text)
