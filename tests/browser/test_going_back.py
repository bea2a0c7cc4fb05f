"""Going back to what was answered; and what stands before an item: covers, reports, guidelines."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import configuring, guiding
from annotation.models import Assignment, GuidelinesRead, Judgment, Report, Task
from tests.annotation.making import make_tasks
from tests.browser.driving import (
    prompt,
    start_labeling,
    wait_for_judgments,
    wait_for_next,
    wait_until,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browse, project, labeler) -> Page:
    """The labeling page with eight items ahead, the first of which is on screen."""
    make_tasks(project, 8)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    return page


def answer(page: Page, key: str = "2") -> str:
    """Answer the item on screen; returns its question."""
    said = prompt(page)
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    wait_for_next(page, said)
    return said


def shows(page: Page, question: str) -> None:
    expect(page.locator("#prompt .message")).to_have_text(question)


def chosen(page: Page) -> str | None:
    return page.locator("#answer input:checked[type=radio]").first.get_attribute("aria-label")


def go_back_to(page: Page, question: str) -> None:
    page.keyboard.press("m")
    page.locator("#recent-items").get_by_text(question).click()
    shows(page, question)
    expect(page.locator("#correcting")).to_be_visible()


def strengths() -> list[tuple[int, str]]:
    """Every revision that is stored, with what it says, in the order they came."""
    return [(j.revision, j.answer["strength"]) for j in Judgment.objects.order_by("id")]


# -------------------------------------------------------------------------------- corrections


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_correction_is_a_new_revision_and_what_was_begun_comes_back(
    browse, project, labeler, size
):
    make_tasks(project, 6)
    page = browse.page(size, person=labeler)
    start_labeling(page, project)
    first, _second = answer(page, "1"), answer(page, "2")
    wait_for_judgments(page, 2)
    begun = prompt(page)
    page.keyboard.press("3")
    page.keyboard.press("r")
    page.keyboard.type("half a thought")
    page.keyboard.press("Escape")
    if size == "phone":
        page.get_by_role("button", name="More").tap()
        page.get_by_role("button", name="Go back to a recent item").tap()
        page.locator("#recent-items").get_by_text(first).tap()
    else:
        page.keyboard.press("m")
        expect(page.locator("#recent-items button").first).to_contain_text(_second)
        page.locator("#recent-items").get_by_text(first).click()
    shows(page, first)
    assert chosen(page) == "A: significantly better"
    expect(page.locator("#reason")).to_have_value("")
    page.keyboard.press("8")
    page.keyboard.press("Enter")
    shows(page, begun)
    expect(page.locator("#status")).to_have_text("Your answer was corrected.")
    expect(page.locator("#correcting")).to_be_hidden()
    assert chosen(page) == "A: slightly better"
    expect(page.locator("#reason")).to_have_value("half a thought")
    wait_until(page, lambda: Judgment.objects.count() == 3)
    corrected = Judgment.objects.get(revision=2)
    given = Judgment.objects.get(revision=1, task=corrected.task).answer
    other = {"a": "b", "b": "a"}[given["choice"]]
    assert corrected.answer == {"choice": other, "strength": "significantly"}
    assert corrected.task.prompt.messages[0]["content"] == first
    # Counted once, and done once.
    assert Task.objects.get(pk=corrected.task_id).counted == 1
    assert not Judgment.objects.get(task=corrected.task, revision=1).is_current
    expect(page.locator("#done")).to_have_text("2")
    page.keyboard.press("m")
    expect(page.locator("#recent-items button").first).to_contain_text("corrected")


def test_leaving_an_answer_as_it_was(page):
    first = answer(page, "1")
    wait_for_judgments(page, 1)
    begun = prompt(page)
    go_back_to(page, first)
    page.keyboard.press("7")
    # The draft of a correction is kept like any other,
    wait_until(page, lambda: Assignment.objects.filter(state="answered", draft__isnull=False))
    page.get_by_role("button", name="Leave it as it was").click()
    shows(page, begun)
    expect(page.locator("#submit")).to_be_disabled()
    page.wait_for_timeout(300)
    # but once it was left, the next look begins with the answer that is stored.
    go_back_to(page, first)
    assert chosen(page) == "A: significantly better"
    assert strengths() == [(1, "significantly")]


def test_an_address_leads_to_a_correction(page):
    first = answer(page, "1")
    [judgment] = wait_for_judgments(page, 1)
    mine = Assignment.objects.get(task=judgment.task)
    page.goto(f"{page.url}?correct={mine.pk}")
    shows(page, first)
    expect(page.locator("#correcting")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_until(page, lambda: strengths() == [(1, "significantly"), (2, "better")])
    assert prompt(page) != first
    for nonsense in ("0", "x", str(mine.pk + 4000)):
        page.goto(f"{page.url.split('?')[0]}?correct={nonsense}")
        expect(page.locator("#item")).to_be_visible()
        expect(page.locator("#correcting")).to_be_hidden()


@pytest.fixture(autouse=True)
def refusals(request, browse):
    """What a browser writes down when the server says no, in the tests that are about that."""
    if "address" in request.node.name or "window" in request.node.name:
        browse.expect("status of 409", "status of 400")


def test_after_the_window_an_answer_stays(page, project):
    first, second = answer(page, "1"), answer(page, "1")
    old, recent = wait_for_judgments(page, 2)
    begun = prompt(page)
    go_back_to(page, second)
    page.get_by_role("button", name="Leave it as it was").click()
    page.keyboard.press("m")
    expect(page.locator("#recent")).to_be_visible()
    still_open = page.locator("#recent-items button", has_text=first)
    expect(still_open).to_be_enabled()
    # The window ends while the list is open.
    Judgment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    still_open.click()
    expect(page.locator("#status")).to_have_text(
        "This answer can no longer be corrected; it stays as it is."
    )
    shows(page, begun)
    page.keyboard.press("m")
    expect(page.locator("#recent")).to_be_visible()
    expect(still_open).to_be_disabled()
    expect(still_open).to_contain_text("can no longer be corrected")
    page.keyboard.press("Escape")
    # And while a correction is being written.
    go_back_to(page, second)
    Judgment.objects.filter(pk=recent.pk).update(created_at=timezone.now() - timedelta(days=2))
    page.keyboard.press("8")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text(
        "This answer can no longer be corrected; it stays as it is."
    )
    assert strengths() == [(1, "significantly"), (1, "significantly")]


def test_correcting_in_two_tabs(page):
    first = answer(page, "1")
    wait_for_judgments(page, 1)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#item")).to_be_visible()
    for tab in (page, other):
        go_back_to(tab, first)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(other.locator("#status")).to_have_text("You answered that item in another tab.")
    wait_for_next(other, first)
    wait_until(page, lambda: strengths() == [(1, "significantly"), (2, "better")])
    go_back_to(other, first)
    assert chosen(other) == "A: better"
    other.keyboard.press("3")
    other.keyboard.press("Enter")
    wait_until(page, lambda: strengths()[2:] == [(3, "slightly")])
    assert Judgment.objects.filter(is_current=True).count() == 1
    assert Task.objects.filter(counted=1).count() == 1


def test_undo_after_a_correction_brings_back_what_was_corrected(page):
    first = answer(page, "1")
    answer(page, "1")
    wait_for_judgments(page, 2)
    go_back_to(page, first)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    page.keyboard.press("u")
    shows(page, first)
    expect(page.locator("#correcting")).to_be_hidden()
    assert chosen(page) == "A: better"
    assert Judgment.objects.filter(is_current=True).count() == 1
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    wait_until(page, lambda: strengths()[-1] == (3, "slightly"))
    assert Judgment.objects.filter(is_current=True, standing="counted").count() == 2


# -------------------------------------------------------------------------------------- undo


def test_undo_pressed_twice_because_it_takes_its_time_takes_one_answer_back(page):
    answer(page, "1")
    second = answer(page, "2")
    wait_for_judgments(page, 2)
    begun = prompt(page)
    held = []
    page.route("**/labeling/undo/", lambda route: held.append(route))
    page.keyboard.press("u")
    page.keyboard.press("u")
    page.get_by_role("button", name="Undo").click()
    wait_until(page, lambda: bool(held))
    page.wait_for_timeout(200)
    for route in held:
        route.continue_()
    shows(page, second)
    page.wait_for_timeout(300)
    assert len(held) == 1
    assert Judgment.objects.filter(is_current=True).count() == 1
    page.unroute("**/labeling/undo/")
    # Once it is there, the one before it can be taken back as well; nothing is lost.
    page.keyboard.press("u")
    wait_for_next(page, second)
    page.keyboard.press("Enter")
    shows(page, second)
    page.keyboard.press("Enter")
    shows(page, begun)
    wait_for_judgments(page, 2)


def test_a_skip_is_never_of_an_item_that_came_meanwhile(page):
    first = answer(page, "1")
    wait_for_judgments(page, 1)
    held = []
    page.route("**/labeling/undo/", lambda route: held.append(route))
    page.keyboard.press("u")
    page.keyboard.press("s")
    expect(page.locator("#skip-dialog")).to_be_visible()
    wait_until(page, lambda: bool(held))
    held[0].continue_()
    shows(page, first)
    expect(page.locator("#skip-dialog")).to_be_hidden()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_for_judgments(page, 1)
    assert not Assignment.objects.filter(state="skipped").exists()


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
