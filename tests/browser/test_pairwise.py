"""Comparing two responses with keys, with the mouse and with a finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation.models import Assignment, Judgment
from tests.annotation.making import make_tasks
from tests.browser.driving import (
    on_screen,
    prompt,
    responses_of,
    scrolls_sideways,
    start_labeling,
    wait_for_judgments,
    wait_for_next,
    wait_until,
)

pytestmark = pytest.mark.browser

STRENGTHS = ["significantly", "better", "slightly", "negligibly"]
SCALE = [("a", s) for s in STRENGTHS] + [("b", s) for s in reversed(STRENGTHS)]


def winner(judgment: Judgment) -> str:
    return responses_of(judgment)["ab".index(judgment.answer["choice"])]


def test_ten_items_by_keyboard_alone_are_stored_as_they_were_on_screen(browse, project, labeler):
    make_tasks(project, 10)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    said = []
    for number, (choice, strength) in enumerate([*SCALE, ("tie", None), ("both_bad", None)]):
        key = "tb"[number - 8] if number > 7 else str(number + 1)
        shown, asked = on_screen(page), prompt(page)
        page.keyboard.press(key)
        preferred = page.locator("#responses article.preferred .body")
        if strength:
            expect(preferred).to_have_text(shown["ab".index(choice)])
        said.append((asked, choice, strength, shown))
        page.keyboard.press("Enter")
        if number < 9:
            wait_for_next(page, asked)
    expect(page.locator("#empty")).to_be_visible()
    judgments = wait_for_judgments(page, 10)
    for judgment, (asked, choice, strength, shown) in zip(judgments, said, strict=True):
        assert judgment.task.prompt.messages[0]["content"] == asked
        assert judgment.answer["strength"] == strength
        assert [responses_of(judgment)[place] for place in judgment.display_order] == shown
        assert judgment.seconds is not None
        if strength:
            assert winner(judgment) == shown["ab".index(choice)]
        else:
            assert judgment.answer["choice"] == choice
    expect(page.locator("#done")).to_have_text("10")
    expect(page.locator("#left")).to_have_text("0")


def test_undo_brings_the_item_back_and_keeps_what_was_begun(browse, project, labeler):
    make_tasks(project, 4)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    first = prompt(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    second = prompt(page)
    page.keyboard.press("t")
    page.keyboard.press("u")
    expect(page.locator("#prompt .message")).to_have_text(first)
    expect(page.locator("#status")).to_contain_text("Your last answer is back")
    expect(page.get_by_role("radio", name="A: significantly better", exact=True)).to_be_checked()
    page.keyboard.press("8")
    shown = on_screen(page)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt .message")).to_have_text(second)
    expect(page.get_by_role("radio", name="Equally good")).to_be_checked()
    [judgment] = wait_for_judgments(page, 1)
    assert (judgment.revision, winner(judgment)) == (2, shown[1])


def test_skip_reason_legend_and_escape_by_keyboard(browse, project, labeler):
    tasks = make_tasks(project, 3)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    first = prompt(page)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.locator("#submit").is_disabled()
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    assert prompt(page) == first
    page.keyboard.press("s")
    page.keyboard.press("2")
    wait_for_next(page, first)
    wait_until(page, lambda: Assignment.objects.filter(state="skipped").exists())
    skipped = Assignment.objects.get(state="skipped")
    assert (skipped.task_id, skipped.skip_reason) == (tasks[0].pk, "cannot understand")
    page.keyboard.press("5")
    page.keyboard.press("r")
    page.keyboard.type("B names the 1st step, u see?")
    page.keyboard.press("Escape")
    expect(page.locator("#reason")).not_to_be_focused()
    page.keyboard.press("Enter")
    [judgment] = wait_for_judgments(page, 1)
    assert judgment.reason == "B names the 1st step, u see?"
    assert judgment.answer["strength"] == "negligibly"


def test_submit_as_soon_as_i_choose(browse, project, labeler):
    make_tasks(project, 4)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    page.get_by_label("Submit as soon as I choose").check()
    for number in range(3):
        before = prompt(page)
        page.keyboard.press("2")
        wait_for_next(page, before)
        wait_for_judgments(page, number + 1)
    # Writing a reason for an answer that was taken back must not send it at the first letter.
    before = prompt(page)
    page.keyboard.press("u")
    wait_for_next(page, before)
    page.keyboard.press("r")
    page.keyboard.type("because")
    page.keyboard.press("Escape")
    wait_until(page, lambda: Judgment.objects.filter(standing="withdrawn").exists())
    wait_for_judgments(page, 2)
    page.keyboard.press("Enter")
    assert wait_for_judgments(page, 3)[-1].reason == "because"
    page.reload()
    expect(page.get_by_label("Submit as soon as I choose")).to_be_checked()


def test_nothing_is_sent_before_a_choice(browse, project, labeler):
    make_tasks(project, 2)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Choose an answer first.")
    assert page.locator("#submit").is_disabled()
    assert not Judgment.objects.exists()


def test_by_touch_on_a_phone(browse, project, labeler):
    make_tasks(project, 3)
    page = browse.page("phone", person=labeler)
    start_labeling(page, project)
    first, shown = prompt(page), on_screen(page)
    page.get_by_role("radio", name="B: slightly better", exact=True).tap()
    expect(page.locator("[data-chosen]")).to_have_text("B: slightly better")
    page.locator("#reason-open").tap()
    page.locator("#reason").fill("短い理由")
    page.locator("#submit").tap()
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert (winner(judgment), judgment.reason) == (shown[1], "短い理由")
    page.locator(".sending [data-does=undo]").tap()
    expect(page.locator("#prompt .message")).to_have_text(first)
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_buttons_do_not_move_under_the_finger(browse, project, labeler, size):
    make_tasks(project, 3)
    page = browse.page(size, person=labeler)
    start_labeling(page, project)
    before = page.locator("#submit").bounding_box()
    page.keyboard.press("Enter")
    expect(page.locator("#status")).not_to_be_empty()
    assert page.locator("#submit").bounding_box() == before
    page.keyboard.press("3")
    assert page.locator("#submit").bounding_box() == before
    if size == "phone":
        small = [
            box
            for target in page.locator(".answer-bar label:has(input), .answer-bar button").all()
            if target.is_visible() and (box := target.bounding_box())
            if box["height"] < 43.5 or box["width"] < 43.5
        ]
        assert small == []
