"""The page of the policy: read, saved as it stands, changed, and refused."""

from __future__ import annotations

import pytest
from django.urls import reverse

from annotation.entry import hiring
from annotation.models import ScreeningPolicy
from labelers.models import ConsentForm


def test_consent_is_published(client, project, admin):
    client.force_login(admin)
    url = reverse("screening-consent", args=["essays"])
    page = client.post(url, {"text": "I **agree**."}, follow=True).content.decode()
    assert "Version 1 of the consent is in force." in page
    assert "<strong>agree</strong>" in page
    page = client.post(url, {"text": "x" * 50_001}, follow=True).content.decode()
    assert "50000" in page
    assert ConsentForm.objects.count() == 1


def test_the_length_of_what_stands_in_the_form(client, project, admin):
    client.force_login(admin)
    url = reverse("screening-length", args=["essays"])
    numbers = {
        **{"good_accuracy": 90, "poor_accuracy": 60, "false_pass": 5, "false_fail": 5},
        **{"exam_least": 5, "exam_most": 40, "attempts": 1, "training_items": 0},
    }
    tried = client.get(url, numbers).content.decode()
    assert "90.0%" in tried
    assert "<html" not in tried
    assert hiring.policy_of(project).good_accuracy == 0.85
    assert "lower than" in client.get(url, numbers | {"poor_accuracy": 95}).content.decode()
    assert "Complete the numbers" in client.get(url, {}).content.decode()


def fields_of(page) -> dict:
    """What a browser would send of the policy page as it stands."""
    form, quiz = page.context["form"], page.context["quiz"]
    found = {f"quiz-{name}": field.initial for name, field in _management(quiz).items()}
    for bound in [form, *quiz]:
        for field in bound:
            value = field.value()
            if value is True:
                found[field.html_name] = "on"
            elif value not in (None, False):
                found[field.html_name] = value
    return found


def _management(quiz) -> dict:
    return {field.name: field for field in quiz.management_form}


@pytest.mark.parametrize("kind", ["pairwise", "demonstration"])
def test_a_policy_is_saved_as_it_stands_and_changed(client, project_factory, person_factory, kind):
    project = project_factory("letters", kind=kind)
    client.force_login(person_factory("ada", project, "admin"))
    url = reverse("screening-policy", args=["letters"])
    page = client.get(url)
    sent = fields_of(page)
    assert ("written_items" in sent) == (kind == "demonstration") == ("exam_most" not in sent)
    unchanged = client.post(url, sent, follow=True)
    assert "Nothing was changed." in unchanged.content.decode()
    sent |= {
        "is_screened": "on",
        "quiz-0-question": "Why?",
        "quiz-0-choices": "a\r\nb",
        "quiz-0-right": "2",
        "topics": "law\r\n",
        "quiz_share": "80",
    }
    client.post(url, sent)
    policy = hiring.policy_of(project)
    assert policy.quiz == [
        {"question": "Why?", "choices": ["a", "b"], "right": 1, "explanation": ""}
    ]
    assert (policy.topics, policy.quiz_share) == (["law"], 0.8)
    project.refresh_from_db()
    assert project.is_screened
    again = client.post(url, fields_of(client.get(url)), follow=True)
    assert "Nothing was changed." in again.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"poor_accuracy": "90"}, "It must be lower"),
        ({"poor_accuracy": "x"}, "Enter a number."),
        ({"quiz-0-question": "Why?", "quiz-0-choices": "a"}, "Question 1: choices"),
        ({"quiz-0-question": "Why?", "quiz-0-choices": "a\nb", "quiz-0-right": "3"}, "right: say"),
        ({"routes_by_topic": "on"}, "Name topics"),
    ],
)
def test_what_a_policy_cannot_be_is_said_on_the_page(client, project, admin, change, sentence):
    client.force_login(admin)
    url = reverse("screening-policy", args=["essays"])
    page = client.post(url, fields_of(client.get(url)) | change)
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not ScreeningPolicy.objects.exists()
