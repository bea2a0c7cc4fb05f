"""The API of labelers says what the pages say, and does what they do."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.watch import watching
from labelers.models import Qualification
from tests.annotation.watch.test_watching import crew  # noqa: F401


@pytest.fixture
def watched(project, crew, admin, client):  # noqa: F811
    watching.refresh(project=project)
    client.force_login(admin)
    return crew


def test_the_list(client, project, watched):
    found = client.get(reverse("api-labelers", args=[project.slug]), {"order": "gold"}).json()
    assert found["pauses"] is True
    assert 0.85 < found["usual"] < 1
    assert found["labelers"][0]["name"] == "p5"
    assert found["labelers"][0]["stage"] == "suspended"
    assert found["labelers"][0]["gold"]["n"] == 30


def test_looking_now(client, project, watched):
    found = client.post(reverse("api-labelers-refresh", args=[project.slug])).json()
    assert len(found["labelers"]) == 6


def test_the_csv(client, project, watched):
    answer = client.get(reverse("api-labelers-file", args=[project.slug]))
    assert answer["Content-Type"].startswith("text/csv")
    assert len(answer.getvalue().decode().splitlines()) == 7


def test_one_in_full(client, project, watched):
    key = f"p:{watched[5].pk}"
    found = client.get(reverse("api-labeler", args=[project.slug, key])).json()
    assert found["paths"]["usual"]["crossed"] <= 30
    assert len(found["pairs"]) == 5
    assert {signal["name"] for signal in found["all_signals"]} >= {"speed", "position"}
    assert found["rolling"]["gold"][-1][0] == 30


def test_pause_and_resume(client, project, watched):
    key = f"p:{watched[0].pk}"
    pause, resume = (
        reverse(f"api-labeler-{deed}", args=[project.slug, key]) for deed in ("pause", "resume")
    )
    assert client.post(pause, {}, content_type="application/json").status_code == 400
    done = client.post(pause, {"reason": "Call us."}, content_type="application/json")
    assert done.json()["stage"] == "suspended"
    twice = client.post(pause, {"reason": "Again."}, content_type="application/json")
    assert (twice.status_code, twice.json()["detail"]) == (409, "This labeler is paused already.")
    assert client.post(resume).json()["stage"] == "qualified"
    assert client.post(resume).status_code == 409
    assert Qualification.objects.get(person=watched[0]).stage == "qualified"


def test_strangers_learn_nothing(client, project, watched, stranger, engineer):
    key = f"p:{watched[0].pk}"
    client.force_login(stranger)
    assert client.get(reverse("api-labelers", args=[project.slug])).status_code == 404
    client.force_login(engineer)
    assert client.get(reverse("api-labeler", args=[project.slug, key])).status_code == 200
    body = {"reason": "x"}
    pause = reverse("api-labeler-pause", args=[project.slug, key])
    assert client.post(pause, body, content_type="application/json").status_code == 403
