"""What stands around an item: reports, covers, changed guidelines, its criterion."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from annotation import configuring, guiding
from annotation.models import Assignment, GuidelinesRead, Report
from tests.annotation.making import make_tasks
from tests.browser.driving import (
    answer,
    labeling_page,
    prompt,
    shows,
    start_labeling,
    wait_for_judgments,
    wait_for_next,
    wait_until,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browse, project, labeler) -> Page:
    return labeling_page(browse, project, labeler, items=8)


# ------------------------------------------------------------------------------------ reports


@pytest.mark.parametrize("also_skip", [True, False])
def test_reporting(page, also_skip):
    first = prompt(page)
    page.keyboard.press("x")
    dialog = page.locator("#report")
    dialog.locator("textarea").fill("a name stands in it")
    if not also_skip:
        dialog.get_by_role("checkbox").uncheck()
        # Enter in the checkbox is no choice of a reason.
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="It shows somebody's personal data").click()
    expect(page.locator("#status")).to_have_text("Reported. Thank you.")
    report = Report.objects.get()
    assert (report.reason, report.note) == ("personal", "a name stands in it")
    if also_skip:
        wait_for_next(page, first)
        wait_until(page, lambda: Assignment.objects.filter(state="skipped").count() == 1)
    else:
        shows(page, first)
        assert not Assignment.objects.filter(state="skipped").exists()
    page.keyboard.press("x")
    expect(dialog.locator("textarea")).to_have_value("")
    page.keyboard.press("Enter")
    assert Report.objects.count() == 1


def test_a_report_that_takes_its_time_skips_nothing_else(page):
    first = prompt(page)
    held = []
    page.route("**/labeling/report/", lambda route: held.append(route))
    page.keyboard.press("x")
    page.keyboard.press("1")
    wait_until(page, lambda: bool(held))
    answer(page, "2")
    second = prompt(page)
    held[0].continue_()
    expect(page.locator("#status")).to_have_text("Reported. Thank you.")
    page.wait_for_timeout(200)
    shows(page, second)
    assert Report.objects.get().task.prompt.messages[0]["content"] == first
    assert not Assignment.objects.filter(state="skipped").exists()


def test_a_report_that_does_not_arrive_keeps_its_note(page, browse):
    browse.expect("ERR_INTERNET_DISCONNECTED")
    first = prompt(page)
    page.context.set_offline(True)
    page.keyboard.press("x")
    page.locator("#report textarea").fill("a name")
    page.locator("#report button[data-key='2']").click()
    expect(page.locator("#status")).to_contain_text("The server does not answer.")
    shows(page, first)
    page.context.set_offline(False)
    page.wait_for_timeout(100)
    page.keyboard.press("x")
    expect(page.locator("#report textarea")).to_have_value("a name")


# ----------------------------------------------------------------- covers, guidelines, criteria


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_covered_item_takes_no_answer_and_shows_nothing(
    browse, project_factory, person_factory, size
):
    rankings = project_factory("hard", kind="ranking", gold_rate=0, covered_tags=["violence"])
    make_tasks(rankings, 3, k=3, tags=["violence"])
    page = browse.page(size, person=person_factory("aiko", rankings, "labeler"))
    start_labeling(page, rankings)
    cover = page.locator(".cover")
    for _ in range(2):
        expect(cover).to_contain_text("This text may be disturbing")
        for key in ("1", "a", "2", "3", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("#status")).to_have_text("Uncover the text first, or skip the item.")
        # Neither the cards nor the letters to be dragged say how a response begins.
        expect(
            page.get_by_text("Answer", exact=False).and_(page.locator(":visible"))
        ).to_have_count(0)
        if size == "phone":
            cover.get_by_role("button").tap()
        else:
            page.keyboard.press("o")
        expect(cover).to_have_count(0)
        first = prompt(page)
        for key in ("3", "1", "2", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("#prompt .message")).not_to_have_text(first)
    assert len(wait_for_judgments(page, 2)) == 2


def test_covering_everything_applies_at_once_and_on_every_device(browse, page, labeler):
    page.keyboard.press("z")
    page.get_by_label("Cover every text until I uncover it").check()
    page.keyboard.press("Escape")
    expect(page.locator(".cover")).to_be_visible()
    page.keyboard.press("o")
    answer(page)
    expect(page.locator(".cover")).to_be_visible()
    other = browse.page("phone", person=labeler)
    other.goto(page.url)
    expect(other.locator(".cover")).to_be_visible()
    page.keyboard.press("z")
    page.get_by_label("Cover every text until I uncover it").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator(".cover")).to_have_count(0)
    answer(page)
    expect(page.locator(".cover")).to_have_count(0)


def test_changed_guidelines_are_told_until_they_are_read(browse, project, labeler, admin):
    make_tasks(project, 4)
    for text, note in (("# One", ""), ("# Two", "Brevity counts")):
        configuring.publish_guidelines(project=project, text=text, created_by=admin, note=note)
    guiding.read_guidelines(project=project, person=labeler, version=1)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    notice = page.locator("#guidelines-changed")
    expect(notice).to_contain_text("The guidelines have changed: Brevity counts")
    page.keyboard.press("l")
    expect(page.locator("dialog#guidelines .prose")).to_have_text("Two")
    page.keyboard.press("Escape")
    expect(notice).to_be_hidden()
    read = GuidelinesRead.objects.filter(person=labeler, guidelines__version=2)
    wait_until(page, read.exists)
    page.reload()
    expect(page.locator("#item")).to_be_visible()
    expect(notice).to_be_hidden()
    # A change while the page is open is told with the next answer.
    newer = page.locator("#guidelines-newer")
    expect(newer).to_be_hidden()
    configuring.publish_guidelines(project=project, text="# Three", created_by=admin)
    answer(page)
    expect(newer).to_be_visible()
    [judgment] = wait_for_judgments(page, 1)
    assert judgment.guideline_version == 3


def test_the_criterion_is_that_of_each_item(browse, project_factory, person_factory):
    options = {"criteria": ["helpful", "harmless"]}
    both = project_factory("two-criteria", kind_options=options, gold_rate=0)
    make_tasks(both, 1)
    page = browse.page("phone", person=person_factory("ben", both, "labeler"))
    start_labeling(page, both)
    criterion = page.locator("#criterion")
    expect(criterion).to_have_text(re.compile("Judge only by this: helpful", re.I))
    page.keyboard.press("1")
    page.locator("#submit").tap()
    expect(criterion).to_have_text(re.compile("Judge only by this: harmless", re.I))
