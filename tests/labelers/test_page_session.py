"""A page sends for whom it was made: another person's session in the same browser is refused."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from annotation.models import Judgment
from tests.annotation.making import make_tasks

NEXT = "/api/v1/projects/essays/labeling/next/"


@pytest.fixture
def ask(labeler, project):
    make_tasks(project, 2)
    client = Client()
    client.force_login(labeler)

    def asked(person, url=NEXT, **body):
        headers = {"X-Accord-Person": str(person)} if person else {}
        return client.post(url, body, content_type="application/json", headers=headers)

    return asked


def test_ones_own_page_and_a_program_without_a_page_are_served(ask, labeler):
    assert ask(labeler.pk).status_code == 200
    assert ask(None).status_code == 200


def test_nothing_is_leased_or_stored_from_somebody_elses_page(ask, labeler):
    item = ask(labeler.pk).json()["item"]
    refused = ask(labeler.pk + 1)
    assert (refused.status_code, refused.json()["detail"]) == (
        401,
        "Somebody else has signed in; sign in again.",
    )
    sent = ask(
        labeler.pk + 1,
        NEXT.replace("next", "judgments"),
        assignment=item["assignment"],
        client_id=str(uuid.uuid4()),
        answer={"choice": "tie", "strength": None},
    )
    assert sent.status_code == 401
    assert not Judgment.objects.exists()


def test_who_is_signed_in_can_still_be_asked(labeler):
    client = Client()
    client.force_login(labeler)
    found = client.get("/api/v1/me/", headers={"X-Accord-Person": str(labeler.pk + 1)})
    assert (found.status_code, found.json()["username"]) == (200, labeler.username)
