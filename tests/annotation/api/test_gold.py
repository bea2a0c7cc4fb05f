"""The API of gold does what the pages do."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.consensus import aggregating
from annotation.models import Gold, Task
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks


@pytest.fixture
def api(client, admin, project):
    """Call the API as an admin: `api("post", "api-gold", {...})`."""
    client.force_login(admin)

    def call(method, name, body=None, *more):
        address = reverse(name, args=[project.slug, *more])
        if method == "get":
            return client.get(address, body)
        return getattr(client, method)(address, body, content_type="application/json")

    return call


def test_an_item_goes_through_its_life(api, project):
    (task,) = make_tasks(project)
    made = api("post", "api-gold", {"item": task.pk, "answer": A_IS_BETTER, "explanation": "x"})
    assert (made.status_code, made.json()["answer"], made.json()["state"]) == (
        201,
        A_IS_BETTER,
        "in_force",
    )
    changed = api("put", "api-gold-item", {"answer": B_IS_BETTER}, task.pk)
    assert changed.json()["answer"] == B_IS_BETTER
    refused = api("post", "api-gold-item", {"deed": "retire"}, task.pk)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["reason"])
    retired = api("post", "api-gold-item", {"deed": "retire", "reason": "old"}, task.pk)
    assert (retired.json()["state"], retired.json()["retired_reason"]) == ("retired", "old")
    assert api("get", "api-gold").json()["results"] == []
    assert len(api("get", "api-gold", {"show": "retired"}).json()["results"]) == 1
    assert api("post", "api-gold-item", {"deed": "bring_back"}, task.pk).status_code == 200
    assert api("get", "api-gold-item", None, task.pk).json()["state"] == "in_force"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"item": 999_999, "answer": A_IS_BETTER}, "item"),
        ({"answer": A_IS_BETTER}, "item"),
        ({"item": 0, "answer": A_IS_BETTER}, "item"),
    ],
)
def test_bad_input_names_its_field(api, project, body, field):
    answer = api("post", "api-gold", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_an_answer_of_another_kind_is_refused(api, project):
    (task,) = make_tasks(project)
    for given in ({"ranks": [1, 2]}, [1], "a", None):
        answer = api("post", "api-gold", {"item": task.pk, "answer": given})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["answer"])
    assert api("get", "api-gold", {"show": "all"}).status_code == 400
    assert not Gold.objects.exists()


def test_proposals_are_listed_and_decided(api, project, person_factory):
    project.settings.overlap = 3
    project.settings.save()
    tasks = make_tasks(project, 2)
    for number in range(3):
        person = person_factory(f"p{number}", project, "labeler")
        for _ in range(2):
            answer_next(person, project, A_IS_BETTER, reason="shorter")
    aggregating.refresh_consensus(project=project)
    found = api("get", "api-gold-proposals").json()["results"]
    assert [row["item"] for row in found] == [task.pk for task in tasks]
    assert found[0]["judgments"][0]["reason"] == "shorter"
    made = api("post", "api-gold-proposal", {"decision": "confirm"}, tasks[0].pk)
    assert made.json()["origin"] == "consensus"
    dismissed = api("post", "api-gold-proposal", {"decision": "dismiss"}, tasks[1].pk)
    assert dismissed.status_code == 204
    assert api("get", "api-gold-proposals").json()["results"] == []
    assert Task.objects.filter(is_gold=True).count() == 1


def test_the_summary_says_how_far_it_reaches_and_how_balanced_it_is(api, project):
    (task,) = make_tasks(project)
    api("post", "api-gold", {"item": task.pk, "answer": A_IS_BETTER})
    found = api("get", "api-gold-summary").json()
    assert (found["pool"]["gold"], found["balance"]["difficulty"]) == (1, {"unknown": 1})
    file = api("get", "api-gold-file")
    assert str(task.pk) in b"".join(file.streaming_content).decode("utf-8-sig")
