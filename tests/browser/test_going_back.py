"""Going back to what was answered: corrections and undo."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Judgment, Task
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
