"""Small descriptions become the rows they should, and nothing of the real one gets lost."""

from __future__ import annotations

import pytest
from drf_spectacular.generators import SchemaGenerator

from config.api_docs import groups_of, paragraphs_of, prose_of
from config.api_records import Choice, Field, Operation, Piece
from config.openapi import METHODS

COMPONENTS = {
    "Node": {
        "type": "object",
        "description": "A part of a `tree`.",
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
        "required": ["secret"],
    },
    "Colour": {
        "type": "string",
        "enum": ["red", "blue"],
        "description": "* `red` - Like a rose\n* `blue` - blue",
    },
}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(**methods) -> dict:
    return {"paths": {"/things/": methods}, "components": {"schemas": COMPONENTS}}


def operation(**described) -> Operation:
    [group] = groups_of(document(post=described))
    return group.operations[0]


def answered(**properties) -> tuple[Field, ...]:
    """The rows of a response that is an object with `properties`."""
    content = {"application/json": {"schema": {"type": "object", "properties": properties}}}
    [response] = operation(responses={"200": {"content": content}}).responses
    return response.bodies[0].fields


def text(prose) -> str:
    return "".join(piece.text for piece in prose)


def test_operations_are_grouped_by_tag_in_their_order() -> None:
    found = groups_of(
        document(
            post={"tags": ["task-kinds"], "operationId": "things_create"},
            get={"tags": ["me"]},
            delete={"tags": ["task-kinds"]},
        )
    )
    assert [(group.name, group.anchor) for group in found] == [
        ("Me", "tag-me"),
        ("Task kinds", "tag-task-kinds"),
    ]
    of_kinds = [(o.method, o.path, o.anchor) for o in found[1].operations]
    assert of_kinds == [
        ("POST", "/things/", "things_create"),
        ("DELETE", "/things/", "delete-things"),
    ]


def test_the_first_paragraph_is_the_summary_unless_there_is_one() -> None:
    found = operation(description="First\nof all.\n\nMore `code`.", deprecated=True)
    assert text(found.summary) == "First of all."
    assert found.description == ((Piece("More ", False), Piece("code", True), Piece(".", False)),)
    assert found.is_deprecated
    found = operation(summary="Short", description="Long")
    assert (text(found.summary), [text(p) for p in found.description]) == ("Short", ["Long"])


def test_scopes_are_those_that_the_description_names() -> None:
    assert operation(**{"x-accord-scope": "train"}).scopes == ("train",)
    assert operation(**{"x-accord-scope": None}).scopes == ()


def test_what_is_the_same_everywhere_is_only_named() -> None:
    problem = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
    found = operation(
        parameters=[{"in": "header", "name": "If-Match", "schema": {"type": "string"}}],
        responses={"204": {}, "304": {}, "409": problem},
    )
    assert [response.status for response in found.responses] == ["204"]
    assert [refusal.status for refusal in found.refusals] == ["304", "409"]
    assert found.refusals[1].reason == "Conflict"
    assert found.headers == ("If-Match",)


def test_parameters_have_their_limits_and_defaults() -> None:
    number = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    found = operation(
        parameters=[
            {"in": "path", "name": "slug", "required": True, "schema": {"type": "string"}},
            {"in": "query", "name": "size", "schema": number, "description": "How many."},
            {"in": "query", "name": "of", "schema": ref("Colour"), "description": "Of which."},
            {"in": "header", "name": "X-Other", "schema": {}},
        ]
    )
    [slug] = found.path_parameters
    assert (slug.name, slug.type, slug.required, slug.default) == ("slug", "string", True, "")
    size, of = found.query_parameters
    assert (size.required, size.default, size.limits.value) == (False, "50", "1 … 200")
    assert text(size.description) == "How many."
    assert text(of.description) == "Of which."
    assert [choice.value for choice in of.choices] == ["red", "blue"]


@pytest.mark.parametrize(
    ("schema", "name", "expected"),
    [
        ({"type": "string", "maxLength": 80}, "length", "≤ 80"),
        ({"type": "string", "minLength": 1}, "length", "≥ 1"),
        ({"type": "number", "minimum": 0, "maximum": 0.5}, "value", "0 … 0.5"),
        ({"type": "string", "pattern": "^a$"}, "pattern", "^a$"),
        ({"type": "array", "maxItems": 9, "items": {"type": "integer"}}, "items", "≤ 9"),
        ({"type": "array", "items": {"type": "integer", "minimum": 3}}, "value", "≥ 3"),
    ],
)
def test_limits_are_ranges(schema, name, expected) -> None:
    [field] = answered(it=schema)
    assert getattr(field.limits, name) == expected


