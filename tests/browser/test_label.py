"""The labeling page around the answers: drafts, help, words, and when there is nothing to do."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation import configuring
from annotation.models import Assignment
from tests.annotation.making import make_tasks
from tests.browser.driving import (
    prompt,
    scrolls_sideways,
    start_labeling,
    wait_for_judgments,
    wait_until,
)

pytestmark = pytest.mark.browser


def test_a_reload_brings_back_what_was_entered(browse, project, labeler):
    make_tasks(project, 2)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    first = prompt(page)
    page.keyboard.press("7")
    page.keyboard.press("r")
    page.keyboard.type("half a thought")
    wait_until(page, lambda: Assignment.objects.filter(draft__reason="half a thought").exists())
    page.reload()
    expect(page.get_by_role("radio", name="B: better", exact=True)).to_be_checked()
    assert prompt(page) == first
    expect(page.locator("#reason")).to_have_value("half a thought")
    page.locator("#submit").click()
    [judgment] = wait_for_judgments(page, 1)
    assert judgment.reason == "half a thought"
    assert Assignment.objects.get(pk=judgment.task.assignments.get().pk).draft is None


def test_a_draft_is_kept_when_the_page_is_left_at_once(browse, project, labeler):
    make_tasks(project, 1)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    page.keyboard.press("1")
    page.goto("/")
    wait_until(page, lambda: Assignment.objects.filter(draft__answer__choice="a").exists())


def test_nothing_to_label_and_then_something(browse, project, labeler):
    page = browse.page(person=labeler)
    page.goto(f"/projects/{project.slug}/label/")
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#empty")).to_contain_text("Nothing to label at the moment.")
    expect(page.locator("#answer")).to_be_hidden()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    page.keyboard.press("s")
    make_tasks(project, 1)
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#item")).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator("#empty")).to_be_visible()
    wait_for_judgments(page, 1)
    page.get_by_role("button", name="Take the last answer back").click()
    expect(page.get_by_role("radio", name="A: slightly better", exact=True)).to_be_checked()


def test_a_paused_project_says_so(browse, project, labeler):
    browse.expect("status of 409")
    make_tasks(project, 1)
    configuring.change_settings(project=project, changed_by=labeler, state="paused")
    page = browse.page("phone", person=labeler)
    page.goto(f"/projects/{project.slug}/label/")
    expect(page.locator("#stopped")).to_contain_text("This project is paused.")
    expect(page.locator("#empty")).to_be_hidden()
    configuring.change_settings(project=project, changed_by=labeler, state="active")
    page.get_by_role("button", name="Look again").tap()
    expect(page.locator("#item")).to_be_visible()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_guidelines_are_at_hand(browse, project, labeler, size):
    make_tasks(project, 1)
    configuring.publish_guidelines(
        project=project, text="Choose the **kinder** one.\n\n<script>x</script>", created_by=None
    )
    page = browse.page(size, person=labeler)
    start_labeling(page, project)
    dialog = page.locator("dialog#guidelines")
    if size == "phone":
        page.get_by_role("button", name="Guidelines", exact=True).tap()
    else:
        page.keyboard.press("l")
    expect(dialog.locator("strong")).to_have_text("kinder")
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#submit")).to_be_disabled()


def test_the_language_is_switched_and_kept(browse, project, labeler):
    make_tasks(project, 1)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.locator("#item")).to_be_visible()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_plain_http_in_a_lab_has_no_random_uuid(browse, project, labeler):
    make_tasks(project, 2)
    page = browse.page(person=labeler)
    page.add_init_script("delete Crypto.prototype.randomUUID")
    start_labeling(page, project)
    for count in (1, 2):
        expect(page.locator("#item")).to_be_visible()
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        judgments = wait_for_judgments(page, count)
    assert [judgment.client_id.version for judgment in judgments] == [4, 4]


def test_the_answer_bar_never_covers_the_end_of_a_response(browse, project, labeler):
    make_tasks(project, 1)
    page = browse.page("phone", person=labeler)
    start_labeling(page, project)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = page.locator("#responses article").last.bounding_box()
    bar = page.locator("#answer").bounding_box()
    assert last["y"] + last["height"] <= bar["y"]
    assert bar["y"] + bar["height"] == pytest.approx(844, abs=1)
    assert not scrolls_sideways(page)
