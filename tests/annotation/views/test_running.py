"""Pages and API of a running project: overlap, copies, the archive."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from annotation import assigning, going_on
from annotation.models import Judgment, LongChange, ProjectSettings
from labelers.models import Project
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

JSON = {"content_type": "application/json"}


def test_the_overlap_is_looked_at_and_changed(client, project, admin, labeler):
    make_tasks(project, 3)
    answer_next(labeler, project, A_IS_BETTER)
    client.force_login(admin)
    page = reverse("overlap", args=[project.slug])
    seen = client.post(page, {"overlap": 2})
    assert (seen.context["preview"].reopened, seen.context["preview"].tasks) == (1, 3)
    assert not LongChange.objects.exists()
    assert client.post(page, {"overlap": 2, "confirmed": "yes"}).url == page
    change = LongChange.objects.get()
    progress = reverse("change-progress", args=[project.slug, "overlap"])
    assert "hx-get" in client.get(progress).text
    going_on.go_on(change=change.pk)
    said = client.get(progress).text
    assert "hx-get" not in said
    assert "1 opened again, 0 became complete" in said
    assert "already" in client.post(page, {"overlap": 2}).text


def test_the_api_changes_the_overlap(client, project, admin):
    make_tasks(project, 2)
    client.force_login(admin)
    preview = reverse("api-overlap-preview", args=[project.slug])
    assert client.get(preview, {"overlap": 3}).json()["wanted"] == 6
    assert client.get(preview, {"overlap": "x"}).status_code == 400
    changes = reverse("api-overlap-changes", args=[project.slug])
    assert client.post(changes, {"overlap": 3}, **JSON).status_code == 202
    assert client.post(changes, {"overlap": 4}, **JSON).status_code == 400
    found = client.get(reverse("api-long-changes", args=[project.slug])).json()["results"]
    assert [(row["kind"], row["state"], row["detail"]["overlap"]) for row in found] == [
        ("overlap", "running", 3)
    ]


def test_staff_copies_a_project(client, project, admin):
    client.force_login(admin)
    page, door = (reverse(n, args=[project.slug]) for n in ("project-clone", "api-project-clone"))
    assert client.get(page).status_code == 403
    assert client.post(door, {"name": "x"}, **JSON).status_code == 403
    admin.is_staff = True
    admin.save()
    make_tasks(project, 2)
    assert "Essays (copy)" in client.get(page).text
    client.post(page, {"name": "Two", "with_tasks": "on"})
    made = Project.objects.get(name="Two")
    going_on.go_on(change=LongChange.objects.get(project=made).pk)
    assert made.tasks.count() == 2
    assert client.post(door, {"name": "Three"}, **JSON).json()["slug"] == "three"


@pytest.fixture
def archived(client, project, admin, labeler):
    """An archived project with an item in hand."""
    make_tasks(project, 2)
    lease = assigning.next_assignment(project=project, person=labeler)
    client.force_login(admin)
    client.post(reverse("project-state", args=[project.slug]), {"state": "archived"})
    return lease


def test_an_archived_project_leaves_the_lists_and_comes_back(client, project, admin, archived):
    assert project.name not in client.get(reverse("projects")).text
    shown = client.get(reverse("projects-archived")).text
    assert project.name in shown
    assert "Bring it back" in shown
    projects = reverse("api-projects")
    assert client.get(projects).json()["results"] == []
    assert len(client.get(projects + "?archived=true").json()["results"]) == 1
    assert "has come to its end" in client.get(reverse("project", args=[project.slug])).text
    client.post(reverse("project-state", args=[project.slug]), {"state": "paused"})
    assert Project.objects.get(slug=project.slug).state == "paused"
    assert project.name in client.get(reverse("projects")).text


def test_nothing_in_it_changes(client, project, admin, archived):
    said = client.post(reverse("settings", args=[project.slug]), {"name": "New"}, follow=True)
    assert "is archived" in said.text
    slug = [project.slug]
    for name, body in (("api-overlap-changes", {"overlap": 2}), ("api-gold", {})):
        refused = client.post(reverse(name, args=slug), body, **JSON)
        assert (refused.status_code, refused.headers["Content-Type"]) == (
            409,
            "application/problem+json",
        )
    one = reverse("api-project", args=slug)
    assert client.patch(one, {"name": "New"}, **JSON).status_code == 400
    assert client.get(one).json()["name"] == "Essays"
    assert ProjectSettings.objects.get(project=project).overlap == 1
    assert client.patch(one, {"state": "active"}, **JSON).json()["state"] == "active"


def test_labelers_are_told_and_what_they_hold_is_taken(client, project, labeler, archived):
    client.force_login(labeler)
    label = reverse("label", args=[project.slug])
    assert client.get(label).url == reverse("project", args=[project.slug])
    assert "thank you for your work" in client.get(label, follow=True).text
    answer = {
        "assignment": archived.pk,
        "client_id": str(uuid.uuid4()),
        "answer": A_IS_BETTER,
    }
    url = reverse("api-labeling-judgments", args=[project.slug])
    assert client.post(url, answer, **JSON).status_code == 201
    assert Judgment.objects.count() == 1
    assert (
        client.post(reverse("api-labeling-undo", args=[project.slug]), {}, **JSON).status_code
        == 409
    )


@pytest.mark.parametrize("name", ["overlap", "api-long-changes", "project-clone"])
def test_it_is_for_admins(client, project, labeler, engineer, stranger, name):
    for person, status in ((labeler, 403), (engineer, 403), (stranger, 404)):
        client.force_login(person)
        assert client.get(reverse(name, args=[project.slug])).status_code in (status, 405)
