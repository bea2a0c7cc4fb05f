"""References are followed, what is composed becomes one schema, and what holds itself ends."""

from __future__ import annotations

import pytest

from config.openapi import NAME, objects_in, resolved, type_of

DOCUMENT = {
    "components": {
        "schemas": {
            "Colour": {"type": "string", "enum": ["red", "blue"], "description": "Which one."},
            "Nothing": {"enum": [None]},
            "Part": {"type": "object", "properties": {"id": {"type": "integer"}}},
            "Named": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
            },
            "Itself": {"$ref": "#/components/schemas/Itself"},
        }
    }
}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_reference_is_followed_and_keeps_its_name() -> None:
    found = resolved(ref("Part"), DOCUMENT)
    assert found == DOCUMENT["components"]["schemas"]["Part"] | {NAME: "Part"}


def test_what_stands_beside_a_reference_wins() -> None:
    found = resolved({"allOf": [ref("Colour")], "nullable": True, "description": "Own"}, DOCUMENT)
    assert (found["nullable"], found["description"]) == (True, "Own")
    assert (found["enum"], found[NAME]) == (["red", "blue"], "Colour")


def test_a_mixture_of_two_has_the_fields_of_both_and_no_name() -> None:
    extra = {"properties": {"more": {}}, "required": ["more"]}
    found = resolved({"allOf": [ref("Named"), ref("Part"), extra]}, DOCUMENT)
    assert list(found["properties"]) == ["name", "id", "more"]
    assert found["required"] == ["name", "more"]
    assert NAME not in found


def test_a_component_that_is_only_itself_is_nothing() -> None:
    assert resolved(ref("Itself"), DOCUMENT) == {NAME: "Itself"}


def test_an_unknown_component_is_an_error() -> None:
    with pytest.raises(KeyError, match="Unknown"):
        resolved(ref("Unknown"), DOCUMENT)


@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
def test_choices_that_may_be_null_are_one_list_of_choices(key) -> None:
    found = resolved({key: [ref("Colour"), {"enum": [""]}, ref("Nothing")]}, DOCUMENT)
    assert found["enum"] == ["red", "blue", ""]
    assert found["nullable"] is True
    assert found["description"] == "Which one."
    assert type_of(found, DOCUMENT) == "string"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "uuid"}, "string (uuid)"),
        ({}, "any"),
        ({"type": "object"}, "object"),
        ({"type": "object", "additionalProperties": {}}, "object"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number"),
        ({"properties": {"a": {}}}, "object"),
        ({"type": "array"}, "array"),
        ({"type": "array", "items": ref("Part")}, "array of Part"),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "array of array"),
        (ref("Part"), "Part"),
        ({"oneOf": [ref("Part"), {"type": "string"}, ref("Part")]}, "Part or string"),
    ],
)
def test_a_type_in_few_words(schema, expected) -> None:
    assert type_of(resolved(schema, DOCUMENT), DOCUMENT) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (ref("Part"), [("Part", "")]),
        ({"type": "array", "items": ref("Part")}, [("Part", "[]")]),
        ({"type": "object", "additionalProperties": ref("Part")}, [("Part", ".*")]),
        ({"oneOf": [ref("Part"), ref("Named")]}, [("Part", ""), ("Named", "")]),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"type": "object", "additionalProperties": True}, []),
    ],
)
def test_the_objects_in_a_schema_and_the_way_to_them(schema, expected) -> None:
    found = objects_in(resolved(schema, DOCUMENT), DOCUMENT)
    assert [(inner[NAME], mark) for inner, mark in found] == expected
