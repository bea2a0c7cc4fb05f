"""The page of a checkpoint, and the files of a run: who gets them, and what hostile cards do."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from labelers.models import AuditEvent
from training.models import Run, RunInput

pytestmark = pytest.mark.django_db(transaction=True)
CARD = "---\nlicense: mit\n---\n# Of essays\n\n<script>alert(1)</script> learned from *labels*.\n"


@pytest.fixture
def checkpoint(done_run):
    found = done_run.checkpoints.filter(available=True).latest("step")
    (done_run.path / "checkpoints" / found.name / "README.md").write_text(CARD)
    return found


def test_the_page_shows_card_uses_and_what_can_be_done(
    client, engineer, checkpoint, run_factory
) -> None:
    reader = run_factory("its reader")
    RunInput.objects.create(run=reader, checkpoint=checkpoint, role="reference")
    run_factory("its child", parent=checkpoint)
    client.force_login(engineer)
    text = client.get(reverse("checkpoint", args=[checkpoint.uid])).content.decode()
    for wanted in ("<em>labels</em>", "its reader", "reads it as: Reference", "its child"):
        assert wanted in text
    assert "<script>alert" not in text
    assert "license: mit" not in text
    assert ">Train from it<" in text
    page = client.get(reverse("run", args=[reader.uid])).content.decode()
    assert reverse("checkpoint", args=[checkpoint.uid]) in page


def test_strangers_find_no_checkpoint_and_researchers_change_nothing(
    client, checkpoint, stranger, labeler, project, person_factory
) -> None:
    address = reverse("checkpoint", args=[checkpoint.uid])
    for person, expected in ((stranger, 404), (labeler, 403)):
        client.force_login(person)
        assert client.get(address).status_code == expected
    client.force_login(person_factory("rei", project, "researcher"))
    text = client.get(address).content.decode()
    assert "Train from it" not in text


def test_programs_read_the_card_and_who_used_it(engineer, checkpoint, run_factory) -> None:
    child = run_factory("child", parent=checkpoint)
    client = APIClient()
    client.force_login(engineer)
    found = client.get(f"/api/v1/checkpoints/{checkpoint.uid}/").json()
    assert found["card"] == CARD
    assert (found["started"], found["uses"]) == ([str(child.uid)], [])


def test_a_long_list_of_files_has_pages(client, engineer, done_run, monkeypatch) -> None:
    monkeypatch.setattr("training.views.FILES_ON_A_PAGE", 2)
    outputs = done_run.path / "outputs"
    outputs.mkdir(exist_ok=True)
    for name in "abc":
        (outputs / f"{name}.txt").write_text(name)
    client.force_login(engineer)
    address = reverse("run", args=[done_run.uid])
    addresses = [reverse("run-file", args=[done_run.uid, f"{name}.txt"]) for name in "abc"]
    archive = reverse("run-archive", args=[done_run.uid])
    for page, shown in ((1, [True, True, False]), (2, [False, False, True])):
        text = client.get(address, {"page": page}).content.decode()
        assert [each in text for each in addresses] == shown
        assert archive in text, "one file on the last page is not all there is"
    every = client.get(archive)
    with zipfile.ZipFile(io.BytesIO(b"".join(every.streaming_content))) as opened:
        assert opened.namelist() == ["a.txt", "b.txt", "c.txt"]


def test_files_are_taken_one_by_one_or_together_and_it_is_noted(
    client, engineer, done_run, project, person_factory
) -> None:
    outputs = done_run.path / "outputs" / "model"
    outputs.mkdir(parents=True)
    (outputs / "config.json").write_text("{}")
    client.force_login(engineer)
    one = client.get(reverse("run-file", args=[done_run.uid, "model/config.json"]))
    assert b"".join(one.streaming_content) == b"{}"
    every = client.get(reverse("run-archive", args=[done_run.uid]))
    with zipfile.ZipFile(io.BytesIO(b"".join(every.streaming_content))) as opened:
        assert opened.namelist() == ["model/config.json"]
    noted = AuditEvent.objects.filter(action="run.downloaded").order_by("pk")
    assert [event.detail["file"] for event in noted] == ["model/config.json", "all"]
    assert client.get(reverse("run-file", args=[done_run.uid, "../config.json"])).status_code == 404
    api = APIClient()
    api.force_login(engineer)
    base = f"/api/v1/runs/{done_run.uid}/files/"
    assert api.get(base).json() == [{"name": "model/config.json", "size": 2}]
    assert b"".join(api.get(f"{base}model/config.json").streaming_content) == b"{}"
    client.force_login(person_factory("rei", project, "researcher"))
    assert client.get(reverse("run-archive", args=[done_run.uid])).status_code == 403
    Run.objects.update(state="running", finished_at=None)
    assert api.get(base).json() == []
