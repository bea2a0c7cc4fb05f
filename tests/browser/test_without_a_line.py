"""Labeling without a line: the page opens from its copy, and everything arrives once in the end."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import BrowserContext, Error, Page, expect

from annotation import assigning
from annotation.models import Assignment, Judgment, Task
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from tests.browser.driving import (
    on_screen,
    prompt,
    responses_of,
    start_labeling,
    wait_for_judgments,
    wait_for_next,
    wait_until,
    waiting,
)

pytestmark = pytest.mark.browser

OFFLINE = "ERR_INTERNET_DISCONNECTED"
PRELOADED = 4
COPIED = """async (path) => {
    const loaded = performance.getEntriesByType("resource").map((e) => new URL(e.name).pathname);
    // The browser fetches the icon when it likes, and opens a page without it.
    const wanted = [path, ...loaded.filter((name) => /^\\/static\\/(?!icons)/.test(name))];
    return (await Promise.all(wanted.map((name) => caches.match(name)))).every(Boolean);
}"""
FILL = """() => {
    for (let size = 1 << 22, n = 0; size >= 1; size >>= 1) {
        try {
            for (;;) localStorage.setItem(`full:${n++}`, "x".repeat(size));
        } catch { /* The next one is smaller. */ }
    }
}"""


@pytest.fixture(autouse=True)
def no_line(browse):
    browse.expect(OFFLINE)


@pytest.fixture
def tasks(project):
    return make_tasks(project, 12)


def open_with_copy(context: BrowserContext, project) -> Page:
    """The labeling page once this browser could open it without a line: one visit is enough."""
    page = context.new_page()
    start_labeling(page, project)
    wait_until(page, lambda: page.evaluate("Boolean(navigator.serviceWorker.controller)"))
    path = f"/projects/{project.slug}/label/"
    wait_until(page, lambda: page.evaluate(COPIED, path))
    page.wait_for_load_state("networkidle")
    wait_until(page, lambda: len(kept_items(page)) == PRELOADED)
    return page


def kept_items(page: Page) -> list:
    """The copies of items that this browser holds, whoever's they are."""
    return page.evaluate(
        "Object.keys(localStorage).filter((k) => k.endsWith(':items'))"
        ".flatMap((k) => JSON.parse(localStorage.getItem(k)))"
    )


def answer(page: Page) -> tuple[str, str]:
    """Prefer A and wait for the next item; returns the question and the preferred response."""
    said = prompt(page), on_screen(page)[0]
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_until(page, lambda: not page.locator("#item").is_visible() or prompt(page) != said[0])
    return said


def stored() -> list[tuple[str, str]]:
    return [
        (j.task.prompt.messages[0]["content"], responses_of(j)["ab".index(j.answer["choice"])])
        for j in Judgment.objects.filter(is_current=True).order_by("id")
    ]


def sign_in(page: Page, username: str) -> None:
    page.get_by_label("Name", exact=True).fill(username)
    page.get_by_label("Password").fill("a long phrase")
    page.keyboard.press("Enter")


# --------------------------------------------------------------------------- opened without it


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_opened_answered_and_closed_without_a_line(browse, project, labeler, tasks, size):
    context = browse.context(size, labeler)
    page = open_with_copy(context, project)
    before = prompt(page)
    context.set_offline(True)
    page.reload()
    expect(page.locator("#item")).to_be_visible()
    assert prompt(page) == before
    said = [answer(page), answer(page)]
    expect(page.locator("#outbox")).to_contain_text("Answers waiting to be sent: 2.")
    # Opened once more: what was answered does not come again, the rest does.
    page.reload()
    expect(page.locator("#item")).to_be_visible()
    assert prompt(page) not in {question for question, _ in said}
    said += [answer(page), answer(page)]
    expect(page.locator("#loading")).to_be_visible()
    assert waiting(page) == PRELOADED
    page.close()
    context.set_offline(False)
    assert not Judgment.objects.exists()
    page = context.new_page()
    start_labeling(page, project)
    wait_for_judgments(page, PRELOADED)
    assert stored() == said
    assert waiting(page) == 0
    assert set(Judgment.objects.values_list("revision", flat=True)) == {1}


def test_what_was_typed_last_is_there_again(browse, project, labeler, tasks):
    context = browse.context(person=labeler)
    page = open_with_copy(context, project)
    context.set_offline(True)
    page.keyboard.press("3")
    page.keyboard.press("r")
    page.keyboard.type("half a thought")
    page.reload()
    expect(page.locator("#item")).to_be_visible()
    expect(page.locator("#reason")).to_have_value("half a thought")
    expect(page.get_by_role("radio", name="A: slightly better", exact=True)).to_be_checked()


