"""Ranking by dragging letters with a real mouse and real fingers, and by moving them with keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from annotation.models import Judgment
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

LONG = "A line of a long response.\n\n" * 60


class Mouse:
    """A mouse with its button down from `down` to `up`."""

    size = "desktop"

    def __init__(self, page: Page) -> None:
        self.mouse = page.mouse

    def down(self, x: float, y: float) -> None:
        self.mouse.move(x, y)
        self.mouse.down()

    def move(self, x: float, y: float, steps: int = 6) -> None:
        self.mouse.move(x, y, steps=steps)

    def up(self) -> None:
        self.mouse.up()


class Finger:
    """A finger as the browser itself receives one."""

    size = "phone"

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.at = (0.0, 0.0)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def down(self, x: float, y: float) -> None:
        self.at = (x, y)
        self.send("touchStart", self.at)

    def move(self, x: float, y: float, steps: int = 6) -> None:
        fromx, fromy = self.at
        for step in range(1, steps + 1):
            self.at = (fromx + (x - fromx) * step / steps, fromy + (y - fromy) * step / steps)
            self.send("touchMove", self.at)
            self.page.wait_for_timeout(16)

    def up(self) -> None:
        self.send("touchEnd")


HANDS = pytest.mark.parametrize("hand", [Mouse, Finger])


@pytest.fixture
def open_page(browse, project_factory, person_factory):
    """Open a ranking: `open_page("phone", k=9, ties=False)`."""

    def opened(size: str = "desktop", *, k: int = 4, ties: bool = True) -> Page:
        rankings = project_factory(
            f"of-{k}", kind="ranking", gold_rate=0, kind_options={"k": k, "ties": ties}
        )
        make_tasks(rankings, 3, k=k)
        page = browse.page(size, person=person_factory(f"aiko{k}", rankings, "labeler"))
        start_labeling(page, rankings)
        return page

    return opened


def letter(page: Page, name: str) -> Locator:
    return page.locator(f'[data-chip="{ord(name) - ord("A")}"]')


def centre(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def begin(hand: Mouse | Finger, page: Page, name: str) -> None:
    """Take a letter up, far enough for it to be dragged."""
    x, y = centre(letter(page, name))
    hand.down(x, y)
    hand.move(x + 5, y - 9, steps=2)
    expect(page.locator(".rank-board")).to_have_class("rank-board dragging")


def drag(hand: Mouse | Finger, page: Page, name: str, target: str) -> None:
    """Drag a letter to `target`, which is looked for once the drag has made room."""
    begin(hand, page, name)
    hand.move(*centre(page.locator(target)))
    hand.up()


def says(page: Page, order: str) -> None:
    """The order that is announced, and that the numbers and the pressed places show as well."""
    expect(page.locator("[data-said]")).to_have_text(order)
    seen = page.locator("[data-order] .place").evaluate_all(
        "(all) => all.map((place) => [...place.querySelectorAll('strong')]"
        ".map((one) => one.textContent).join(' = ')).join(' > ')"
    )
    assert seen == ("" if order == "Nothing ranked yet." else order)


def gap(index: int) -> str:
    return f'[data-gap="{index}"]'


def place(index: int) -> str:
    return f'[data-place="{index}"]'


def stored_ranks(judgment: Judgment, shown: list[str]) -> list[int]:
    ranks = dict(zip(responses_of(judgment), judgment.answer["ranks"], strict=True))
    return [ranks[text] for text in shown]


def placed(page: Page, keys: str = "abcd") -> None:
    for key in keys:
        page.keyboard.press(key)


# ------------------------------------------------------------------------------------- dragging


@HANDS
def test_into_gaps_onto_a_place_and_what_was_stored(open_page, hand):
    page = open_page(hand.size)
    hand = hand(page)
    shown, first = on_screen(page), prompt(page)
    says(page, "Nothing ranked yet.")
    drag(hand, page, "C", gap(0))
    says(page, "C")
    drag(hand, page, "A", gap(1))
    says(page, "C > A")
    drag(hand, page, "B", gap(0))
    says(page, "B > C > A")
    expect(page.locator("#submit")).to_be_disabled()
    drag(hand, page, "D", place(1))
    says(page, "B > C = D > A")
    assert page.locator("[data-order] .number").all_inner_texts() == ["1", "2", "4"]
    # A letter that has its place moves as well, to either side and out of a tie.
    drag(hand, page, "A", gap(0))
    says(page, "A > B > C = D")
    drag(hand, page, "C", gap(3))
    says(page, "A > B > D > C")
    drag(hand, page, "A", gap(2))
    says(page, "B > A > D > C")
    page.locator("#submit").click()
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert stored_ranks(judgment, shown) == [2, 1, 4, 3]


@HANDS
def test_back_to_the_tray(open_page, hand):
    page = open_page(hand.size)
    placed(page)
    expect(page.locator("#submit")).to_be_enabled()
    drag(hand(page), page, "B", "[data-tray]")
    says(page, "A > C > D")
    expect(page.locator("[data-tray] [data-chip]")).to_have_count(1)
    expect(page.locator("#submit")).to_be_disabled()


@HANDS
@pytest.mark.parametrize("keys", ["", "abc", "abcd"])
def test_dropped_outside_nothing_changes(open_page, hand, keys):
    page = open_page(hand.size)
    hand = hand(page)
    placed(page, keys)
    before = page.locator("[data-said]").inner_text()
    for name in "AD":
        begin(hand, page, name)
        hand.move(*centre(page.locator("#prompt")))
        hand.up()
        page.wait_for_timeout(50)
        says(page, before)
    expect(page.locator(".dragged, .dragging, .aimed")).to_have_count(0)


@pytest.mark.parametrize("name", ["A", "D"])
def test_escape_during_a_drag_changes_nothing_and_neither_does_letting_go(open_page, name):
    page = open_page()
    placed(page, "abc")
    mouse = Mouse(page)
    begin(mouse, page, name)
    mouse.move(*centre(page.locator(gap(1))))
    page.keyboard.press("Escape")
    expect(page.locator(".dragged, .dragging, .aimed")).to_have_count(0)
    mouse.up()
    says(page, "A > B > C")
    # Let go right over the letter, where it would have been a press.
    begin(mouse, page, name)
    page.keyboard.press("Escape")
    mouse.move(*centre(letter(page, name)))
    mouse.up()
    page.wait_for_timeout(50)
    says(page, "A > B > C")
    # And the next press is a press again.
    letter(page, "D").click()
    says(page, "A > B > C > D")


@HANDS
def test_a_press_that_hardly_moves_places_the_letter(open_page, hand):
    page = open_page(hand.size)
    hand = hand(page)
    for name in "DB":
        x, y = centre(letter(page, name))
        hand.down(x, y)
        hand.move(x + 2, y + 1, steps=2)
        hand.up()
        page.wait_for_timeout(50)
    says(page, "D > B")
    # What has its place stays there when it is pressed.
    letter(page, "D").click()
    says(page, "D > B")


@HANDS
def test_without_ties_a_letter_takes_the_place_it_is_dropped_on(open_page, hand):
    page = open_page(hand.size, ties=False)
    hand = hand(page)
    shown = on_screen(page)
    placed(page, "abc")
    drag(hand, page, "D", place(1))
    says(page, "A > D > B > C")
    drag(hand, page, "A", place(2))
    says(page, "D > B > A > C")
    drag(hand, page, "C", place(0))
    says(page, "C > D > B > A")
    page.keyboard.press("=")
    letter(page, "B").focus()
    page.keyboard.press("=")
    says(page, "C > D > B > A")
    page.locator("#submit").click()
    [judgment] = wait_for_judgments(page, 1)
    assert stored_ranks(judgment, shown) == [4, 3, 1, 2]


def test_a_flick_out_of_the_board_is_followed_and_forgotten(open_page):
    page = open_page()
    x, y = centre(letter(page, "A"))
    page.mouse.move(x, y)
    page.mouse.down()
    # One single event, already far away.
    page.mouse.move(x, 100)
    expect(page.locator(".dragged")).to_have_count(1)
    page.mouse.up()
    page.mouse.move(x, y, steps=4)
    page.mouse.move(*centre(page.locator("[data-order]")), steps=4)
    expect(page.locator(".dragged, .dragging, .aimed")).to_have_count(0)
    says(page, "Nothing ranked yet.")


def test_a_second_finger_leaves_the_first_its_letter(open_page):
    page = open_page("phone")
    finger = Finger(page)
    begin(finger, page, "A")
    x, y = centre(letter(page, "B"))
    finger.send("touchStart", finger.at, (x, y))
    finger.send("touchMove", finger.at, (x, y - 20))
    expect(page.locator(".dragged strong")).to_have_text(["A"])
    finger.send("touchMove", centre(page.locator(gap(0))), (x, y - 30))
    finger.up()
    says(page, "A")
    expect(page.locator(".dragged, .dragging")).to_have_count(0)


def test_a_letter_typed_during_a_drag_ends_it(open_page):
    page = open_page()
    mouse = Mouse(page)
    begin(mouse, page, "A")
    page.keyboard.press("c")
    mouse.move(*centre(page.locator("#prompt")))
    mouse.up()
    page.mouse.move(*centre(page.locator("[data-order]")), steps=4)
    says(page, "C")
    expect(page.locator(".dragged, .dragging")).to_have_count(0)
    drag(mouse, page, "A", gap(0))
    says(page, "A > C")


# ----------------------------------------------------------------------------------- scrolling


def test_a_finger_scrolls_everywhere_but_on_a_letter(open_page):
    page = open_page("phone")
    finger = Finger(page)

    def scrolled_by(x: float, y: float) -> float:
        page.evaluate("scrollTo(0, 0)")
        finger.down(x, y)
        finger.move(x, y - 150, steps=10)
        finger.up()
        page.wait_for_timeout(200)
        return page.evaluate("scrollY")

    page.locator("#prompt .message").evaluate("(e, text) => { e.textContent = text }", LONG)
    assert scrolled_by(*centre(page.locator("#prompt"))[:1], 300) > 50
    box = page.locator("[data-order]").bounding_box()
    assert box is not None
    assert scrolled_by(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2) > 50
    says(page, "Nothing ranked yet.")
    assert scrolled_by(*centre(letter(page, "A"))) == 0
    says(page, "Nothing ranked yet.")


def test_up_and_down_scroll_the_text_unless_a_letter_has_the_focus(open_page):
    page = open_page()
    page.locator("#prompt .message").evaluate("(e, text) => { e.textContent = text }", LONG * 4)
    page.locator("#prompt .message").evaluate("(e) => { e.style.whiteSpace = 'pre-wrap' }")
    placed(page, "ca")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    wait_until(page, lambda: page.evaluate("scrollY") > 20)
    page.keyboard.press("ArrowUp")
    says(page, "C > A")
    letter(page, "A").focus()
    page.keyboard.press("ArrowUp")
    says(page, "A > C")


# ----------------------------------------------------------------------------------- the keys


def test_arrows_move_the_last_one_typed_or_the_one_in_focus(open_page):
    page = open_page()
    shown, first = on_screen(page), prompt(page)
    placed(page, "abc")
    page.keyboard.press("ArrowLeft")
    says(page, "A > C > B")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    says(page, "C > A > B")
    page.keyboard.press("ArrowRight")
    says(page, "A > C > B")
    letter(page, "B").focus()
    page.keyboard.press("ArrowUp")
    says(page, "A > B > C")
    expect(letter(page, "B")).to_be_focused()
    page.keyboard.press("=")
    says(page, "A = B > C")
    page.keyboard.press("ArrowRight")
    says(page, "A > B > C")
    # A letter that has no place yet, reached with Tab and pressed.
    letter(page, "D").focus()
    page.keyboard.press("Space")
    says(page, "A > B > C > D")
    expect(letter(page, "D")).to_be_focused()
    page.keyboard.press("=")
    says(page, "A > B > C = D")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    [judgment] = wait_for_judgments(page, 1)
    assert stored_ranks(judgment, shown) == [1, 2, 3, 3]


def test_an_order_that_nobody_touched_is_not_sent(open_page):
    page = open_page()
    first = prompt(page)
    submit = page.locator("#submit")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("=")
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_have_text("Give every response a place first.")
        expect(submit).to_be_disabled()
        submit.click(force=True)
        # Taken up and let go over nothing is not touched either.
        mouse = Mouse(page)
        begin(mouse, page, "A")
        mouse.move(*centre(page.locator("#prompt")))
        mouse.up()
    assert prompt(page) == first
    assert not Judgment.objects.exists()


# ------------------------------------------------------------------------------------ the sizes


@pytest.mark.parametrize(
    "k", [k if k in (2, 4, 9) else pytest.param(k, marks=pytest.mark.long) for k in range(2, 10)]
)
def test_every_number_of_responses_is_usable_on_a_phone(open_page, k):
    page = open_page("phone", k=k)
    shown = on_screen(page)
    targets = page.locator("[data-chip], .places button, [data-clear], .sending button:visible")

    def small() -> list:
        return [
            (target.inner_text(), box)
            for target in targets.all()
            if (box := target.bounding_box()) and min(box["width"], box["height"]) < 44
        ]

    assert small() == []
    assert not scrolls_sideways(page)
    finger = Finger(page)
    for index in range(k):
        # Behind the last one, even where that begins a new line.
        drag(finger, page, chr(ord("A") + k - 1 - index), gap(index))
        expect(page.locator("[data-order] [data-chip]")).to_have_count(index + 1)
    assert small() == []
    assert not scrolls_sideways(page)
    beyond = [
        box
        for chip in page.locator("[data-chip]").all()
        if (box := chip.bounding_box()) and (box["x"] < 0 or box["x"] + box["width"] > 390)
    ]
    assert beyond == []
    bar = page.locator("#answer").bounding_box()
    assert bar is not None
    assert bar["height"] < 844 / 2
    # Nobody gets from the letter to the button sooner, and the browser counts on that.
    page.wait_for_timeout(400)
    page.locator("#submit").tap()
    [judgment] = wait_for_judgments(page, 1)
    assert stored_ranks(judgment, shown) == list(range(k, 0, -1))


@pytest.mark.parametrize("k", [2, 4, 7])
def test_a_gap_on_a_line_of_its_own_can_be_seen_and_hit(open_page, k):
    page = open_page("phone", k=k)
    placed(page, "abcdefg"[: k - 1])
    begin(Finger(page), page, "ABCDEFG"[k - 1])
    heights = page.locator("[data-gap]").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 40
