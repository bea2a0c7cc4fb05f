"""The description is whole, without doubles, and says of operations what all have in common."""

from __future__ import annotations

import re

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from config.describing import SCOPE, document
from config.openapi import METHODS, PROBLEM
from labelers.models import ApiToken


@pytest.fixture(scope="module")
def operations():
    return [
        (path, method, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_it_is_made_without_a_warning(capsys):
    GENERATOR_STATS.reset()
    GENERATOR_STATS.silent = False
    SchemaGenerator().get_schema(request=None, public=True)
    found = {**GENERATOR_STATS._warn_cache, **GENERATOR_STATS._error_cache}
    assert found == {}


def test_it_is_valid_openapi():
    from drf_spectacular.validation import validate_schema

    validate_schema(document())


def test_operations_have_names_of_their_own(operations):
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))
    assert not [name for name in names if re.search(r"_\d+$", name)]


def test_every_operation_says_which_scope_and_how_to_sign_in(operations):
    for path, method, operation in operations:
        assert operation[SCOPE] in {None, *ApiToken.Scope.values}, (method, path)
        assert operation["security"] == [{"token": []}, {"session": []}], (method, path)


def test_every_operation_describes_its_refusals_as_problems(operations):
    for path, method, operation in operations:
        refusals = {
            status: response
            for status, response in operation["responses"].items()
            if status.startswith(("4", "5"))
        }
        wanted = {"400", "401", "403", "429"} | ({"404", "409"} if "{" in path else set())
        wanted |= {"409", "422"} if method != "get" else set()
        wanted |= {"412"} if method in {"put", "patch"} else set()
        assert wanted <= set(refusals), (method, path)
        for response in refusals.values():
            assert set(response["content"]) == {PROBLEM}, (method, path)
            assert response["description"]


def test_headers_are_described_where_they_are_heeded(operations):
    for path, method, operation in operations:
        named = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
        assert ("Idempotency-Key" in named) == (method == "post"), (method, path)
        assert ("If-None-Match" in named) == (method == "get"), (method, path)


def test_bodies_that_are_no_files_are_json_alone(operations):
    for path, method, operation in operations:
        kinds = set(operation.get("requestBody", {}).get("content", ()))
        assert kinds in (set(), {"application/json"}, {"multipart/form-data"}), (method, path)


def test_every_list_comes_in_pages(operations):
    whole = {
        # As long as the code that they list.
        "/api/v1/task-kinds/",
        "/api/v1/trainers/",
        "/api/v1/webhook-events/",
        # The last twenty.
        "/api/v1/projects/{slug}/labeling/recent/",
        # Browsers that one is signed in with.
        "/api/v1/me/sessions/",
        # Locks on signing in, which end by themselves within the hour.
        "/api/v1/site/locks/",
        # The snapshots that hold one item.
        "/api/v1/projects/{slug}/items/{id}/lineage/",
        # As many as a snapshot has kinds of records.
        "/api/v1/snapshots/{uid}/changes/",
        # What a run left to take along: at most two hundred files.
        "/api/v1/runs/{uid}/files/",
        # What answers a labeling page that somebody only tries: nothing.
        "/api/v1/projects/{slug}/trial/{stage}/nothing/",
    }
    for path, method, operation in operations:
        body = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if method == "get" and path not in whole and body:
            assert body["schema"].get("type") != "array", path
