"""Lists come in pages that neither repeat nor miss anything; bad sizes and places are refused."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from labelers import tokens

pytestmark = pytest.mark.django_db
MEMBERS = "/api/v1/projects/essays/members/"


@pytest.fixture
def client(admin):
    client = APIClient()
    client.force_login(admin)
    return client


def walk(client, url, link="next"):
    found = []
    while url:
        page = client.get(url).json()
        found.append([entry.get("username") or entry["name"] for entry in page["results"]])
        url = page[link]
    return found


def test_members_come_in_pages_and_back(client, person_factory, project):
    names = ["ada", *(person_factory(f"λ{n}", project, "labeler").username for n in range(4))]
    pages = walk(client, f"{MEMBERS}?page_size=2")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [name for page in pages for name in page] == names
    last = client.get(f"{MEMBERS}?page_size=2&cursor=NA==").json()
    assert (last["next"], [each["username"] for each in last["results"]]) == (None, names[4:])
    assert client.get(last["previous"]).json()["results"][0]["username"] == names[2]


def test_what_is_added_meanwhile_repeats_nothing(client, admin):
    for number in range(4):
        tokens.create_token(person=admin, name=str(number), scopes=["label"])
    first = client.get("/api/v1/tokens/?page_size=2").json()
    tokens.create_token(person=admin, name="new", scopes=["label"])
    second = client.get(first["next"]).json()
    names = [entry["name"] for page in (first, second) for entry in page["results"]]
    assert names == ["3", "2", "1", "0"]


@pytest.mark.parametrize("url", ["/api/v1/tokens/", MEMBERS])
@pytest.mark.parametrize("size", ["0", "201", "-1", "many", "", "1e2", "٣"])
def test_a_size_that_is_none_is_refused(client, url, size):
    answer = client.get(url, {"page_size": size})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["page_size"])


@pytest.mark.parametrize("url", ["/api/v1/tokens/", MEMBERS])
@pytest.mark.parametrize("cursor", ["x", "!!!", "cD1hYmM=", "LTE=", "OTk5OTk5OTk5OTk5", "é"])
def test_a_cursor_that_nobody_was_given_is_refused(client, url, cursor):
    answer = client.get(url, {"cursor": cursor})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])
