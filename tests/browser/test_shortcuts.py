"""Keys: given away by hand, followed by every hint, and silent while one writes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Judgment
from tests.annotation.making import make_tasks
from tests.browser.driving import (
    labeling_page,
    prompt,
    start_labeling,
    stored_preferences,
    wait_for_judgments,
    wait_for_next,
    wait_until,
)

pytestmark = pytest.mark.browser

DARK = "rgb(21, 24, 27)"


@pytest.fixture
def page(browse, project, labeler) -> Page:
    return labeling_page(browse, project, labeler, items=30, color_scheme="light")


def change_key(page: Page, action: str, *keys: str) -> None:
    """With the keyboard alone: to the action's button in the table of keys, and the new key."""
    button = page.locator(f"#keys tr[data-action={action}] button")
    for _ in range(60):
        if button.evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#keys-said")).to_have_text("Press the new key. Escape leaves it as it is.")
    for key in keys:
        page.keyboard.press(key)


def hint(page: Page, action: str) -> str:
    return page.locator(f"kbd[data-for={action}]").first.inner_text()


# ------------------------------------------------------------------------------ another key


def test_a_key_is_given_away_by_keyboard_and_holds_everywhere(browse, page, labeler):
    page.keyboard.press("?")
    change_key(page, "tie", "q")
    said = page.locator("#keys-said")
    expect(said).to_have_text("The key is set, on all your devices.")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    other = browse.page(person=labeler)
    page.reload()
    other.goto(page.url)
    for tab in (page, other):
        expect(tab.locator("#item")).to_be_visible()
        assert set(tab.locator("kbd[data-for=tie]").all_inner_texts()) == {"q"}
        tab.keyboard.press("t")
        expect(tab.locator("#submit")).to_be_disabled()
        tab.keyboard.press("q")
        expect(tab.get_by_role("radio", name="Equally good")).to_be_checked()
    # And everything as it was, at once.
    page.keyboard.press("?")
    page.locator("[data-reset-keys]").focus()
    page.keyboard.press("Enter")
    expect(said).to_have_text("All keys are as they were.")
    assert hint(page, "tie") == "t"
    assert stored_preferences(labeler)["keys"] == {}


def test_a_taken_key_is_refused_in_words_and_escape_leaves_it(page, labeler):
    page.keyboard.press("?")
    change_key(page, "skip", "u")
    said = page.locator("#keys-said")
    for key in ("3", "ArrowUp", "Backspace", "Enter"):
        expect(said).to_have_text("That key is taken; press another one.")
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(said).to_be_empty()
    expect(page.locator("#keys")).to_be_visible()
    assert hint(page, "skip") == "s"
    assert "keys" not in stored_preferences(labeler)
    change_key(page, "skip", "Escape")
    change_key(page, "skip", "K")
    expect(said).to_have_text("The key is set, on all your devices.")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("#skip-dialog")).to_be_hidden()
    page.keyboard.press("k")
    expect(page.locator("#skip-dialog")).to_be_visible()


