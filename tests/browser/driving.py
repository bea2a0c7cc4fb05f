"""What the browser tests do on the labeling page, and how they compare it with what was stored."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from annotation.models import Judgment
from labelers.models import Person
from tests.annotation.making import make_tasks


def start_labeling(page: Page, project) -> None:
    """Open the labeling page and wait for the first item."""
    page.goto(f"/projects/{project.slug}/label/")
    expect(page.locator("#item")).to_be_visible()


def labeling_page(browse, project, labeler, *, items: int, **options) -> Page:
    """The labeling page with so many items ahead, the first of which is on screen."""
    make_tasks(project, items)
    page = browse.page(person=labeler, **options)
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    return page


def prompt(page: Page) -> str:
    return page.locator("#prompt .message").inner_text()


def on_screen(page: Page) -> list[str]:
    """The responses in the order on screen."""
    return page.locator("#responses .body").all_inner_texts()


# What the page tells of itself and of answers that wait.
SAID = "[...document.querySelectorAll('#status, #outbox')].map((e) => e.textContent.trim())"


def wait_until(page: Page, condition: Callable[[], bool], seconds: float = 15) -> None:
    """Let the page run until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not come about; said: {page.evaluate(SAID)}"
        page.wait_for_timeout(50)


def wait_for_judgments(page: Page, count: int) -> list[Judgment]:
    """The current judgments, in the order they came, once there are `count`."""
    found = Judgment.objects.filter(is_current=True)
    wait_until(page, lambda: found.count() >= count)
    # What comes once too often comes soon.
    page.wait_for_timeout(150)
    assert found.count() == count
    return list(found.order_by("id"))


def responses_of(judgment: Judgment) -> list[str]:
    """The responses in canonical order."""
    return [placed.response.messages[0]["content"] for placed in judgment.task.placed.all()]


def wait_for_next(page: Page, previous: str) -> None:
    expect(page.locator("#prompt .message")).not_to_have_text(previous)


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def waiting(page: Page) -> int:
    """How many answers lie in the outbox."""
    return page.evaluate("Object.keys(localStorage).filter((k) => k.includes(':outbox:')).length")


def answer(page: Page, key: str = "2") -> str:
    """Answer the item on screen; returns its question."""
    said = prompt(page)
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    wait_for_next(page, said)
    return said


def shows(page: Page, question: str) -> None:
    expect(page.locator("#prompt .message")).to_have_text(question)


def stored_preferences(person: Person) -> dict:
    return Person.objects.get(pk=person.pk).preferences
