"""Who reaches which page and call of exports: the matrix, and downloads bound to their project."""

import json

import pytest
from django.urls import reverse

from exports import snapshotting, urls
from exports.models import Snapshot
from labelers.tokens import create_token

pytestmark = pytest.mark.django_db(transaction=True)

READ = {"admin": 200, "engineer": 200, "researcher": 200, "labeler": 403, "stranger": 404}
MAKE = {**READ, "researcher": 403}
PAGES = {
    "snapshots": READ,
    "snapshot-preview": READ,
    "snapshot": READ,
    "snapshot-progress": READ,
    "snapshot-download": READ,
    "snapshot-manifest": READ,
    "snapshot-compare": READ,
    "snapshot-lineage": READ,
    "snapshot-pushes": READ,
}
DEEDS = {"snapshot-again", "snapshot-delete"}
CALLS = {
    "api-snapshots": READ,
    "api-snapshot": READ,
    "api-snapshot-manifest": READ,
    "api-snapshot-download": READ,
    "api-snapshot-lineage": READ,
    "api-pushes": READ,
}
# Where a call needs more than a name, or only does something: tests/security has them all.
OTHERS = {
    *("api-snapshot-preview", "api-snapshot-file", "api-snapshot-changes"),
    *("api-snapshot-again", "api-snapshot-delete"),
}


@pytest.fixture
def snapshot(project, imported_pairs, freeze):
    imported_pairs(project, 30)
    # A name that stands in no page by chance.
    return freeze(project, "hush-hush")


@pytest.fixture
def people(admin, engineer, labeler, stranger, person_factory, project):
    return {
        "admin": admin,
        "engineer": engineer,
        "researcher": person_factory("rie", project, "researcher"),
        "labeler": labeler,
        "stranger": stranger,
    }


def address(name, snapshot):
    by_slug = name in {"snapshots", "snapshot-preview", "api-snapshots", "api-snapshot-preview"}
    path = reverse(name, args=[snapshot.project.slug if by_slug else snapshot.uid])
    return f"{path}?format=trl_preference" if name.endswith("download") else path


def test_every_address_has_a_row():
    assert {route.name for route in urls.urlpatterns} == {*PAGES, *DEEDS}
    assert {route.name for route in urls.api_urlpatterns} == {*CALLS, *OTHERS}


@pytest.mark.parametrize("name", [*PAGES, *CALLS])
def test_reading(client, people, snapshot, name):
    expected = {**PAGES, **CALLS}[name]
    for role, person in people.items():
        client.force_login(person)
        response = client.get(address(name, snapshot))
        assert response.status_code == expected[role], (role, name)
        if expected[role] != 200:
            assert snapshot.name.encode() not in response.content
    client.logout()
    status = client.get(address(name, snapshot)).status_code
    assert status == (302 if name in PAGES else 401)


def test_making(client, people, project):
    for role, person in people.items():
        client.force_login(person)
        made = client.post(
            reverse("api-snapshots", args=[project.slug]),
            json.dumps({"name": f"by {role}"}),
            content_type="application/json",
        )
        assert made.status_code == {200: 202}.get(MAKE[role], MAKE[role]), role
        page = client.post(reverse("snapshots", args=[project.slug]), {"name": f"page {role}"})
        assert page.status_code == MAKE[role], role
    # The page's form came without its filters, so it was shown again.
    names = set(Snapshot.objects.values_list("name", flat=True))
    assert names == {"by admin", "by engineer"}


def test_previewing(client, people, project):
    for role, person in people.items():
        client.force_login(person)
        response = client.post(
            reverse("api-snapshot-preview", args=[project.slug]),
            "{}",
            content_type="application/json",
        )
        assert response.status_code == READ[role], role


def test_a_token_needs_the_scope(client, engineer, project, snapshot):
    for scope, expected in (("label", 403), ("export", 200)):
        _token, secret = create_token(person=engineer, name=scope, scopes=[scope])
        headers = {"Authorization": f"Bearer {secret}"}
        path = address("api-snapshot-download", snapshot)
        assert client.get(path, headers=headers).status_code == expected
        made = client.post(
            reverse("api-snapshots", args=[project.slug]),
            json.dumps({"name": scope}),
            content_type="application/json",
            headers=headers,
        )
        assert made.status_code == {200: 202}.get(expected, expected)
        assert client.get(address("api-snapshots", snapshot), headers=headers).status_code == 200


def test_a_snapshot_of_another_project_is_not_found(
    client, engineer, project_factory, imported_pairs, freeze
):
    other = project_factory("other", gold_rate=0)
    imported_pairs(other, 3)
    theirs = freeze(other)
    client.force_login(engineer)
    for name in ("snapshot", "snapshot-download", "api-snapshot-download", "api-snapshot"):
        assert client.get(address(name, theirs)).status_code == 404


def test_nothing_is_asked_of_a_snapshot_before_the_role(client, labeler, project):
    waiting = snapshotting.request_snapshot(project=project, created_by=None, name="x")
    client.force_login(labeler)
    assert client.get(address("api-snapshot-download", waiting)).status_code == 403
