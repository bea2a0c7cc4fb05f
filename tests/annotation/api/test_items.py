"""The API of items: the pages, the file and one item, for those who read and for nobody else."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from annotation.candidates import KnownAnswer
from tests.annotation.making import make_tasks

LIST = "/api/v1/projects/essays/items/"


@pytest.fixture
def api(admin):
    client = APIClient()
    client.force_authenticate(admin)
    return client


def test_pages_follow_each_other(api, project):
    make_tasks(project, 5, known=[KnownAnswer([1, 2], labeler="w1")])
    first = api.get(LIST, {"page_size": 3, "labeler": "i:w1"}).json()
    assert [item["excerpt"] for item in first["results"]] == [f"Question {n}?" for n in (5, 4, 3)]
    assert first["results"][0]["sources"] in (["model-0", "model-1"], ["model-1", "model-0"])
    assert sum(part["count"] for part in first["results"][0]["split"]) == 1
    second = api.get(first["next"]).json()
    assert [item["excerpt"] for item in second["results"]] == ["Question 2?", "Question 1?"]
    assert second["next"] is None


def test_one_item_with_every_answer(api, project):
    known = [KnownAnswer([1, 2], None, "w1", "clear", seconds=4)]
    (task,) = make_tasks(project, 1, known=known, language="en")
    body = api.get(f"{LIST}{task.pk}/").json()
    assert (body["id"], body["language"], body["gold"]) == (task.pk, "en", None)
    assert {response["source"] for response in body["responses"]} == {"model-0", "model-1"}
    (answer,) = body["answers"]
    assert (answer["labeler"], answer["name"], answer["reason"]) == ("i:w1", "w1", "clear")
    assert (answer["seconds"], answer["before"]) == (4.0, [])


def test_the_file_is_what_the_list_shows(api, project):
    make_tasks(project, 2)
    answer = api.get("/api/v1/projects/essays/items.csv")
    lines = b"".join(answer.streaming_content).decode().strip().split("\r\n")
    assert len(lines) == 3
    assert answer["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("address", [LIST, "/api/v1/projects/essays/items.csv"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"person__password": "x"}, "person__password"),
        ({"week": "now"}, "week"),
        ({"source": "nobody"}, "source"),
    ],
)
def test_bad_filters_are_named(api, project, address, query, field):
    answer = api.get(address, query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("query", "field"), [({"cursor": "x"}, "cursor"), ({"page_size": "0"}, "page_size")]
)
def test_bad_pages_are_named(api, project, query, field):
    answer = api.get(LIST, query)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("engineer", 200),
        ("researcher", 200),
        ("adjudicator", 403),
        ("labeler", 403),
        ("stranger", 404),
    ],
)
def test_who_may_see_named_answers(project, person_factory, stranger, who, status):
    (task,) = make_tasks(project, 1)
    person = stranger if who == "stranger" else person_factory(f"{who}-2", project, who)
    client = APIClient()
    client.force_authenticate(person)
    for address in (LIST, f"{LIST}{task.pk}/", "/api/v1/projects/essays/items.csv"):
        assert client.get(address).status_code == status


def test_an_item_of_another_project_is_not_found(api, project, project_factory):
    (task,) = make_tasks(project_factory("other"), 1)
    assert api.get(f"{LIST}{task.pk}/").status_code == 404
