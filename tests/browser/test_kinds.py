"""Every kind of task answered with keys, with the mouse and with a finger, and what was stored."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotation import tasking
from annotation.candidates import Candidate
from annotation.models import Judgment, Task
from annotation.task_kinds.catalog import TASK_KINDS
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


@pytest.fixture
def open_page(browse, project_factory, person_factory):
    """Open the labeling page of a new project: `open_page("rating", "phone", rank=True)`."""

    def opened(kind: str, size: str = "desktop", k: int = 3, who: str = "aiko", **options) -> Page:
        project = project_factory(kind.replace("_", "-"), kind=kind, gold_rate=0)
        if k and "k" in TASK_KINDS[kind].options:
            options = {"k": k, **options}
        project.settings.kind_options = TASK_KINDS[kind].clean_options(options)
        project.settings.save()
        make_tasks(project, 3, k=k)
        page = browse.page(size, person=person_factory(who, project, "labeler"))
        start_labeling(page, project)
        return page

    return opened


def said_of(judgment: Judgment, field: str, shown: list[str]) -> list:
    """A list of the stored answer in the order that the responses had on screen."""
    by_text = dict(zip(responses_of(judgment), judgment.answer[field], strict=True))
    return [by_text[text] for text in shown]


# ----------------------------------------------------------------------------------- best of K


def test_best_of_with_one_key(open_page):
    page = open_page("best_of", k=4)
    shown, first = on_screen(page), prompt(page)
    expect(page.locator("#submit")).to_be_disabled()
    page.keyboard.press("3")
    expect(page.locator("#responses article").nth(2)).to_have_class("preferred")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    second = prompt(page)
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    wait_for_next(page, second)
    best, none = wait_for_judgments(page, 2)
    assert responses_of(best)[best.answer["best"]] == shown[2]
    assert none.answer == {"best": None}


def test_best_of_by_touch(open_page):
    page = open_page("best_of", "phone", k=9, none=False)
    shown, first = on_screen(page), prompt(page)
    choice = page.get_by_role("radio", name="Response B is the best")
    choice.scroll_into_view_if_needed()
    choice.tap()
    page.locator("#submit").tap()
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert len(shown) == 9 == len(responses_of(judgment))
    assert responses_of(judgment)[judgment.answer["best"]] == shown[1]
    assert not scrolls_sideways(page)


# -------------------------------------------------------------------------------------- rating


def test_rating_by_keys_goes_from_response_to_response(open_page):
    page = open_page("rating")
    shown, first = on_screen(page), prompt(page)
    current = page.locator("#responses article.current .letter")
    expect(current).to_have_text("A")
    page.keyboard.press("7")
    expect(current).to_have_text("B")
    page.keyboard.press("2")
    page.keyboard.press("y")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Give every response its score first.")
    page.keyboard.press("4")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert said_of(judgment, "scores", shown) == [7, 1, 4]
    assert said_of(judgment, "flags", shown) == [[], [], ["Fails the task"]]


def test_rating_by_touch_on_a_scale_of_ones_own_and_undo(open_page):
    page = open_page("rating", "phone", k=2, low=-3, high=3, flags=["Rude", "It's “odd”"])
    shown, first = on_screen(page), prompt(page)
    cards = page.locator("#responses article")
    cards.nth(0).get_by_role("radio", name="-3", exact=True).tap()
    cards.nth(1).get_by_role("radio", name="0", exact=True).tap()
    cards.nth(1).get_by_role("checkbox", name="It's “odd”").tap()
    page.locator("#submit").tap()
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert said_of(judgment, "scores", shown) == [-3, 0]
    assert said_of(judgment, "flags", shown) == [[], ["It's “odd”"]]
    page.locator(".sending [data-does=undo]").tap()
    expect(page.locator("#prompt .message")).to_have_text(first)
    expect(cards.nth(0).get_by_role("radio", name="-3", exact=True)).to_be_checked()
    expect(cards.nth(1).get_by_role("checkbox", name="It's “odd”")).to_be_checked()
    small = [
        box
        for target in page.locator(".controls label").all()
        if (box := target.bounding_box()) and (box["height"] < 43.5 or box["width"] < 24)
    ]
    assert small == []


def test_rating_and_then_ranking_on_the_same_page(open_page):
    page = open_page("rating", rank=True, flags=[])
    shown, first = on_screen(page), prompt(page)
    for key in ("5", "5", "1"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Give every response a place first.")
    for key in ("b", "a", "=", "c"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert said_of(judgment, "scores", shown) == [5, 5, 1]
    assert said_of(judgment, "ranks", shown) == [2, 1, 2]


# -------------------------------------------------------------------------------------- thumbs


@pytest.mark.parametrize(("key", "good"), [("f", True), ("j", False), ("1", True), ("2", False)])
def test_thumbs_with_one_key(open_page, key, good):
    page = open_page("thumbs", k=1)
    first = prompt(page)
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert judgment.answer == {"good": good}


def test_thumbs_by_touch_with_a_reason(open_page):
    page = open_page("thumbs", "phone", k=1)
    first = prompt(page)
    page.get_by_role("radio", name="Bad").tap()
    page.locator("#reason-open").tap()
    page.locator("#reason").fill("It does not answer.")
    page.locator("#submit").tap()
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert (judgment.answer, judgment.reason) == ({"good": False}, "It does not answer.")


# --------------------------------------------------------------------------------- writing kinds


def test_a_demonstration_is_written_and_sent_from_within_the_text(open_page):
    page = open_page("demonstration", k=0, least=10)
    first = prompt(page)
    page.keyboard.press("e")
    page.keyboard.type("Short.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_have_text("Write the text first.")
    page.keyboard.type(" No, 長い answer: s u 1 2.")
    page.keyboard.press("Control+Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert judgment.answer == {"text": "Short. No, 長い answer: s u 1 2."}
    expect(page.locator("#writing")).to_have_value("")


def test_an_edit_begins_with_the_response_and_must_change_it(open_page):
    page = open_page("demonstration", "phone", k=1, edit=True)
    first = prompt(page)
    expect(page.locator("#writing")).to_have_value("Answer 0 to 1.")
    expect(page.locator("#submit")).to_be_disabled()
    page.locator("#writing").fill("A better answer to 1.")
    page.locator("#submit").tap()
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert judgment.answer == {"text": "A better answer to 1."}
    assert not scrolls_sideways(page)


def test_a_text_being_written_comes_back_on_another_device(open_page, browse):
    page = open_page("prompt_writing", k=0)
    expect(page.locator("#prompt .topic")).to_contain_text("What to write about")
    page.locator("#writing").fill("How do I cook")
    wait_until(page, lambda: "cook" in str(Task.objects.first().assignments.get().draft))
    person = Task.objects.first().assignments.get().person
    phone = browse.page("phone", person=person)
    phone.goto(page.url)
    expect(phone.locator("#writing")).to_have_value("How do I cook")
    phone.locator("#writing").fill("How do I cook rice?")
    phone.locator("#submit").tap()
    [judgment] = wait_for_judgments(phone, 1)
    assert judgment.answer == {"text": "How do I cook rice?"}


def test_one_person_writes_both_sides_of_a_conversation(open_page):
    page = open_page("conversation", k=0)
    first = prompt(page)
    label = page.locator("label[for=turn]")
    expect(label).to_have_text("Write what the user says")
    page.locator("#turn").fill("Why is it raining?")
    expect(page.locator("#submit")).to_be_disabled()
    page.get_by_role("button", name="Add this turn", exact=True).click()
    expect(label).to_have_text("Write what the assistant says")
    page.locator("#turn").fill("Cluds.")
    page.get_by_role("button", name="Add this turn", exact=True).click()
    page.get_by_role("button", name="Take back the last turn").click()
    expect(page.locator("#turn")).to_have_value("Cluds.")
    page.locator("#turn").fill("Clouds.")
    expect(page.locator("#responses .turn")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert judgment.answer["turns"] == [
        {"role": "user", "content": "Why is it raining?"},
        {"role": "assistant", "content": "Clouds."},
    ]


def test_two_people_take_turns(browse, project_factory, person_factory):
    project = project_factory(
        "talk", kind="conversation", kind_options={"people": "two", "most": 3}, gold_rate=0
    )
    topic = [{"role": "user", "content": "Cooking rice"}]
    tasking.add_candidates(project=project, added_by=None, candidates=[Candidate(prompt=topic)])
    aiko = browse.page("phone", person=person_factory("aiko", project, "labeler"))
    ben = browse.page(person=person_factory("ben", project, "labeler"))
    start_labeling(aiko, project)
    aiko.locator("#turn").fill("How much water?")
    aiko.locator("#submit").tap()
    expect(aiko.locator("#empty")).to_be_visible()
    start_labeling(ben, project)
    expect(ben.locator("#prompt .turn.user")).to_contain_text("How much water?")
    expect(ben.locator("label[for=turn]")).to_have_text("Write what the assistant says")
    ben.locator("#turn").fill("Twice as much.")
    ben.keyboard.press("Control+Enter")
    expect(ben.locator("#empty")).to_be_visible()
    aiko.get_by_role("button", name="Look again").tap()
    expect(aiko.locator("#prompt .turn.assistant")).to_contain_text("Twice as much.")
    aiko.locator("#turn").fill("Thank you.")
    aiko.locator("#submit").tap()
    last = wait_for_judgments(aiko, 3)[-1]
    assert [m["content"] for m in last.task.prompt.messages][1:] == [
        "How much water?",
        "Twice as much.",
    ]
    assert Task.objects.count() == 3


# ------------------------------------------------------------------------- what all of them share


def test_a_comparison_names_its_criterion(open_page, browse, project_factory, person_factory):
    project = project_factory("by-criterion", kind_options={"criteria": ["harmless"]}, gold_rate=0)
    make_tasks(project, 1)
    page = browse.page(person=person_factory("ben", project, "labeler"))
    start_labeling(page, project)
    expect(page.locator("#criterion")).to_have_text("Judge only by this: harmless")


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("kind", TASK_KINDS)
def test_every_kind_fits_the_screen_and_names_its_keys(open_page, kind, size):
    page = open_page(kind, size, k=TASK_KINDS[kind].max_responses)
    assert not scrolls_sideways(page)
    bar = page.locator(".answer-bar").bounding_box()
    assert bar["height"] < 0.5 * page.viewport_size["height"]
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    rows = page.locator("#kind-keys tr")
    assert all(row.locator("td").count() == 3 for row in rows.all())