def test_submit_gets_another_key(page):
    page.keyboard.press("?")
    change_key(page, "submit", "Space")
    page.keyboard.press("Escape")
    first = prompt(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt .message")).to_have_text(first)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    wait_for_next(page, first)
    wait_for_judgments(page, 1)


def test_the_keys_of_other_kinds_stay_as_they_were_set(browse, page, project_factory, labeler):
    labeler.preferences = {"keys": {"good": "h", "add_turn": "y"}}
    labeler.save()
    page.reload()
    expect(page.locator("#item")).to_be_visible()
    page.keyboard.press("?")
    change_key(page, "tie", "q")
    expect(page.locator("#keys-said")).to_have_text("The key is set, on all your devices.")
    assert stored_preferences(labeler)["keys"] == {"good": "h", "add_turn": "y", "tie": "q"}
    # What they hold there may be used here, and then is given back there.
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    change_key(page, "both_bad", "h")
    expect(page.locator("#keys-said")).to_have_text("The key is set, on all your devices.")
    assert stored_preferences(labeler)["keys"] == {"add_turn": "y", "tie": "q", "both_bad": "h"}


def test_a_key_that_means_something_else_here_gives_way(browse, project_factory, person_factory):
    """`b` is free where responses are rated, but names a response where they are ranked."""
    rankings = project_factory("rankings", kind="ranking", gold_rate=0)
    make_tasks(rankings, 2, k=3)
    labeler = person_factory("aiko", rankings, "labeler")
    labeler.preferences = {"keys": {"undo": "b", "skip": "j"}}
    labeler.save()
    page = browse.page(person=labeler)
    start_labeling(page, rankings)
    assert (hint(page, "undo"), hint(page, "skip")) == ("u", "j")
    for key in "bca":
        page.keyboard.press(key)
    expect(page.locator("[data-said]")).to_have_text("B > C > A")
    page.keyboard.press("?")
    change_key(page, "pause", "a")
    expect(page.locator("#keys-said")).to_have_text("That key is taken; press another one.")


# ---------------------------------------------------------------------------- while one writes


def test_what_is_typed_is_text(page):
    page.keyboard.press("r")
    page.keyboard.type("sux 128 tb? mzpov")
    expect(page.locator("#reason")).to_have_value("sux 128 tb? mzpov")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#submit")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.locator("#reason")).not_to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#submit")).to_be_enabled()


def test_an_input_method_keeps_its_keys(page):
    first = prompt(page)
    page.keyboard.press("2")
    page.keyboard.press("r")
    press = """(options) => document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...options}))"""
    for options in (
        {"key": "Enter", "isComposing": True},
        {"key": "Enter", "ctrlKey": True, "isComposing": True},
        {"key": "Escape", "isComposing": True},
    ):
        assert page.evaluate(press, options), "it was taken from the input method"
    expect(page.locator("#reason")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    for key in ("s", "u", "1"):
        assert page.evaluate(press, {"key": key, "isComposing": True})
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("radio", name="A: better", exact=True)).to_be_checked()
    assert prompt(page) == first


@pytest.mark.parametrize("key", ["?", "z", "m", "p", "s", "x"])
def test_an_open_dialog_keeps_the_keys_from_the_item(page, key):
    first = prompt(page)
    page.keyboard.press("2")
    page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(1)
    for other in ("8", "t", "o", "v"):
        page.keyboard.press(other)
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("radio", name="A: better", exact=True)).to_be_checked()
    assert prompt(page) == first
    assert not Judgment.objects.exists()


def test_enter_means_the_answer_after_a_button_was_used(page):
    """A button keeps the focus when its dialog closes, and must not take the next Enter."""
    first = prompt(page)
    page.get_by_role("button", name="View").click()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    expect(page.locator("dialog[open]")).to_have_count(0)
    wait_for_judgments(page, 1)


# ------------------------------------------------------------------------------------ the view


def test_the_view_is_changed_at_once_and_stored(browse, page, labeler):
    page.keyboard.press("z")
    seen = """() => [getComputedStyle(document.body).backgroundColor,
                     getComputedStyle(document.documentElement).fontSize]"""
    before = page.evaluate(seen)
    page.locator("#view").get_by_label("Dark").check()
    page.locator("#view").get_by_label("130%").check()
    wait_until(page, lambda: page.evaluate(seen) == [DARK, "20.8px"])
    assert before != [DARK, "20.8px"]
    wait_until(page, lambda: stored_preferences(labeler) == {"theme": "dark", "text_size": 130})
    page.reload()
    phone = browse.page("phone", person=labeler, color_scheme="light")
    phone.goto(page.url)
    for tab in (page, phone):
        assert tab.evaluate(seen) == [DARK, "20.8px"]


def test_a_view_that_cannot_be_kept_is_as_it_was_and_says_so(browse, page):
    browse.expect("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.keyboard.press("z")
    page.locator("#view").get_by_label("Dark").click()
    expect(page.locator("#status")).to_contain_text("This setting could not be kept")
    expect(page.locator("#view [name=theme][value=system]")).to_be_checked()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != DARK


def test_submitting_at_once_is_stored(browse, page, labeler):
    first = prompt(page)
    page.get_by_label("Submit as soon as I choose").check()
    page.keyboard.press("2")
    wait_for_next(page, first)
    wait_until(page, lambda: stored_preferences(labeler) == {"submit_at_once": True})
    page.reload()
    second = prompt(page)
    expect(page.get_by_label("Submit as soon as I choose")).to_be_checked()
    page.keyboard.press("7")
    wait_for_next(page, second)
    wait_for_judgments(page, 2)
