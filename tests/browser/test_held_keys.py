"""Keys that are held down or follow each other fast: each item gets one answer, and its own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Judgment
from tests.browser.driving import (
    labeling_page,
    on_screen,
    prompt,
    responses_of,
    stored_preferences,
    wait_for_judgments,
    wait_for_next,
    wait_until,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browse, project, labeler) -> Page:
    return labeling_page(browse, project, labeler, items=30)


def hold(page: Page, key: str, times: int = 12) -> None:
    """Hold a key down: it comes again and again until it is let go."""
    for _ in range(times):
        page.keyboard.down(key)
    page.keyboard.up(key)


def test_enter_pressed_twice_or_held_answers_once(page):
    first = prompt(page)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    second = prompt(page)
    expect(page.locator("#status")).to_have_text("Choose an answer first.")
    page.keyboard.press("3")
    hold(page, "Enter")
    wait_for_next(page, second)
    assert prompt(page) not in {first, second}
    wait_for_judgments(page, 2)


def test_enter_held_does_not_send_a_draft_that_comes_next(page):
    """The next item holds what was chosen for it before; a held key has not seen it."""
    first = prompt(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    second = prompt(page)
    page.keyboard.press("8")
    page.keyboard.press("u")
    expect(page.locator("#prompt .message")).to_have_text(first)
    hold(page, "Enter")
    expect(page.locator("#prompt .message")).to_have_text(second)
    expect(page.locator("#submit")).to_be_enabled()
    wait_for_judgments(page, 1)


@pytest.mark.parametrize("key", ["2", "t"])
def test_a_held_key_answers_one_item_at_once_and_not_several(page, labeler, key):
    page.get_by_label("Submit as soon as I choose").check()
    wait_until(page, lambda: stored_preferences(labeler) == {"submit_at_once": True})
    first = prompt(page)
    hold(page, key)
    wait_for_next(page, first)
    wait_for_judgments(page, 1)


def test_a_held_undo_takes_one_answer_back(page):
    for _ in range(3):
        said = prompt(page)
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        wait_for_next(page, said)
    wait_for_judgments(page, 3)
    hold(page, "u")
    expect(page.locator("#prompt .message")).to_have_text(said)
    page.wait_for_timeout(400)
    assert Judgment.objects.filter(is_current=True).count() == 2


def test_a_held_choice_in_a_dialog_is_none_of_the_next_item(page):
    first = prompt(page)
    page.keyboard.press("s")
    hold(page, "1")
    wait_for_next(page, first)
    expect(page.locator("#submit")).to_be_disabled()
    wait_until(page, lambda: Assignment.objects.filter(state="skipped").count() == 1)
    page.wait_for_timeout(300)
    assert Assignment.objects.filter(state="skipped").count() == 1


@pytest.mark.parametrize("delay", [0, 400])
def test_twenty_items_as_fast_as_keys_go(browse, page, delay):
    """Each once, each with the answer that was given to it, however slow the line is."""
    if delay:

        def later(route) -> None:
            page.wait_for_timeout(delay)
            route.continue_()

        page.route("**/labeling/*/", later)
    said = []
    while len(said) < 20:
        expect(page.locator("#item")).to_be_visible()
        key = "27"[len(said) % 2]
        said.append((prompt(page), on_screen(page)["27".index(key)]))
        page.keyboard.press(key)
        page.keyboard.press("Enter")
    expect(page.locator("#outbox")).to_be_hidden(timeout=30_000)
    judgments = wait_for_judgments(page, 20)
    assert len({question for question, _preferred in said}) == 20
    assert [
        (j.task.prompt.messages[0]["content"], responses_of(j)["ab".index(j.answer["choice"])])
        for j in judgments
    ] == said
    assert {j.revision for j in judgments} == {1}


def test_an_item_that_comes_late_a_second_time_is_not_asked_again(browse, page):
    """A question for more that was under way long enough brings what was answered meanwhile."""
    stale = []

    def hold_first(route) -> None:
        if stale:
            route.continue_()
        else:
            stale.append(route.fetch())
            held.append(route)

    held: list = []
    page.route("**/labeling/next/", hold_first)
    page.keyboard.press("2")
    # The answer brings no item, so that the page asks for one by itself.
    page.route(
        "**/labeling/judgments/",
        lambda route: route.continue_(
            post_data=route.request.post_data.replace('"want_next":true', '"want_next":false')
        ),
    )
    page.keyboard.press("Enter")
    wait_until(page, lambda: bool(held))
    page.unroute("**/labeling/judgments/")
    seen = []
    for _ in range(6):
        expect(page.locator("#item")).to_be_visible()
        seen.append(prompt(page))
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        wait_for_judgments(page, 1 + len(seen))
    held[0].fulfill(response=stale[0])
    page.wait_for_timeout(300)
    for _ in range(4):
        expect(page.locator("#item")).to_be_visible()
        seen.append(prompt(page))
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        wait_for_judgments(page, 1 + len(seen))
    assert len(set(seen)) == len(seen)
    assert set(Judgment.objects.values_list("revision", flat=True)) == {1}
