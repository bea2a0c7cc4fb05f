"""The page of the guidelines: who reads, who learns names, who publishes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation import configuring, guiding

URL = "/projects/essays/guidelines/"


@pytest.fixture
def published(project, admin):
    for text, note in (("Be **kind**.\n\nBe brief.", ""), ("Be **kind**.\n\nBe right.", "Truth.")):
        configuring.publish_guidelines(project=project, text=text, note=note, created_by=admin)


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("engineer", 200), ("labeler", 200), ("stranger", 404), (None, 302)],
)
def test_every_member_reads_them(request, client, published, role, status):
    if role:
        client.force_login(request.getfixturevalue(role))
    page = client.get(URL)
    assert page.status_code == status
    if status == 200:
        html = page.content.decode()
        assert "<strong>kind</strong>" in html
        assert ("· ada" in html) == (role != "labeler")
        assert ('name="text"' in html) == (role == "admin")


def test_earlier_versions_and_differences(client, published, labeler):
    client.force_login(labeler)
    html = client.get(URL).content.decode()
    assert "Added: </span>Be right.</ins>" in html
    assert "Removed: </span>Be brief.</del>" in html
    first = client.get(URL + "?version=1").content.decode()
    assert "This is an earlier version." in first
    assert "Be brief." in first
    assert "<ins>" not in first
    for number in ("3", "0", "x", "01"):
        assert client.get(f"{URL}?version={number}").status_code == 404


def test_a_labeler_is_told_of_the_change_until_it_is_read(client, published, labeler, project):
    client.force_login(labeler)
    assert "You have not read these guidelines yet." in client.get(URL).content.decode()
    guiding.read_guidelines(project=project, person=labeler, version=1)
    html = client.get(URL).content.decode()
    assert "changed since you last read them" in html
    done = client.post(reverse("guidelines-read", args=["essays"]), {"version": "2"}, follow=True)
    assert "you have read version 2" in done.content.decode()
    assert "changed since you" not in client.get(URL).content.decode()
    for number in ("9", "x", "", "9" * 5000, "²"):
        page = client.post(
            reverse("guidelines-read", args=["essays"]), {"version": number}, follow=True
        )
        assert "no such version" in page.content.decode()


def test_the_difference_goes_back_to_what_was_read_last(client, published, labeler, project, admin):
    guiding.read_guidelines(project=project, person=labeler, version=1)
    configuring.publish_guidelines(
        project=project, text="Be **kind**.\n\nBe right.\n\nBe quick.", created_by=admin
    )
    client.force_login(labeler)
    html = client.get(URL).content.decode()
    assert "What changed since version 1" in html
    assert "Removed: </span>Be brief.</del>" in html


def test_only_admins_publish_and_nobody_overwrites_what_they_have_not_seen(
    client, published, engineer, admin, project
):
    new = {"text": "Be fair.", "note": "Fairness.", "after": "2"}
    client.force_login(engineer)
    assert client.post(URL, new).status_code == 403
    client.force_login(admin)
    assert "Write some" in client.post(URL, new | {"text": "  "}).content.decode()
    assert "This field is required" in client.post(URL, new | {"note": ""}).content.decode()
    assert client.post(URL, new).status_code == 302
    again = client.post(URL, new | {"text": "Be fast."}).content.decode()
    assert "Version 3 was published meanwhile" in again
    assert "Be fast." in again
    assert project.guidelines.first().text == "Be fair."


def test_the_first_version_needs_no_note(client, admin, project):
    client.force_login(admin)
    assert 'name="note"' not in client.get(URL).content.decode()
    assert client.post(URL, {"text": "Be fair.", "after": "0"}).status_code == 302
    assert project.guidelines.get().text == "Be fair."
