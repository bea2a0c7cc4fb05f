"""The pages of hiring: who sees them, what they do, and what they say of bad input."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.entry import hiring
from annotation.models import Exam
from labelers.models import Qualification
from tests.annotation.making_exams import make_exam, make_gold

READ = [("admin", 200), ("engineer", 200), ("labeler", 403), ("stranger", 404)]


@pytest.fixture
def exam(project, labeler):
    return make_exam(labeler, make_gold(project, 4), "rrrw", log_odds=0.4)


def page_of(client, name, *args) -> str:
    return client.get(reverse(name, args=args), follow=True).content.decode()


@pytest.mark.parametrize(("role", "status"), READ)
@pytest.mark.parametrize(
    "name", ["screening", "screening-policy", "candidates-file", "candidate", "screening-length"]
)
def test_who_reads(request, client, exam, name, role, status):
    client.force_login(request.getfixturevalue(role))
    args = ["essays", exam.person_id] if name == "candidate" else ["essays"]
    assert client.get(reverse(name, args=args)).status_code == status


@pytest.mark.parametrize(
    "name", ["candidate-decide", "candidate-attempt", "screening-consent", "screening-policy"]
)
def test_only_admins_change_anything(client, exam, engineer, name):
    client.force_login(engineer)
    args = ["essays", exam.person_id] if name.startswith("candidate") else ["essays"]
    answer = client.post(reverse(name, args=args), {"exam": exam.pk, "verdict": "passed"})
    assert answer.status_code == 403
    exam.refresh_from_db()
    assert exam.verdict == "borderline"
    assert client.get(reverse("written", args=["essays"])).status_code == 403


def test_readers_get_no_buttons(client, exam, engineer):
    client.force_login(engineer)
    assert "Do not accept" not in page_of(client, "candidate", "essays", exam.person_id)
    assert "disabled" in page_of(client, "screening-policy", "essays")


def test_a_decision_and_what_is_refused(client, exam, admin):
    client.force_login(admin)
    url = reverse("candidate-decide", args=["essays", exam.person_id])
    body = {"exam": exam.pk, "verdict": "failed", "note": "Careless."}
    assert "Your decision is stored" in client.post(url, body, follow=True).content.decode()
    page = client.post(url, {**body, "verdict": "passed", "note": ""}, follow=True)
    assert "Say why you overrule" in page.content.decode()
    page = client.post(url, {**body, "verdict": "passed", "note": "x" * 2001}, follow=True)
    assert "2000" in page.content.decode()
    assert client.post(url, {"exam": 0}).status_code == 404
    assert Qualification.objects.get(person=exam.person).stage == "declined"
    url = reverse("candidate-attempt", args=["essays", exam.person_id])
    assert "Another attempt is allowed" in client.post(url, follow=True).content.decode()


def test_an_earlier_attempt_can_be_looked_at(client, project, labeler, exam, admin):
    Exam.objects.update(verdict="failed")
    make_exam(labeler, make_gold(project, 6)[4:], "rr", verdict="open")
    client.force_login(admin)
    url = reverse("candidate", args=["essays", labeler.pk])
    assert "Attempt 2" in client.get(url).content.decode()
    earlier = client.get(f"{url}?attempt=1").content.decode()
    assert "Attempt 1" in earlier
    assert "Overrule" not in earlier
    assert client.get(f"{url}?attempt=x").status_code == 200


def test_somebody_who_is_no_candidate(client, exam, admin, stranger):
    client.force_login(admin)
    assert client.get(reverse("candidate", args=["essays", stranger.pk])).status_code == 404


def test_the_people_page_leads_to_candidates(client, project, admin, exam):
    hiring.decide_exam(exam=exam, decided_by=admin, verdict="passed")
    client.force_login(admin)
    page = page_of(client, "people", "essays")
    assert reverse("candidate", args=["essays", exam.person_id]) in page
    assert reverse("candidate", args=["essays", admin.pk]) not in page
    assert "Qualified" in page
