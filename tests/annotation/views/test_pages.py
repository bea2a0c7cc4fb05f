"""The pages of annotation: who sees which, and that they say what matters."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotation import configuring, importing
from annotation.consensus import aggregating
from annotation.models import ImportBatch
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

SEEN_BY = {
    "project": {"admin": 200, "engineer": 200, "labeler": 200, "stranger": 404, None: 302},
    "label": {"admin": 200, "engineer": 403, "labeler": 200, "stranger": 404, None: 302},
    "data": {"admin": 200, "engineer": 200, "labeler": 403, "stranger": 404, None: 302},
    "quality": {"admin": 200, "engineer": 200, "labeler": 403, "stranger": 404, None: 302},
}


@pytest.mark.parametrize("page", list(SEEN_BY))
@pytest.mark.parametrize("role", ["admin", "engineer", "labeler", "stranger", None])
def test_who_sees_which_page(request, client, project, page, role):
    if role:
        client.force_login(request.getfixturevalue(role))
    assert client.get(reverse(page, args=["essays"])).status_code == SEEN_BY[page][role]


def test_the_list_shows_only_ones_own_projects(client, project, stranger):
    client.force_login(stranger)
    page = client.get(reverse("projects")).content.decode()
    assert "Elsewhere" in page
    assert "Essays" not in page


def test_the_overview_shows_progress_and_the_labelers_own_work(client, project, admin, labeler):
    make_tasks(project, 4)
    answer_next(labeler, project, A_IS_BETTER)
    client.force_login(admin)
    page = client.get(reverse("project", args=["essays"])).content.decode()
    assert "of 4 wanted" in page
    client.force_login(labeler)
    page = client.get(reverse("project", args=["essays"])).content.decode()
    assert "Go on labeling" in page
    assert "of 4 wanted" not in page


def test_quality_shows_each_labeler(client, project, admin, labeler):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    aggregating.refresh_consensus(project=project)
    client.force_login(admin)
    page = client.get(reverse("quality", args=["essays"])).content.decode()
    assert "aiko" in page
    assert "Krippendorff" in page


def test_a_file_comes_in_by_the_page_and_its_problems_are_shown(client, project, admin):
    client.force_login(admin)
    file = SimpleUploadedFile("rows.jsonl", b'{"prompt": "Why?"}\n{"prompt": 3}')
    sent = client.post(reverse("data", args=["essays"]), {"file": file, "format": "accord"})
    batch = ImportBatch.objects.get()
    assert sent.url == reverse("import", args=["essays", batch.uid])
    assert "every 1s" in client.get(sent.url).content.decode()
    importing.run_import(uid=str(batch.uid))
    page = client.get(sent.url).content.decode()
    assert "every 1s" not in page
    assert "give a list of messages" in page


@pytest.mark.parametrize(("given", "kept"), [("", None), ("yes", True), ("no", False)])
def test_the_page_of_data_asks_whom_to_ask(client, project, admin, given, kept):
    client.force_login(admin)
    file = SimpleUploadedFile("rows.jsonl", b'{"prompt": "Why?"}')
    sent = {"file": file, "format": "judgments", "ask_people": given}
    client.post(reverse("data", args=["essays"]), sent)
    assert ImportBatch.objects.get().ask_people is kept


def test_the_page_of_an_import_says_what_was_left_out(client, project, admin):
    client.force_login(admin)
    counts = {"judgments": 3, "repeated": 7, "unfit": 5, "closed": 11}
    batch = ImportBatch.objects.create(
        project=project,
        file_name="x.jsonl",
        format="judgments",
        state="done",
        size=1,
        counts=counts,
    )
    html = client.get(reverse("import", args=["essays", batch.uid])).content.decode()
    for text in ("the first answer was kept", "Left out: not of this kind", "Tasks for nobody"):
        assert text in html


def test_guidelines_are_shown_without_their_scripts(client, project, admin, labeler):
    configuring.publish_guidelines(
        project=project, text="**Read** <script>alert(1)</script>", created_by=admin
    )
    client.force_login(labeler)
    for page in ("project", "label"):
        html = client.get(reverse(page, args=["essays"])).content.decode()
        assert "<strong>Read</strong>" in html
        assert "<script>alert" not in html


def test_every_page_forbids_inline_scripts(client, project, labeler):
    client.force_login(labeler)
    policy = client.get(reverse("label", args=["essays"]))["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_project_is_paused_by_its_admin_alone(client, project, admin, engineer):
    url = reverse("project-state", args=["essays"])
    client.force_login(engineer)
    assert client.post(url, {"state": "paused"}).status_code == 403
    client.force_login(admin)
    client.post(url, {"state": "paused"})
    project.refresh_from_db()
    assert project.state == "paused"
