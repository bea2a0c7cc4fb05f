"""JSON that the database cannot keep, that has no end or is none is refused, never a failure."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/tokens/"


@pytest.fixture
def send(labeler):
    client = APIClient()
    client.force_login(labeler)

    def send(body, content_type="application/json"):
        return client.post(TOKENS, body, content_type=content_type)

    return send


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a\\u0000b", "scopes": ["label"]}',
        b'{"name": "\\ud800", "scopes": ["label"]}',
        b'{"\\udfff": 1}',
        b'{"name": ["deep", {"x": "\\u0000"}]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"name": ',
        b"\xff\xfe",
        b'{"name": NaN}',
        b"1" * 5000,
        b"",
    ],
)
def test_what_cannot_be_read_or_kept_is_refused(send, body):
    answer = send(body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_what_is_no_json_is_unsupported(send, kind):
    answer = send(b"name=x", content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


def test_pairs_of_surrogates_and_a_written_backslash_are_text(send):
    answer = send(rb'{"name": "\ud83d\ude00 \\u0000", "scopes": ["label"]}')
    assert (answer.status_code, answer.json()["name"]) == (201, "\U0001f600 \\u0000")
