"""Ranking four responses with keys, with the mouse and with a finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation.models import Judgment
from tests.annotation.making import make_tasks
from tests.browser.driving import (
    on_screen,
    prompt,
    responses_of,
    start_labeling,
    wait_for_judgments,
    wait_for_next,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def rankings(project_factory):
    return project_factory("rankings", kind="ranking", gold_rate=0)


@pytest.fixture
def open_page(browse, rankings, person_factory):
    make_tasks(rankings, 3, k=4)
    labeler = person_factory("aiko", rankings, "labeler")

    def opened(size="desktop"):
        page = browse.page(size, person=labeler)
        start_labeling(page, rankings)
        return page

    return opened


def ranks_on_screen(judgment: Judgment, shown: list[str]) -> list[int]:
    """The stored ranks in the order that the responses had on screen."""
    ranks = dict(zip(responses_of(judgment), judgment.answer["ranks"], strict=True))
    return [ranks[text] for text in shown]


@pytest.mark.parametrize(
    ("keys", "order", "ranks"),
    [
        ("3142", "C > A > D > B", [2, 4, 1, 3]),
        ("cadb", "C > A > D > B", [2, 4, 1, 3]),
        (["2", "=", "4", "1", "3"], "B = D > A > C", [3, 1, 4, 1]),
        (["1", "2", "3", "Backspace", "4", "3"], "A > B > D > C", [1, 2, 4, 3]),
        (["1", "2", "=", "3", "=", "4"], "A > B = C = D", [1, 2, 2, 2]),
    ],
)
def test_typing_the_order(open_page, keys, order, ranks):
    page = open_page()
    shown, first = on_screen(page), prompt(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("[data-said]")).to_have_text(order)
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert ranks_on_screen(judgment, shown) == ranks


def test_an_order_that_is_not_whole_cannot_be_sent(open_page):
    page = open_page()
    first = prompt(page)
    submit = page.locator("#submit")
    for key in ("", "1", "2", "3"):
        if key:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        expect(submit).to_be_disabled()
        expect(page.locator("#status")).to_have_text("Give every response a place first.")
    assert prompt(page) == first
    assert not Judgment.objects.exists()
    page.keyboard.press("4")
    expect(submit).to_be_enabled()
    page.locator("[data-clear]").click()
    expect(submit).to_be_disabled()


def places(page, letter_position: int):
    return page.locator("#responses article").nth(letter_position).locator(".places button")


def test_by_mouse_and_then_enter(open_page):
    page = open_page()
    shown, first = on_screen(page), prompt(page)
    for position, place in enumerate([2, 1, 4, 4]):
        places(page, position).nth(place - 1).click()
    # A second press takes the place away again.
    places(page, 3).nth(3).click()
    expect(page.locator("#submit")).to_be_disabled()
    places(page, 3).nth(2).click()
    expect(page.locator("[data-said]")).to_have_text("B > A > D > C")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert ranks_on_screen(judgment, shown) == [2, 1, 4, 3]


def test_places_pressed_and_typed_never_tie_unasked(open_page):
    page = open_page()
    places(page, 2).nth(3).click()
    for key in "124":
        page.keyboard.press(key)
    expect(page.locator("[data-said]")).to_have_text("A > B > D > C")


def test_by_touch_on_a_phone_with_a_tie(open_page):
    page = open_page("phone")
    shown, first = on_screen(page), prompt(page)
    for position, place in enumerate([3, 1, 1, 4]):
        places(page, position).nth(place - 1).tap()
    expect(page.locator("[data-said]")).to_have_text("B = C > A > D")
    page.locator("#submit").tap()
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert ranks_on_screen(judgment, shown) == [3, 1, 1, 4]
    sizes = [button.bounding_box() for button in page.locator(".places button").all()]
    assert min(min(box["width"], box["height"]) for box in sizes) >= 44


def test_undo_shows_the_order_that_was_given(open_page):
    page = open_page()
    first = prompt(page)
    for key in ("4", "=", "2", "3", "1", "Enter"):
        page.keyboard.press(key)
    wait_for_next(page, first)
    page.keyboard.press("u")
    expect(page.locator("#prompt .message")).to_have_text(first)
    expect(page.locator("[data-said]")).to_have_text("B = D > C > A")
