"""The thread of a task as a part of pages, and notes on the page of the guidelines."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation import configuring
from annotation.models import Comment, Guidelines
from annotation.review import commenting
from tests.annotation.making import make_tasks


@pytest.fixture
def task(project):
    return make_tasks(project)[0]


@pytest.fixture
def url(task):
    return reverse("comments", args=["essays", task.pk])


@pytest.mark.parametrize(
    ("role", "status"),
    [
        *(("admin", 200), ("researcher", 200), ("adjudicator", 200)),
        *(("labeler", 403), ("engineer", 403), ("stranger", 404)),
    ],
)
def test_who_reads_and_writes(request, client, project, person_factory, url, role, status):
    if role in ("researcher", "adjudicator"):
        person = person_factory("rae", project, role)
    else:
        person = request.getfixturevalue(role)
    client.force_login(person)
    assert client.get(url).status_code == status
    assert client.post(url, {"text": "So?"}).status_code == status
    assert Comment.objects.exists() == (status == 200)


def test_said_shown_resolved_and_escaped(client, admin, url):
    client.force_login(admin)
    html = client.post(url, {"text": "<b>So?</b>", "for_labelers": "on"}).content.decode()
    assert "&lt;b&gt;So?&lt;/b&gt;" in html
    assert "For labelers" in html
    assert "ada" in html
    assert "ada" not in client.get(f"{url}?blind=1").content.decode()
    settle = reverse("comment", args=["essays", Comment.objects.get().pk])
    assert "Open it again" in client.post(settle, {"deed": "resolve"}).content.decode()
    assert "Open it again" not in client.post(settle, {"deed": "reopen"}).content.decode()
    assert client.get(settle).status_code == 405


def test_an_empty_comment_is_refused(client, admin, url):
    client.force_login(admin)
    assert "errorlist" in client.post(url, {"text": " "}).content.decode()
    assert not Comment.objects.exists()


def test_tasks_and_comments_of_other_projects_are_not_there(client, task, url, stranger, admin):
    elsewhere = stranger.memberships.first().project
    made = commenting.comment(task=task, person=admin, text="So?")
    client.force_login(stranger)
    for name, pk in (("comments", task.pk), ("comment", made.pk)):
        assert client.post(reverse(name, args=[elsewhere.slug, pk])).status_code == 404


def test_a_note_becomes_a_change(client, project, task, admin, labeler):
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=admin)
    note = commenting.comment(task=task, person=admin, text="What of jokes?", for_labelers=True)
    page = "/projects/essays/guidelines/"
    client.force_login(labeler)
    assert "What of jokes?" not in client.get(page).content.decode()
    client.force_login(admin)
    html = client.get(f"{page}?note={note.pk}").content.decode()
    assert f'value="{note.pk}" id="note-{note.pk}" checked' in html
    assert "Be kind.</textarea>" in html
    given = {"text": "Be kind. Jokes are fine.", "note": "Jokes.", "after": 1, "notes": [note.pk]}
    said = client.post(page, given, follow=True).content.decode()
    assert "Version 2 is in force." in said
    assert "What of jokes?" not in said
    note.refresh_from_db()
    assert note.guidelines == Guidelines.objects.get(version=2)
    given |= {"text": "Be kind.", "after": 2}
    refused = client.post(page, given).content.decode()
    assert Guidelines.objects.count() == 2
    assert "errorlist" in refused
