"""The page that voids: first what it would touch, then the deed, and its undoing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.models import Judgment, Voiding
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks


@pytest.fixture
def page(project, labeler):
    make_tasks(project, 2)
    for _ in range(2):
        answer_next(labeler, project, A_IS_BETTER)
    return reverse("labeler-void", args=[project.slug, f"p:{labeler.pk}"])


def posted(**fields):
    since = timezone.now() - timedelta(hours=1)
    return {"since": since.strftime("%Y-%m-%dT%H:%M"), "reason": "Random answers"} | fields


def test_it_shows_first_and_does_it_then(client, page, admin, project):
    client.force_login(admin)
    shown = client.post(page, posted()).text
    assert "Void 2 answers" in shown
    assert not Voiding.objects.exists()
    done = client.post(page, posted(confirmed="yes"), follow=True).text
    assert "2 answers no longer count." in done
    assert Judgment.objects.filter(standing="voided").count() == 2
    made = Voiding.objects.get()
    undone = client.post(reverse("voiding-restore", args=[project.slug, made.pk]), follow=True).text
    assert "Answers that count again: 2" in undone
    twice = client.post(reverse("voiding-restore", args=[project.slug, made.pk]), follow=True).text
    assert "already undone" in twice


def test_bad_input_stays_on_the_form(client, page, admin):
    client.force_login(admin)
    assert "This field is required." in client.post(page, {"reason": "x"}).text
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    said = client.post(page, posted(since=tomorrow, confirmed="yes")).text
    assert "still to come" in said
    assert not Voiding.objects.exists()


@pytest.mark.parametrize("key", ["i:anna", "p:999999", "p:x", "p:" + "9" * 30])
def test_only_people_of_the_project_can_be_named(client, admin, project, key):
    client.force_login(admin)
    assert client.get(reverse("labeler-void", args=[project.slug, key])).status_code == 404


def test_only_admins_come_here(client, page, labeler, engineer, stranger):
    for person, status in ((labeler, 403), (engineer, 403), (stranger, 404)):
        client.force_login(person)
        assert client.get(page).status_code == status


def test_the_api_does_the_same(client, page, admin, project, labeler):
    client.force_login(admin)
    asked = {
        "labeler": f"p:{labeler.pk}",
        "since": (timezone.now() - timedelta(hours=1)).isoformat(),
    }
    found = client.get(reverse("api-voidings-preview", args=[project.slug]), asked).json()
    assert (found["judgments"], found["standings"]) == (2, {"counted": 2})
    made = client.post(
        reverse("api-voidings", args=[project.slug]),
        asked | {"reason": "x"},
        content_type="application/json",
    )
    assert (made.status_code, made.json()["counts"]["judgments"]) == (201, 2)
    listed = client.get(
        reverse("api-voidings", args=[project.slug]), {"labeler": asked["labeler"]}
    ).json()
    assert [row["id"] for row in listed["results"]] == [made.json()["id"]]
    back = client.post(reverse("api-voiding-restore", args=[project.slug, made.json()["id"]]))
    assert back.json() == {"counted": 2, "surplus": 0, "other": 0, "left": 0}
    refused = client.get(
        reverse("api-voidings-preview", args=[project.slug]), asked | {"since": "now"}
    )
    assert (refused.status_code, "since" in refused.json()["errors"]) == (400, True)
