"""Reading an OpenAPI 3.0 description: references followed, compositions merged into one schema.

Pure functions on the dicts that drf-spectacular makes, as far as it makes use of OpenAPI. How a
page shows them is up to config/api_docs.py, what a request looks like to config/curl.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"
PROBLEM = "application/problem+json"
NAME = "x-accord-name"
"""Where `resolved` leaves the name of the component that a schema came from."""


def resolved(schema: Schema, document: Schema, trail: tuple[str, ...] = ()) -> Schema:
    """`schema` itself, without references at its top: what stands beside a reference wins.

    A component that is made of itself and nothing else adds nothing.

    Raises:
        KeyError: a reference to something that the document does not have.
    """
    own = {key: value for key, value in schema.items() if key not in {"$ref", "allOf"}}
    merged: Schema = {}
    if reference := schema.get("$ref"):
        name = reference.removeprefix("#/components/schemas/")
        if name in trail:
            return own
        component = document["components"]["schemas"][name]
        merged = resolved(component, document, (*trail, name)) | {NAME: name}
    for part in schema.get("allOf", ()):
        merged = _joined(merged, resolved(part, document, trail))
    merged = _joined(merged, own)
    return _with_alternatives(merged, document, trail)


def _joined(one: Schema, other: Schema) -> Schema:
    """Both at once: the fields of both, and of everything else what `other` says."""
    both = one | other
    if "properties" in one and "properties" in other:
        both["properties"] = one["properties"] | other["properties"]
        # A mixture of two components is neither.
        both.pop(NAME, None)
    if "required" in one and "required" in other:
        both["required"] = [*one["required"], *other["required"]]
    return both


def _with_alternatives(schema: Schema, document: Schema, trail: tuple[str, ...]) -> Schema:
    """`oneOf` and `anyOf` resolved; lists of values become one, as nullable choices are written."""
    parts = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if not parts:
        return schema
    found = [resolved(part, document, trail) for part in parts]
    rest = {key: value for key, value in schema.items() if key not in {"oneOf", "anyOf"}}
    if not all("enum" in part for part in found):
        return rest | {"oneOf": found}
    values = [value for part in found for value in part["enum"]]
    described = "\n".join(filter(None, (part.get("description") for part in found)))
    return {
        "type": found[0].get("type", "string"),
        "description": described,
        **rest,
        "enum": [value for value in values if value is not None],
        "nullable": bool(rest.get("nullable")) or None in values,
    }


def objects_in(schema: Schema, document: Schema, mark: str = "") -> Iterator[tuple[Schema, str]]:
    """The objects with named fields that a resolved schema is, lists, maps or offers.

    Each comes with how one gets there: ``[]`` for an entry of a list, ``.*`` for one of a map.
    """
    if schema.get("properties"):
        yield schema, mark
    for key, step in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(inner := schema.get(key), dict) and inner:
            yield from objects_in(resolved(inner, document), document, mark + step)
    for part in schema.get("oneOf", ()):
        yield from objects_in(part, document, mark)


def type_of(schema: Schema, document: Schema) -> str:
    """The type of a resolved schema in a few words, such as ``array of Message``."""
    if parts := schema.get("oneOf"):
        return " or ".join(dict.fromkeys(type_of(part, document) for part in parts))
    kind: str = schema.get("type", "object" if "properties" in schema else "any")
    if kind == "object" and schema.get("properties"):
        return str(schema.get(NAME, kind))
    if kind in {"array", "object"}:
        inner = schema.get("items" if kind == "array" else "additionalProperties")
        if isinstance(inner, dict) and inner:
            return f"{kind} of {type_of(resolved(inner, document), document)}"
        return kind
    return f"{kind} ({schema['format']})" if "format" in schema else kind