def test_a_session_that_ran_out_meanwhile(browse, project, labeler, tasks):
    browse.expect("status of 401")
    context = browse.context(person=labeler)
    page = open_with_copy(context, project)
    context.set_offline(True)
    page.reload()
    said = [answer(page), answer(page)]
    Session.objects.all().delete()
    context.clear_cookies()
    context.set_offline(False)
    notice = page.locator("#signed-out")
    expect(notice).to_contain_text("You are signed out. Your answers are kept on this device.")
    assert waiting(page) == 2
    notice.get_by_role("link").click()
    sign_in(page, "aiko")
    expect(page.locator("#item")).to_be_visible()
    wait_for_judgments(page, 2)
    assert stored() == said


# ------------------------------------------------------------------- one browser, two people


@pytest.mark.parametrize("signs_out", [True, False])
def test_the_next_person_sees_nothing_of_the_first(
    browse, project, labeler, person_factory, tasks, signs_out
):
    browse.expect("status of 401", "ERR_FAILED")
    person_factory("botan", project, "labeler")
    context = browse.context(person=labeler)
    page = open_with_copy(context, project)
    hers = {item["assignment"] for item in kept_items(page)}
    context.set_offline(True)
    said = answer(page)
    wait_until(page, lambda: waiting(page) == 1)
    label = page.url
    if signs_out:
        page.goto("about:blank")
        context.set_offline(False)
        # What waits is not sent on the way out.
        page.route("**/labeling/judgments/", lambda route: route.abort())
        page.goto(label.split("/projects/")[0] + "/account/")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Name", exact=True)).to_be_visible()
    else:
        page.goto("about:blank")
        Session.objects.all().delete()
        context.clear_cookies()
        context.set_offline(False)
        page.goto(label.split("/projects/")[0] + "/sign-in/")
    sign_in(page, "botan")
    expect(page.locator("header nav")).to_contain_text("botan")
    page.unroute("**/labeling/judgments/")
    wait_until(page, lambda: not page.evaluate(COPIED, f"/projects/{project.slug}/label/"))
    # Without a line there is no page to open, least of all hers.
    context.set_offline(True)
    with pytest.raises(Error, match="ERR_"):
        page.goto(label)
    context.set_offline(False)
    page.goto(label)
    expect(page.locator("#item")).to_be_visible()
    page.wait_for_load_state("networkidle")
    wait_until(page, lambda: page.evaluate(COPIED, f"/projects/{project.slug}/label/"))
    theirs = set(Assignment.objects.filter(person__username="botan").values_list("id", flat=True))
    assert len(theirs) == PRELOADED
    assert not theirs & hers
    context.set_offline(True)
    page.reload()
    expect(page.locator("#item")).to_be_visible()
    expect(page.locator("header nav")).to_contain_text("botan")
    seen = set()
    while page.locator("#item").is_visible():
        seen.add(answer(page)[0])
    mine = Task.objects.filter(assignments__in=theirs)
    assert seen == {task.prompt.messages[0]["content"] for task in mine}
    assert not Judgment.objects.exists()
    # Hers arrive as hers once she is back; botan's as botan's.
    context.set_offline(False)
    wait_for_judgments(page, PRELOADED)
    browse.give_session(context, labeler)
    page.goto(label)
    wait_until(page, lambda: Judgment.objects.filter(person=labeler).count() == 1)
    assert said in stored()
    wait_until(page, lambda: waiting(page) == 0)


# --------------------------------------------------------------------- leases that ran out


def test_an_item_that_went_to_somebody_else_is_stored_as_surplus(
    browse, project, labeler, person_factory
):
    make_tasks(project, PRELOADED)
    botan = person_factory("botan", project, "labeler")
    context = browse.context(person=labeler)
    page = context.new_page()
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    said = answer(page)
    Assignment.objects.filter(person=labeler).update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    # They get it, but have not answered yet: their lease keeps its slot.
    given = assigning.next_assignment(project=project, person=botan)
    assert given is not None
    assert given.task.prompt.messages[0]["content"] == said[0]
    context.set_offline(False)
    [judgment] = wait_for_judgments(page, 1)
    assert (judgment.standing, judgment.slot, stored()) == ("surplus", None, [said])
    expect(page.locator("#outbox")).to_be_hidden()
    expect(page.locator("#status")).to_be_empty()
    expect(page.locator("#item")).to_be_visible()
    expect(page.locator("#done")).to_have_text("1")
    answer_next(botan, project, A_IS_BETTER)
    task = Task.objects.get(pk=judgment.task_id)
    counted = Judgment.objects.filter(task=task, standing="counted", is_current=True)
    assert (task.overlap, task.counted, counted.count()) == (1, 1, 1)


