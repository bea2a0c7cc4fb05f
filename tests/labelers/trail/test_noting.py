"""Whoever reads what is about people is written down: by page, by API, and only if let in."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from labelers import tokens
from labelers.models import AuditEvent
from labelers.trail.noting import READINGS
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from tests.security.roles_walk import routes


def noted():
    rows = AuditEvent.objects.filter(is_reading=True).order_by("id")
    return [(row.actor.username, row.action, row.subject) for row in rows]


def test_every_reading_is_an_address_of_this_site():
    assert set(READINGS) <= {name for name, _route, _pattern in routes()}


def test_pages_files_and_answers_of_the_api_are_noted(client, admin, labeler, project):
    [task] = make_tasks(project, 1)
    answer_next(labeler, project, A_IS_BETTER)
    client.force_login(admin)
    client.get(reverse("item", args=["essays", task.pk]))
    b"".join(client.get(reverse("watches-file", args=["essays"])).streaming_content)
    _token, secret = tokens.create_token(person=admin, name="n", scopes=["admin"])
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    program.get(reverse("api-members", args=["essays"]))
    assert noted() == [
        ("ada", "item.viewed", f"item:{task.pk}"),
        ("ada", "labelers.downloaded", ""),
        ("ada", "people.viewed", ""),
    ]
    event = AuditEvent.objects.filter(action="people.viewed").get()
    assert (event.project, event.detail) == (project, {"door": "api"})


@pytest.mark.parametrize("who", ["labeler", "stranger", None])
def test_whoever_is_refused_has_read_nothing(request, client, project, admin, who):
    if who:
        client.force_login(request.getfixturevalue(who))
    client.get(reverse("people", args=["essays"]))
    client.get(reverse("api-members", args=["essays"]))
    assert noted() == []
