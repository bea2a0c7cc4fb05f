"""Second looks in a browser: blind, by keyboard, on a phone; and comments beside the item."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation.models import Comment, Judgment
from tests.annotation.review.test_adjudicating import dispute
from tests.browser.driving import scrolls_sideways, wait_until

pytestmark = pytest.mark.browser

URL = "/projects/essays/second-looks/"


@pytest.fixture
def judge(transactional_db, project, person_factory):
    dispute(project, person_factory, 3)
    return person_factory("jun", project, "adjudicator")


def decisions():
    return Judgment.objects.filter(standing="adjudication", is_current=True)


def test_from_the_queue_to_decisions_by_keyboard(browse, project, judge):
    page = browse.page(person=judge)
    page.goto(URL)
    page.get_by_role("link", name="Begin with the first").click()
    expect(page.locator("#item")).to_be_visible()
    expect(page.locator("#said li")).to_have_count(2)
    expect(page.locator("#said")).to_contain_text("Labeler A")
    expect(page.locator("#why li").first).to_contain_text("Labelers disagree")
    for person in {judgment.person for judgment in Judgment.objects.all()}:
        assert person.username not in page.content()
        assert person.pseudonym not in page.content()
    first = page.locator("#item-number").inner_text()
    page.keyboard.press("2")
    expect(page.locator("#submit")).to_be_disabled()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text(
        "Say in a few words why; it is what others learn from."
    )
    page.keyboard.type("It answers the question.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#item-number")).not_to_have_text(first)
    expect(page.locator("#status")).to_have_text("Decided. This is the next item.")
    expect(page.locator("#reason")).to_have_value("")
    (judgment,) = decisions()
    assert judgment.reason == "It answers the question."
    order = judgment.display_order
    assert judgment.answer == {"choice": "ab"[order[0]], "strength": "better"}
    page.locator("#item-heading").focus()
    page.keyboard.press("s")
    expect(page.locator("#status")).to_have_text("Given back. This is the next item.")
    expect(page.locator("#submit")).to_be_disabled()
    page.keyboard.press("s")
    expect(page.locator("#empty")).to_be_visible()


def test_on_a_phone_everything_is_there_and_fits(browse, project, judge):
    page = browse.page("phone", person=judge)
    page.goto(URL)
    assert not scrolls_sideways(page)
    page.goto(f"{URL}next/")
    expect(page.locator("#said li")).to_have_count(2)
    assert not scrolls_sideways(page)
    page.locator("#answer-form label").first.click()
    page.locator("#reason").fill("It is right.")
    page.locator("#submit").click()
    expect(page.locator("#status")).to_have_text("Decided. This is the next item.")
    assert decisions().count() == 1


def test_what_was_entered_stays_when_the_server_does_not_answer(browse, project, judge):
    browse.expect("Failed to load resource")
    page = browse.page(person=judge)
    page.goto(f"{URL}next/")
    expect(page.locator("#item")).to_be_visible()
    page.keyboard.press("1")
    page.locator("#reason").fill("It is right.")
    page.route("**/decide/", lambda route: route.abort())
    page.locator("#submit").click()
    expect(page.locator("#status")).to_contain_text("What you entered is kept")
    page.unroute("**/decide/")
    page.locator("#submit").click()
    expect(page.locator("#status")).to_have_text("Decided. This is the next item.")
    assert decisions().count() == 1


def test_comments_stand_beside_the_item(browse, project, judge):
    page = browse.page(person=judge)
    task = project.tasks.first()
    page.goto(f"{URL}{task.pk}/")
    thread = page.locator("#comments")
    expect(thread).to_contain_text("Nobody has said anything about this item yet.")
    thread.get_by_label("Comment").fill("Is this fair?")
    thread.get_by_label("Discuss with labelers").check()
    thread.get_by_role("button", name="Add the comment").click()
    expect(thread).to_contain_text("Is this fair?")
    expect(thread).not_to_contain_text("jun")
    thread.get_by_role("button", name="Resolve").click()
    expect(thread).to_contain_text("Resolved")
    wait_until(page, lambda: Comment.objects.get().resolved_at is not None)
    assert Comment.objects.get().task == task


def test_a_note_on_its_way_into_the_guidelines(browse, project, judge, admin):
    Comment.objects.create(
        task=project.tasks.first(), person=admin, text="What of jokes?", for_labelers=True
    )
    project.guidelines.create(version=1, text="Be kind.", created_by=admin)
    page = browse.page("phone", person=admin)
    page.goto("/projects/essays/guidelines/")
    page.get_by_role("link", name="Make it a change").click()
    box = page.get_by_role("checkbox", name="What of jokes?")
    expect(box).to_be_checked()
    assert not scrolls_sideways(page)
    page.get_by_label("Guidelines (Markdown)").fill("Be kind. Jokes are fine.")
    page.get_by_label("What changed, in a sentence").fill("Jokes.")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 2 is in force.")).to_be_visible()
    assert Comment.objects.get().guidelines.version == 2
