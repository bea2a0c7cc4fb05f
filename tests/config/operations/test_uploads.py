"""How much may be sent: refused by the length that is announced, before a byte is read."""

import pytest

BIG = 64 * 1024**2


class Unread:
    """A body that must not be read."""

    def read(self, *arguments):
        pytest.fail("was read")

    readline = read


def send(client, path, length, **headers):
    return client.generic(
        "POST",
        path,
        b"",
        headers=headers,
        CONTENT_LENGTH=str(length),
        CONTENT_TYPE=headers.pop("content-type", "multipart/form-data; boundary=x"),
        **{"wsgi.input": Unread()},
    )


def test_a_stranger_sends_no_large_form(client, db):
    answer = send(client, "/sign-in/", BIG)
    assert answer.status_code == 413
    assert "64 MB" in answer.content.decode()


def test_no_json_is_that_large(client, labeler):
    client.force_login(labeler)
    answer = send(client, "/api/v1/me/preferences/", BIG, **{"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert "at most 5 MB" in answer.json()["detail"]


def test_a_file_beyond_the_limit_is_refused_for_everybody(client, admin, project, settings):
    client.force_login(admin)
    settings.IMPORT_MAX_BYTES = BIG // 2
    answer = send(client, f"/api/v1/projects/{project.slug}/imports/", BIG)
    assert answer.status_code == 413


def test_a_file_that_finds_no_room_is_refused_as_such(client, admin, project, settings):
    client.force_login(admin)
    settings.DISK_RESERVE = 1 << 60
    answer = send(client, f"/api/v1/projects/{project.slug}/imports/", BIG)
    assert answer.status_code == 507
    assert answer["Retry-After"] == "30"
