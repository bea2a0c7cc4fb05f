"""No answer is lost or doubled, whatever becomes of line, server, tab or session."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import configuring
from annotation.models import Assignment, Judgment
from tests.annotation.making import make_tasks
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
# The item on screen and those behind it.
PRELOADED = 4
ANSWERS = re.compile("/labeling/judgments/")


@pytest.fixture
def tasks(project):
    return make_tasks(project, 8)


def preloaded(page: Page, labeler, count: int = PRELOADED) -> None:
    """Wait until the page holds the item on screen and the next ones."""
    wait_until(page, lambda: Assignment.objects.filter(person=labeler).count() == count)
    page.wait_for_load_state("networkidle")


def answer(page: Page, key: str = "2") -> tuple[str, str]:
    """Prefer A; returns the question and the preferred response."""
    said = prompt(page), on_screen(page)[0]
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    return said


def stored() -> set[tuple[str, str]]:
    return {
        (j.task.prompt.messages[0]["content"], responses_of(j)["ab".index(j.answer["choice"])])
        for j in Judgment.objects.filter(is_current=True)
    }


def test_the_next_item_comes_from_the_preload_without_waiting(browse, project, labeler, tasks):
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    held = []
    page.route("**/labeling/**", lambda route: held.append(route))
    first = prompt(page)
    answer(page)
    assert prompt(page) != first
    second = prompt(page)
    answer(page)
    assert prompt(page) not in {first, second}
    assert not Judgment.objects.exists()
    assert held
    page.unroute("**/labeling/**")
    wait_for_judgments(page, 2)


def test_answers_given_offline_arrive_exactly_once(browse, project, labeler, tasks):
    browse.expect(OFFLINE)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    page.context.set_offline(True)
    said = {answer(page) for _ in range(PRELOADED)}
    outbox = page.locator("#outbox")
    expect(outbox).to_contain_text(f"Answers waiting to be sent: {PRELOADED}.")
    expect(page.locator("#status")).to_contain_text("The server does not answer.")
    # Nothing is left to do, and that is not called "nothing to label".
    expect(page.locator("#loading")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()
    expect(page.locator("#done")).to_have_text("0")
    assert waiting(page) == PRELOADED
    page.context.set_offline(False)
    wait_for_judgments(page, PRELOADED)
    assert stored() == said
    expect(outbox).to_be_hidden()
    expect(page.locator("#status")).to_be_empty()
    expect(page.locator("#done")).to_have_text(str(PRELOADED))
    expect(page.locator("#item")).to_be_visible()


def test_a_server_error_is_told_and_tried_again(browse, project, labeler, tasks):
    browse.expect("status of 500")
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    failures = []

    def fail(route) -> None:
        failures.append(route)
        route.fulfill(status=500, body="broken")

    page.route(ANSWERS, fail)
    said = answer(page)
    expect(page.locator("#status")).to_contain_text("The server has a problem (500).")
    expect(page.locator("#outbox")).to_contain_text("waiting to be sent: 1.")
    assert page.locator("#item").is_visible()
    page.unroute(ANSWERS)
    wait_for_judgments(page, 1)
    assert stored() == {said}
    expect(page.locator("#status")).to_be_empty()
    # It waits between its tries.
    assert len(failures) <= 3


def test_an_answer_whose_receipt_was_lost_is_stored_once(browse, project, labeler, tasks):
    browse.expect("ERR_FAILED")
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    lost = []

    def lose(route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    page.route(ANSWERS, lose)
    said = answer(page)
    expect(page.locator("#outbox")).to_contain_text("waiting to be sent: 1.")
    assert lost == [201]
    expect(page.locator("#outbox")).to_be_hidden()
    [judgment] = wait_for_judgments(page, 1)
    assert (judgment.revision, stored()) == (1, {said})


def test_a_server_that_hangs_does_not_hold_the_labeler(browse, project, labeler, tasks):
    browse.expect("ERR_ABORTED")
    page = browse.page(person=labeler)
    page.add_init_script(
        "const limit = AbortSignal.timeout.bind(AbortSignal);"
        "AbortSignal.timeout = (ms) => limit(Math.min(ms, 3000));"
    )
    start_labeling(page, project)
    preloaded(page, labeler)
    hung = []
    page.route(ANSWERS, lambda route: hung.append(route))
    said = {answer(page)}
    assert page.locator("#outbox").is_hidden()
    # Only a wait that is worth a word is told, and the work goes on meanwhile.
    expect(page.locator("#outbox")).to_contain_text("waiting to be sent: 1.")
    said.add(answer(page))
    expect(page.locator("#outbox")).to_contain_text("waiting to be sent: 2.")
    expect(page.locator("#status")).to_contain_text("The server does not answer.")
    page.unroute(ANSWERS)
    wait_for_judgments(page, 2)
    assert stored() == said


def test_a_closed_tab_sends_its_answers_when_it_is_opened_again(browse, project, labeler, tasks):
    browse.expect(OFFLINE)
    context = browse.context(person=labeler)
    page = context.new_page()
    start_labeling(page, project)
    preloaded(page, labeler)
    context.set_offline(True)
    said = {answer(page), answer(page)}
    expect(page.locator("#outbox")).to_contain_text("waiting to be sent: 2.")
    page.close()
    context.set_offline(False)
    assert not Judgment.objects.exists()
    page = context.new_page()
    start_labeling(page, project)
    wait_for_judgments(page, 2)
    assert stored() == said
    assert prompt(page) not in {question for question, _ in said}
    assert waiting(page) == 0


def test_a_skip_survives_a_lost_line(browse, project, labeler, tasks):
    browse.expect(OFFLINE)
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    first = prompt(page)
    page.context.set_offline(True)
    page.keyboard.press("s")
    page.keyboard.press("3")
    wait_for_next(page, first)
    expect(page.locator("#outbox")).to_be_visible()
    page.context.set_offline(False)
    wait_until(page, lambda: Assignment.objects.filter(state="skipped").count() == 1)


def test_two_tabs_do_not_do_the_same_work_twice(browse, project, labeler, tasks):
    context = browse.context(person=labeler)
    one, other = context.new_page(), context.new_page()
    for page in (one, other):
        start_labeling(page, project)
        page.wait_for_load_state("networkidle")
    same = prompt(one)
    assert prompt(other) == same
    said = {answer(one)}
    expect(other.locator("#status")).to_have_text("You answered that item in another tab.")
    wait_for_next(other, same)
    for page in (other, one, other):
        said.add(answer(page))
        wait_for_judgments(page, len(said))
        page.wait_for_load_state("networkidle")
    assert len(said) == 4
    assert stored() == said
    assert set(Judgment.objects.values_list("revision", flat=True)) == {1}


def test_an_answer_after_the_lease_ran_out_still_counts(browse, project, labeler, tasks):
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    Assignment.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    said = answer(page)
    [judgment] = wait_for_judgments(page, 1)
    assert (judgment.standing, stored()) == ("counted", {said})


def test_signing_in_again_sends_what_waited(browse, project, labeler, tasks):
    browse.expect("status of 401")
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    Session.objects.all().delete()
    page.context.clear_cookies()
    said = {answer(page), answer(page)}
    notice = page.locator("#signed-out")
    expect(notice).to_contain_text("You are signed out. Your answers are kept on this device.")
    expect(page.locator("#outbox")).to_contain_text("waiting to be sent: 2.")
    assert not Judgment.objects.exists()
    notice.get_by_role("link").click()
    page.get_by_label("Name", exact=True).fill("aiko")
    page.get_by_label("Password").fill("a long phrase")
    page.keyboard.press("Enter")
    expect(page.locator("#item")).to_be_visible()
    wait_for_judgments(page, 2)
    assert stored() == said


def test_answers_wait_for_the_person_who_gave_them(browse, project, labeler, person_factory, tasks):
    """Somebody else signs in on the same device: nothing is lost, nothing is taken for theirs."""
    # What the page asks for its own labeler before it sees who is signed in now is refused.
    browse.expect(OFFLINE, "status of 401", "status of 409")
    context = browse.context(person=labeler)
    page = context.new_page()
    start_labeling(page, project)
    preloaded(page, labeler)
    context.set_offline(True)
    said = answer(page)
    expect(page.locator("#outbox")).to_be_visible()
    browse.give_session(context, person_factory("botan", project, "labeler"))
    context.set_offline(False)
    wait_until(page, lambda: page.locator("header nav").inner_text().find("botan") >= 0)
    expect(page.locator("#item")).to_be_visible()
    assert not Judgment.objects.exists()
    assert waiting(page) == 1
    browse.give_session(context, labeler)
    page.reload()
    [judgment] = wait_for_judgments(page, 1)
    assert (judgment.person, stored()) == (labeler, {said})


def test_a_refused_answer_is_reported_and_not_sent_for_ever(browse, project, labeler, tasks):
    browse.expect("status of 422")
    page = browse.page(person=labeler)
    start_labeling(page, project)
    preloaded(page, labeler)
    configuring.change_settings(
        project=project, changed_by=labeler, kind_options={"strength": True, "tie": False}
    )
    answer(page, "t")
    expect(page.locator("#status")).to_contain_text("answer.choice: choose one of")
    assert waiting(page) == 0
    assert not Judgment.objects.exists()