def test_choices_say_what_they_mean_once() -> None:
    many, maybe = answered(
        many={"type": "array", "items": ref("Colour")},
        maybe={"oneOf": [ref("Colour"), {"enum": [""]}, {"enum": [None]}]},
    )
    assert many.choices == (Choice("red", "Like a rose"), Choice("blue", ""))
    assert (many.type, many.description) == ("array of string", ())
    assert [choice.value for choice in maybe.choices] == ["red", "blue", '""']
    assert maybe.nullable
    assert not many.nullable


def test_nested_objects_are_rows_below_theirs() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string", "nullable": True}}}
    found = answered(
        list={"type": "array", "items": inner},
        map={"type": "object", "additionalProperties": inner},
        plain={"type": "object", "properties": {"deep": inner}},
    )
    assert [(row.parents, row.name, row.depth) for row in found] == [
        ("", "list", 0),
        ("list[].", "a", 1),
        ("", "map", 0),
        ("map.*.", "a", 1),
        ("", "plain", 0),
        ("plain.", "deep", 1),
        ("plain.deep.", "a", 2),
    ]
    assert [row.nullable for row in found if row.name == "a"] == [True] * 3


def test_a_schema_that_holds_itself_is_named_where_it_comes_round() -> None:
    node, of_id, children = answered(node=ref("Node"))
    assert (node.type, node.repeats) == ("Node", "")
    assert text(node.description) == "A part of a tree."
    assert (of_id.parents, of_id.read_only) == ("node.", True)
    assert (children.type, children.repeats) == ("array of Node", "Node")


def test_each_side_sees_what_is_its_own() -> None:
    schema = {"schema": ref("Node")}
    found = operation(
        requestBody={"required": True, "content": {"application/json": schema, "text/x": schema}},
        responses={"201": {"content": {"application/json": schema}}},
    )
    [body] = found.bodies
    assert found.body_required
    assert (body.type, body.media_types) == ("Node", ("application/json", "text/x"))
    assert text(body.description) == "A part of a tree."
    assert [(row.name, row.required) for row in body.fields] == [
        ("secret", True),
        ("children", False),
    ]
    [answer] = found.responses
    assert (answer.status, answer.reason) == ("201", "Created")
    assert [row.name for row in answer.bodies[0].fields] == ["id", "children"]


def test_what_has_no_body_has_none() -> None:
    found = operation(responses={"204": {"description": "No body"}, "default": {}})
    assert (found.bodies, found.body_required) == ((), False)
    assert [(r.status, r.reason, r.bodies) for r in found.responses] == [
        ("204", "No Content", ()),
        ("default", "", ()),
    ]


def test_a_body_that_is_a_list_shows_the_fields_of_its_entries() -> None:
    content = {"application/json": {"schema": {"type": "array", "items": ref("Node")}}}
    [answer] = operation(responses={"200": {"content": content}}).responses
    [body] = answer.bodies
    assert (body.type, text(body.description)) == ("array of Node", "A part of a tree.")
    assert [(row.parents, row.name) for row in body.fields] == [("", "id"), ("", "children")]


def test_a_file_in_a_form_is_called_one() -> None:
    form = {"type": "object", "properties": {"file": {"type": "string", "format": "uri"}}}
    found = operation(requestBody={"content": {"multipart/form-data": {"schema": form}}})
    assert found.bodies[0].fields[0].type == "file"


def test_code_is_told_from_words() -> None:
    assert prose_of("``a`` and\n `b`") == (
        Piece("a", True),
        Piece(" and ", False),
        Piece("b", True),
    )
    assert prose_of("") == ()
    assert paragraphs_of("  \n") == []


def test_every_operation_of_the_real_description_is_there() -> None:
    described = SchemaGenerator().get_schema(request=None, public=True)
    expected = {
        (method.upper(), path)
        for path, methods in described["paths"].items()
        for method in METHODS
        if method in methods
    }
    found = [operation for group in groups_of(described) for operation in group.operations]
    assert len(expected) > 40
    assert {(operation.method, operation.path) for operation in found} == expected
    assert len({operation.anchor for operation in found}) == len(found)
    for operation in found:
        for parameter in operation.path_parameters:
            assert f"{{{parameter.name}}}" in operation.path
        assert operation.path.count("{") == len(operation.path_parameters)
        assert operation.summary, operation.path
