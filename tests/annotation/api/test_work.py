"""One's own work over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from labelers.tokens import create_token
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from tests.annotation.test_own_work import answer_gold, make_gold, move

BASE = "/api/v1/projects/essays/"


@pytest.mark.parametrize("path", ["work/", "work.csv"])
@pytest.mark.parametrize(
    ("role", "status"), [("labeler", 200), ("engineer", 403), ("stranger", 404), (None, 401)]
)
def test_who_may_read_their_own_work(request, project, path, role, status):
    client = APIClient()
    if role:
        client.force_login(request.getfixturevalue(role))
    assert client.get(BASE + path).status_code == status


def test_figures(project, labeler):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER, seconds=1800.0)
    make_gold(project, 5)
    for judgment in answer_gold(labeler, project, 5):
        move(judgment, days=1)
    client = APIClient()
    client.force_login(labeler)
    body = client.get(f"{BASE}work/").json()
    assert body["today"] == {"items": 1, "seconds": 1800.0}
    assert body["in_all"]["items"] == 6
    assert sum(month["hours"] for month in body["months"]) == 0.5
    assert [day["items"] for day in body["days"][-2:]] == [5, 1]
    assert (body["gold"]["value"], body["gold"]["comparisons"]) == (1.0, 5)
    project.settings.shows_gold_score = False
    project.settings.save()
    assert client.get(f"{BASE}work/").json()["gold"] is None


def test_the_file_comes_by_token_whatever_is_accepted(project, labeler):
    make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    for scope, status in (("label", 200), ("export", 403)):
        _token, secret = create_token(person=labeler, name="bot", scopes=[scope])
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}", HTTP_ACCEPT="text/csv")
        answer = client.get(f"{BASE}work.csv")
        assert answer.status_code == status
        if status == 200:
            assert b"stored" in b"".join(answer.streaming_content)
