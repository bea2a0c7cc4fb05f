"""The pages of hiring: setting a policy with a quiz, deciding on evidence, scoring texts blind."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation.entry import hiring
from annotation.models import Exam, WrittenScore
from labelers.models import Qualification
from tests.browser.driving import scrolls_sideways
from tests.browser.furnishing_hiring import furnish_hiring

pytestmark = pytest.mark.browser


@pytest.fixture
def house(project, admin, person_factory, project_factory):
    texts = project_factory("letters", kind="demonstration", gold_rate=0)
    admin.memberships.create(project=texts, role="admin")
    found = SimpleNamespace(admin=admin, project=project, texts=texts)
    furnish_hiring(found, person_factory, project, texts)
    return found


def test_a_policy_with_a_quiz_is_set(browse, project, admin, labeler):
    page = browse.page(person=admin)
    page.goto(reverse("screening-policy", args=[project.slug]))
    items = page.locator("#exam-length tbody tr").first.locator("td").nth(2)
    before = items.inner_text()
    expect(page.locator("#exam-length svg").first).to_be_visible()
    page.get_by_label("Accuracy of a poor labeler, %").fill("50")
    expect(items).not_to_have_text(before)
    page.get_by_label("Accuracy of a poor labeler, %").fill("90")
    expect(page.locator("#exam-length .notice")).to_contain_text("lower than the accuracy")
    page.get_by_label("Accuracy of a poor labeler, %").fill("60")
    question = page.locator(".question").first
    question.get_by_label("Question", exact=True).fill("What counts most?")
    question.get_by_label("Choices, one per line").fill("Truth\nLength")
    page.get_by_role("button", name="Add a question").click()
    second = page.locator(".question").nth(1)
    expect(second.get_by_label("Question", exact=True)).to_be_focused()
    second.get_by_label("Question", exact=True).fill("And then?")
    second.get_by_label("Choices, one per line").fill("Only one")
    page.get_by_label("Labelers are screened before they work").check()
    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("Question 2: choices: give 2 to 8 texts.")
    page.locator(".question").nth(1).get_by_label("Choices, one per line").fill("Help\nHarm")
    page.locator(".question").nth(1).get_by_label("Which line is right").fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_present_labelers + .errorlist")).to_be_visible()
    page.get_by_label("Labelers who are there already").select_option("qualified")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The screening is saved.")).to_be_visible()
    project.refresh_from_db()
    policy = hiring.policy_of(project)
    assert project.is_screened
    assert [asked["right"] for asked in policy.quiz] == [0, 1]
    assert policy.poor_accuracy == 0.6
    assert Qualification.objects.get(person=labeler).stage == "qualified"
    # Saved as it was, it changes nothing; a question that is removed is gone.
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    page.locator(".question").first.get_by_label("Remove this question").check()
    expect(page.locator(".question").first.get_by_label("Question", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The screening is saved.")).to_be_visible()
    assert [asked["question"] for asked in hiring.policy_of(project).quiz] == ["And then?"]


def test_the_policy_needs_no_script(browse, project, admin):
    page = browse.page(person=admin, java_script_enabled=False)
    page.goto(reverse("screening-policy", args=[project.slug]))
    expect(page.get_by_role("button", name="Add a question")).to_have_count(0)
    page.locator(".question").get_by_label("Question", exact=True).fill("Why?")
    page.locator(".question").get_by_label("Choices, one per line").fill("a\nb")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".question")).to_have_count(2)
    assert len(hiring.policy_of(project).quiz) == 1


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_decision_on_the_evidence(browse, house, size):
    page = browse.page(size, person=house.admin)
    page.goto(reverse("screening", args=[house.project.slug]))
    page.get_by_role("link", name="See the evidence").click()
    wrong = page.locator(".evidence-items details").nth(2)
    wrong.locator("summary").click()
    expect(wrong.get_by_text("Ερώτηση 2;")).to_be_visible()
    assert not scrolls_sideways(page)
    page.get_by_label("Note").fill("Careful enough.")
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_text("Decided by ada")).to_be_visible()
    exam = Exam.objects.get(person=house.candidate)
    assert (exam.verdict, exam.note) == ("passed", "Careful enough.")
    page.get_by_role("button", name="Do not accept").click()
    expect(page.get_by_text("Say why you overrule this verdict.")).to_be_visible()
    page.get_by_label("Note").fill("Copied.")
    page.get_by_role("button", name="Do not accept").click()
    page.get_by_role("button", name="Allow another attempt").click()
    expect(page.get_by_text("Another attempt is allowed from now on.")).to_be_visible()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_texts_are_scored_blind(browse, house, size):
    page = browse.page(size, person=house.admin)
    page.goto(reverse("candidate", args=[house.texts.slug, house.author.pk]))
    page.locator(".evidence-items details").nth(0).locator("summary").click()
    page.locator(".evidence-items details").nth(1).locator("summary").click()
    # One of the two was scored already.
    expect(page.get_by_text("still being scored without its name")).to_have_count(1)
    page.goto(reverse("written", args=[house.texts.slug]))
    expect(page.locator("main")).not_to_contain_text(house.author.username)
    page.get_by_text("7", exact=True).click()
    page.get_by_label("Note").fill("Fine.")
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="Store and go on").click()
    expect(page.get_by_text("No text waits for your score.")).to_be_visible()
    assert set(WrittenScore.objects.values_list("score", flat=True)) == {6, 7}
