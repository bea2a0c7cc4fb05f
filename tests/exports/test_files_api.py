"""A snapshot's own files by the API: those of its manifest, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from django.urls import reverse

from exports import snapshotting
from exports.dataset_dir import read_manifest
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def snapshot(project, engineer, label):
    label(project, [A_IS_BETTER])
    made = snapshotting.request_snapshot(project=project, created_by=engineer, name="May")
    return snapshotting.build_snapshot(snapshot_uid=made.uid)


def ask(client, snapshot, path):
    return client.get(reverse("api-snapshot-file", args=[snapshot.uid, path]))


def test_every_file_of_the_manifest(client, engineer, snapshot):
    client.force_login(engineer)
    files = read_manifest(snapshot.path)["files"]
    assert "lineage.parquet" in files
    for path, about in files.items():
        answer = ask(client, snapshot, path)
        data = b"".join(answer.streaming_content)
        assert hashlib.sha256(data).hexdigest() == about["sha256"]
        assert int(answer["Content-Length"]) == len(data)
    manifest = b"".join(ask(client, snapshot, "manifest.json").streaming_content)
    assert manifest == (snapshot.path / "manifest.json").read_bytes()
    assert AuditEvent.objects.filter(action="snapshot.downloaded").count() == len(files) + 1


@pytest.mark.parametrize(
    "path", ["nothing.parquet", "../manifest.json", "preference", "./README.md", "/etc/passwd"]
)
def test_no_other_name(client, engineer, snapshot, path):
    client.force_login(engineer)
    assert ask(client, snapshot, path).status_code == 404


def test_only_for_those_who_may_read(client, labeler, stranger, snapshot):
    for person, status in ((labeler, 403), (stranger, 404)):
        client.force_login(person)
        assert ask(client, snapshot, "README.md").status_code == status


def test_not_before_it_is_ready(client, engineer, project):
    client.force_login(engineer)
    made = snapshotting.request_snapshot(project=project, created_by=engineer, name="June")
    assert ask(client, made, "README.md").status_code == 409
