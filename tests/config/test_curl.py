"""An example has what its request needs, in words that a shell takes apart as they are meant."""

from __future__ import annotations

import json
import shlex

import pytest

from config.curl import Example, example_of, example_value

TREE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
    "required": ["name", "children"],
}
DOCUMENT = {"components": {"schemas": {"Tree": TREE}}}


def example(method: str, schema=None, media_type="application/json", **operation) -> Example:
    if schema is not None:
        operation["requestBody"] = {"content": {media_type: {"schema": schema}}}
    return example_of(method, "/things/{uid}/", operation, DOCUMENT)


def sent(found: Example) -> object:
    """The JSON that the shell would hand to curl."""
    flag, text = shlex.split(found.options[1])
    assert flag == "-d"
    return json.loads(text)


def test_a_plain_get_says_no_method_and_leaves_no_braces() -> None:
    assert example("get") == Example("", "/things/UID/", ())


def test_a_body_has_what_is_required_and_not_what_is_read_only() -> None:
    fields = {
        "id": {"type": "integer", "readOnly": True},
        "count": {"type": "integer", "minimum": 5},
        "note": {"type": "string"},
        "quote": {"type": "string", "default": "it's"},
    }
    required = ["id", "count", "quote"]
    found = example("post", {"type": "object", "properties": fields, "required": required})
    assert found.method == "POST"
    assert found.options[0] == "-H 'Content-Type: application/json'"
    assert sent(found) == {"count": 5, "quote": "it's"}


def test_where_nothing_is_required_one_field_shows_how() -> None:
    fields = {"id": {"readOnly": True}, "name": {"type": "string"}, "note": {"type": "string"}}
    assert sent(example("patch", {"type": "object", "properties": fields})) == {"name": "text"}


def test_a_file_is_sent_as_a_form() -> None:
    fields = {
        "file": {"type": "string", "format": "uri"},
        "format": {"enum": ["accord"]},
        "strict": {"type": "boolean"},
        "note": {"type": "string"},
    }
    schema = {"type": "object", "properties": fields, "required": ["file", "format", "strict"]}
    found = example("post", schema, "multipart/form-data")
    assert found == Example(
        "", "/things/UID/", ("-F file=@FILE", "-F format=accord", "-F strict=true")
    )
    assert example("put", schema, "multipart/form-data").method == "PUT"


def test_required_queries_are_there_and_files_go_into_files() -> None:
    file = {"text/csv": {"schema": {"type": "string", "format": "binary"}}}
    found = example(
        "get",
        parameters=[
            {"in": "path", "name": "uid", "required": True, "schema": {"type": "string"}},
            {"in": "query", "name": "as", "required": True, "schema": {"enum": ["a b"]}},
            {"in": "query", "name": "more", "schema": {"type": "string"}},
        ],
        responses={"200": {"content": file}},
    )
    assert found == Example("", "/things/UID/?as=a+b", ("-o FILE",))


def test_what_holds_itself_ends() -> None:
    schema = {"$ref": "#/components/schemas/Tree"}
    assert example_value(schema, DOCUMENT) == {"name": "text", "children": []}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "example": "E", "default": "D"}, "E"),
        ({"type": "string", "default": "D", "enum": ["C"]}, "D"),
        ({"type": "number"}, 0.5),
        ({"type": "number", "maximum": 0.1}, 0.1),
        ({"type": "integer", "minimum": 0}, 1),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 1),
        ({"type": "object", "additionalProperties": {}}, {}),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {}),
    ],
)
def test_a_value_is_one_that_the_schema_allows(schema, expected) -> None:
    assert example_value(schema, DOCUMENT) == expected
