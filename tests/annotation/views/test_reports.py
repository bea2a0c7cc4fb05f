"""The page of reports: for admins alone, texts covered, one decision per item."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation import assigning, reporting
from annotation.models import Report
from tests.annotation.making import make_tasks

URL = "/projects/essays/reports/"


@pytest.fixture
def made(project, labeler):
    make_tasks(project, 1)
    project.tasks.first().prompt.__class__.objects.update(
        messages=[{"role": "user", "content": "**Bold** <script>alert(1)</script>"}]
    )
    assignment = assigning.next_assignment(project=project, person=labeler)
    return reporting.report(
        assignment_id=assignment.pk, person=labeler, reason="disturbing", note="<b>Blood</b>"
    )


@pytest.mark.parametrize("path", ["", "count/"])
@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("engineer", 403), ("labeler", 403), ("stranger", 404), (None, 302)],
)
def test_who_sees_reports(request, client, project, path, role, status):
    if role:
        client.force_login(request.getfixturevalue(role))
    assert client.get(URL + path).status_code == status


def test_an_open_report_with_its_text_covered_and_harmless(client, made, admin):
    client.force_login(admin)
    html = client.get(URL).content.decode()
    assert "It is disturbing" in html
    assert "aiko" in html
    assert "&lt;b&gt;Blood" in html
    covered = html.split("<summary>Show the text</summary>")[1].split("</details>")[0]
    assert "<strong>Bold</strong>" in covered
    assert "Answer 0 to 1." in covered
    assert "<script>alert" not in html
    assert "1 person reported it" in html
    assert "<details>" in html


def test_a_decision_moves_it_below(client, made, admin):
    client.force_login(admin)
    assert ">1</span>" in client.get(URL + "count/").content.decode()
    url = reverse("report-decision", args=["essays", made.pk])
    page = client.post(url, {"decision": "cover"}, follow=True).content.decode()
    assert "Decided on 1 report: Cover it first" in page
    assert "Nothing is waiting" in page
    assert client.get(URL + "count/").content.strip() == b""
    again = client.post(url, {"decision": "retire"}, follow=True).content.decode()
    assert "already decided" in again
    assert Report.objects.get().decision == "cover"


def test_only_admins_decide_and_only_in_their_own_project(
    client, made, engineer, stranger, project
):
    for person, slug, status in ((engineer, "essays", 403), (stranger, "elsewhere", 404)):
        client.force_login(person)
        url = reverse("report-decision", args=[slug, made.pk])
        assert client.post(url, {"decision": "retire"}).status_code == status
        assert client.get(url).status_code == 405
    assert Report.objects.get().decision == ""


def test_a_decision_that_is_none_says_so(client, made, admin):
    client.force_login(admin)
    url = reverse("report-decision", args=["essays", made.pk])
    assert "Choose one of" in client.post(url, {}, follow=True).content.decode()
