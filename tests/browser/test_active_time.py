"""The time that is stored with an answer: seen, not idle, not paused, by a clock set by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.annotation.making import make_tasks
from tests.browser.driving import prompt, start_labeling, wait_for_judgments, wait_for_next

pytestmark = pytest.mark.browser

HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def page(browse, project, labeler) -> Page:
    """The labeling page, whose clock moves only when it is told to."""
    make_tasks(project, 4)
    page = browse.page(person=labeler)
    page.clock.install()
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    page.clock.pause_at("2035-01-01")
    # An answer begins here: what it took to open the page is not measured.
    first = prompt(page)
    submit(page)
    wait_for_next(page, first)
    return page


def submit(page: Page) -> None:
    page.keyboard.press("2")
    page.keyboard.press("Enter")


def work(page: Page, seconds: int) -> None:
    """Move the mouse now and then for so long."""
    for second in range(0, seconds, 10):
        page.mouse.move(100 + second % 20, 200)
        page.clock.run_for(min(10, seconds - second) * 1000)


def seconds(page: Page) -> float:
    submit(page)
    stored = wait_for_judgments(page, 2)[-1].seconds
    assert stored is not None
    return stored


def test_the_time_of_work_is_stored(page):
    work(page, 95)
    assert seconds(page) == pytest.approx(95, abs=1)


def test_of_an_idle_stretch_only_the_first_minute_counts(page):
    work(page, 20)
    page.clock.run_for(1_800_000)
    work(page, 15)
    assert seconds(page) == pytest.approx(20 - 10 + 60 + 15, abs=11)


def test_a_thought_of_less_than_a_minute_counts(page):
    page.mouse.move(100, 200)
    page.clock.run_for(50_000)
    page.mouse.move(101, 200)
    page.clock.run_for(50_000)
    assert seconds(page) == pytest.approx(100, abs=1)


def test_a_page_that_nobody_sees_is_not_worked_on(page):
    work(page, 20)
    page.evaluate(HIDE, True)
    page.clock.run_for(40_000)
    page.evaluate(HIDE, False)
    work(page, 10)
    assert seconds(page) == pytest.approx(30, abs=1)


def test_a_pause_is_not_counted_although_the_mouse_moves(page):
    work(page, 20)
    page.keyboard.press("p")
    expect(page.locator("#pause")).to_be_visible()
    work(page, 40)
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    work(page, 40)
    page.locator("#pause button").click()
    expect(page.locator("#pause")).to_be_hidden()
    work(page, 10)
    assert seconds(page) == pytest.approx(30, abs=1)


def test_a_pause_holds_when_the_item_changes_under_it(page, browse, labeler):
    """Another tab answers the item: the next one is there, and still nobody works on it."""
    first = prompt(page)
    page.keyboard.press("p")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#prompt .message")).to_have_text(first)
    submit(other)
    wait_for_next(page, first)
    assert page.locator("#pause").is_visible()
    wait_for_judgments(page, 2)
    work(page, 50)
    page.locator("#pause button").click()
    work(page, 10)
    submit(page)
    assert wait_for_judgments(page, 3)[-1].seconds == pytest.approx(10, abs=1)


def test_an_item_that_was_set_aside_keeps_its_time(page):
    work(page, 30)
    second = prompt(page)
    page.keyboard.press("u")
    wait_for_next(page, second)
    work(page, 40)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt .message")).to_have_text(second)
    assert wait_for_judgments(page, 1)[0].seconds == pytest.approx(40, abs=1)
    work(page, 5)
    assert seconds(page) == pytest.approx(35, abs=1)
