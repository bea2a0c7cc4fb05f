"""Failures of other platforms when things happen at once or too often: 14, 15."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Assignment, Judgment
from labelers.models import Invitation, Person
from tests.annotation.making import make_tasks
from tests.at_once import at_once

NEXT = "/api/v1/projects/essays/labeling/next/"
SEND = "/api/v1/projects/essays/labeling/judgments/"
TIE = {"choice": "tie", "strength": None}


def browser(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def post(client, url, body):
    return client.post(url, body, content_type="application/json")


@pytest.mark.django_db(transaction=True)
def test_14_an_answer_that_is_sent_many_times_at_once_is_stored_once(labeler, project):
    make_tasks(project, 1)
    item = post(browser(labeler), NEXT, {}).json()["item"]
    body = {"assignment": item["assignment"], "client_id": str(uuid.uuid4()), "answer": TIE}
    clients = [browser(labeler) for _ in range(8)]
    statuses: list[int] = []
    jobs = [lambda c=client: statuses.append(post(c, SEND, body).status_code) for client in clients]
    assert at_once(*jobs) == []
    assert set(statuses) <= {200, 201}
    assert Judgment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_14_a_task_is_given_to_no_more_people_than_wanted(project, person_factory):
    project.settings.overlap = 2
    project.settings.save()
    make_tasks(project, 1)
    clients = [browser(person_factory(f"n{n}", project, "labeler")) for n in range(8)]
    assert at_once(*[lambda c=client: post(c, NEXT, {}) for client in clients]) == []
    assert Assignment.objects.filter(slot__isnull=False).count() == 2


@pytest.mark.django_db(transaction=True)
def test_14_no_change_of_a_shared_column_is_lost(labeler):
    changes = [{"theme": "dark"}, {"text_size": 115}, {"cover_first": True},
               {"submit_at_once": True}, {"keys": {"next": "n"}}]  # fmt: skip
    clients = [browser(labeler) for _ in changes]

    def change(client, body):
        client.patch("/api/v1/me/preferences/", body, content_type="application/json")

    jobs = [lambda c=c, b=b: change(c, b) for c, b in zip(clients, changes, strict=True)]
    assert at_once(*jobs) == []
    kept = Person.objects.get(pk=labeler.pk).preferences
    assert {name for body in changes for name in body} - set(kept) <= {"keys"}


@pytest.mark.django_db(transaction=True)
def test_14_a_link_lets_in_no_more_people_than_meant(project, admin, person_factory):
    from labelers import inviting

    made, token = inviting.invite(project=project, role="labeler", created_by=admin, max_uses=2)
    clients = [browser(person_factory(f"n{n}")) for n in range(6)]
    address = reverse("invitation", args=[token])
    assert at_once(*[lambda c=client: c.post(address) for client in clients]) == []
    assert Invitation.objects.get(pk=made.pk).uses == 2
    assert project.memberships.filter(role="labeler").count() == 2


def test_15_nobody_votes_twice(labeler, project):
    make_tasks(project, 1)
    client = browser(labeler)
    item = post(client, NEXT, {}).json()["item"]
    first = {"assignment": item["assignment"], "client_id": str(uuid.uuid4()), "answer": TIE}
    assert post(client, SEND, first).status_code in {200, 201}
    again = first | {
        "client_id": str(uuid.uuid4()), "answer": {"choice": "a", "strength": "better"}
    }  # fmt: skip
    # What comes to an item that was answered is a correction, never a second vote.
    assert post(client, SEND, again).status_code < 500
    assert post(client, NEXT, {}).json()["item"] is None
    assert Judgment.objects.filter(is_current=True, standing="counted").count() == 1


def test_15_clicking_faster_than_reading_is_seen(labeler, project, admin):
    from annotation.models import Watch
    from annotation.watch import watching

    make_tasks(project, 45)
    client = browser(labeler)
    for _ in range(45):
        item = post(client, NEXT, {}).json()["item"]
        body = {
            "assignment": item["assignment"],
            "client_id": str(uuid.uuid4()),
            "answer": {"choice": "a", "strength": "better"},
            "active_seconds": 0.2,
        }
        answer = post(client, SEND, body)
        if answer.status_code == 400:
            body.pop("active_seconds")
            answer = post(client, SEND, body)
        assert answer.status_code in {200, 201}, answer.content
    watching.refresh(project=project)
    said = str(list(Watch.objects.filter(project=project, person=labeler).values("figures")))
    assert "speed" in said or "unread" in said
    assert browser(admin).get(reverse("watches", args=["essays"])).status_code == 200