def test_an_item_that_nobody_took_still_counts(browse, project, labeler, tasks):
    context = browse.context(person=labeler)
    page = context.new_page()
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    context.set_offline(True)
    said = answer(page)
    Assignment.objects.filter(person=labeler).update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    assert assigning.release_expired(project=project) == PRELOADED
    context.set_offline(False)
    [judgment] = wait_for_judgments(page, 1)
    assert (judgment.standing, stored()) == ("counted", [said])
    assert Task.objects.get(pk=judgment.task_id).counted == 1
    expect(page.locator("#status")).to_be_empty()


# ------------------------------------------------------------------------- room, and many


def test_a_full_browser_says_so_and_keeps_the_item(browse, project, labeler, tasks):
    page = browse.page(person=labeler)
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    wait_until(page, lambda: bool(kept_items(page)))
    page.evaluate(
        f"() => {{ ({FILL})(); localStorage.removeItem(Object.keys(localStorage)"
        f".find((k) => k.endsWith(':items'))); ({FILL})(); }}"
    )
    first = prompt(page)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text(
        "This browser has no room to keep the answer. Free some and submit again."
    )
    assert prompt(page) == first
    expect(page.get_by_role("radio", name="A: better", exact=True)).to_be_checked()
    page.evaluate(
        "Object.keys(localStorage).filter((k) => k.startsWith('full:'))"
        ".forEach((k) => localStorage.removeItem(k))"
    )
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_for_judgments(page, 1)


def test_copies_of_items_make_room_for_an_answer(browse, project, labeler, tasks):
    context = browse.context(person=labeler)
    page = context.new_page()
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    wait_until(page, lambda: bool(kept_items(page)))
    page.evaluate(FILL)
    context.set_offline(True)
    said = answer(page)
    assert waiting(page) == 1
    context.set_offline(False)
    wait_for_judgments(page, 1)
    assert stored() == [said]


def test_sixty_answers_are_sent_in_the_order_they_were_given(browse, project, labeler):
    tasks = make_tasks(project, 60)
    Task.objects.update(free_slots=0)
    given = Assignment.objects.bulk_create(
        Assignment(
            task=task,
            person=labeler,
            slot=1,
            display_order=[0, 1],
            expires_at=timezone.now() + timedelta(hours=1),
        )
        for task in reversed(tasks)
    )
    page = browse.page(person=labeler)
    page.goto("/account/")
    for number, assignment in enumerate(given):
        kept = {
            "deed": "judgments",
            "assignment": assignment.pk,
            "client_id": str(uuid.uuid4()),
            "answer": A_IS_BETTER,
            "seconds": 1.5,
            "reason": "",
            "kept_at": 1_700_000_000_000 + number,
        }
        key = f"accord:{labeler.pk}:{project.slug}:outbox:{kept['client_id']}"
        page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, json.dumps(kept)])
    page.goto(f"/projects/{project.slug}/label/")
    expect(page.locator("#outbox")).to_contain_text("Answers waiting to be sent:")
    wait_until(page, lambda: waiting(page) == 0, seconds=60)
    order = Judgment.objects.order_by("id").values_list("task_id", flat=True)
    assert list(order) == [assignment.task_id for assignment in given]
    expect(page.locator("#outbox")).to_be_hidden()
    expect(page.locator("#empty")).to_be_visible()


# --------------------------------------------------- what answers is not always the server


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "<h1>Welcome to our hotel</h1>"), (404, "<h1>nginx</h1>"), (400, "Bad Request")],
)
def test_a_stranger_on_the_line_neither_takes_nor_refuses_an_answer(
    browse, project, labeler, tasks, status, body
):
    browse.expect(f"status of {status}")
    context = browse.context(person=labeler)
    page = context.new_page()
    start_labeling(page, project)
    page.wait_for_load_state("networkidle")
    everything = "**/api/v1/**"
    context.route(
        everything, lambda route: route.fulfill(status=status, body=body, content_type="text/html")
    )
    said = answer(page)
    expect(page.locator("#outbox")).to_contain_text("waiting to be sent: 1.")
    # Nor from another page of Accord.
    page.goto("/account/")
    page.wait_for_timeout(1500)
    assert waiting(page) == 1
    context.unroute(everything)
    page.reload()
    wait_for_judgments(page, 1)
    assert stored() == [said]
    wait_until(page, lambda: waiting(page) == 0)
