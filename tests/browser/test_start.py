"""A new labeler's way: from the invitation through every step to the first item of work."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotation import configuring
from annotation.models import Assignment, Exam, Judgment, ScreeningProgress
from labelers import consenting, inviting, qualifying
from labelers.models import Person, SurveyAnswers
from tests.annotation.making import make_tasks
from tests.annotation.screening_making import answer_items, make_gold, screen
from tests.browser.driving import scrolls_sideways, wait_until
from tests.browser.everyone import ALL_RULES, AXE, RUN_AXE

pytestmark = pytest.mark.browser

GUIDELINES = """# Which response is better

Choose the response that **answers what was asked**, truthfully and kindly.

- A shorter answer is not worse for being short.
- Where both are equally good, say so.
"""
CONSENT = """We store which responses you prefer, how long you took, and your reasons.

Your name is not published. You can stop at any time.
"""
QUIZ = [
    {
        "question": "Two responses say the same, one of them in half the words. Which is better?",
        "choices": ["The longer one", "Neither", "The shorter one"],
        "right": 1,
        "explanation": "Length by itself is neither good nor bad.",
    },
    {
        "question": "A response is friendly but wrong, the other dry but right.",
        "choices": ["The right one is better", "The friendly one is better"],
        "right": 0,
        "explanation": "Truth comes before friendliness.",
    },
]


@pytest.fixture
def house(project, admin):
    consenting.publish_form(project=project, text=CONSENT, created_by=admin)
    configuring.publish_guidelines(project=project, text=GUIDELINES, created_by=admin)
    screen(
        project,
        asks_survey=True,
        asks_groups=True,
        topics=["Law", "Japanese culture"],
        quiz=QUIZ,
        training_items=2,
        exam_least=3,
    )
    make_gold(project, 40)
    make_tasks(project, 4)
    return project


def check(page: Page) -> None:
    """What holds at every step."""
    assert not scrolls_sideways(page)
    assert page.evaluate(RUN_AXE, [None, ALL_RULES]) == []


def shown(page: Page) -> Assignment:
    """The item on screen."""
    expect(page.locator("#item")).to_be_visible()
    text = page.locator("#prompt .message").inner_text()
    return Assignment.objects.get(
        state="live", task__prompt__messages__0__content=text, person__username="mina"
    )


def right_side(page: Page) -> int:
    item = shown(page)
    return item.display_order.index("ab".index(item.task.gold.answer["choice"]))


def choose(page: Page, side: int) -> None:
    """Say that the response on `side` (0 left, 1 right) is better, and submit."""
    places = page.locator("#answer .scale input")
    places.nth(1 if side == 0 else places.count() - 2).check(force=True)
    page.locator("#submit").click()


def come_in(page: Page, house) -> None:
    _made, token = inviting.invite(project=house, role="labeler", created_by=None)
    page.goto(f"/invitations/{token}/")
    page.locator("[name=username]").fill("mina")
    page.locator("[name=password]").fill("a long phrase")
    page.locator("main button.primary").click()
    expect(page.locator(".way-steps .now")).to_be_visible()


def take_steps(page: Page) -> None:
    """Consent, questions, topics and quiz."""
    now = page.locator(".way-steps .now")
    check(page)
    now.locator("button.primary").click()
    expect(page.locator("#age")).to_be_visible()
    page.locator("#age").select_option("25-34")
    page.locator("#group-region").select_option("east-asia")
    page.locator("#counted").check()
    check(page)
    now.locator("button.primary").click()
    expect(page.locator(".levels")).to_have_count(2)
    page.locator("[name=topic-0][value='1']").check()
    page.locator("[name=topic-1][value='3']").check()
    check(page)
    now.locator("button.primary").click()
    page.locator("[name=question-0][value='0']").check()
    page.locator("[name=question-1][value='0']").check()
    check(page)
    page.locator(".quiz button").click()
    expect(page.locator(".is-wrong .said")).to_contain_text("Length by itself")
    check(page)
    page.locator("[name=question-0][value='1']").check()
    page.locator(".quiz button").click()
    expect(page.locator(".notice.good")).to_be_visible()
    check(page)


def train(page: Page) -> None:
    page.locator(".way-steps .now a.primary").click()
    expect(page.locator("#screening")).to_be_visible()
    expect(page.locator("#work-counts")).to_be_hidden()
    expect(page.locator("[data-does=skip]").first).to_be_hidden()
    check(page)
    choose(page, 1 - right_side(page))
    expect(page.locator("#explained.wrong")).to_be_visible()
    expect(page.locator("#explained-explanation")).to_have_text("It answers what was asked.")
    expect(page.locator("#item")).to_be_visible()
    check(page)
    before = page.locator("#prompt .message").inner_text()
    page.locator("#explained-go-on").click()
    expect(page.locator("#prompt .message")).not_to_have_text(before)
    # On another device, mid-item, it is the same item.
    item = shown(page)
    page.reload()
    assert shown(page) == item
    choose(page, right_side(page))
    expect(page.locator("#explained.right")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/start/")


def sit_exam(page: Page) -> None:
    check(page)
    page.locator(".way-steps .now button.primary").click()
    for done in range(20):
        side = right_side(page)
        if done == 2:
            check(page)
        before = page.locator("#prompt .message").inner_text()
        choose(page, side)
        # The page itself says where it is: the driver may learn of a new address a moment later.
        came = page.wait_for_function(
            """(before) => {
                if (location.pathname.endsWith("/start/")) return "start";
                // Between an item and what follows it there may be no text at all.
                const now = document.querySelector("#prompt .message")?.innerText;
                return now && now !== before && !document.getElementById("item").hidden && "item";
            }""",
            arg=before,
        )
        if came.json_value() == "start":
            break
    expect(page.locator(".finish")).to_be_visible()
    check(page)


@pytest.mark.parametrize(("size", "language"), [("phone", "ja"), ("desktop", "en")])
def test_from_the_invitation_to_the_first_item(browse, house, size, language):
    context = browse.context(size)
    context.add_cookies([{"name": "django_language", "value": language, "url": browse.url}])
    context.add_init_script(path=AXE)
    page = context.new_page()
    come_in(page, house)
    take_steps(page)
    train(page)
    sit_exam(page)
    page.locator(".finish a.primary").click()
    expect(page.locator("#item")).to_be_visible()
    expect(page.locator("#work-counts")).to_be_visible()
    expect(page.locator("#screening")).to_be_hidden()
    check(page)
    assert shown(page).purpose == "work"
    assert SurveyAnswers.objects.get().answers == {"age": "25-34"}
    assert Exam.objects.get().verdict == "passed"
    mina = Person.objects.get(username="mina")
    assert qualifying.may_work(project=house, person=mina)


def test_pasted_characters_are_counted(browse, project, labeler):
    make_tasks(project, 1)
    page = browse.page(person=labeler)
    page.goto("/projects/essays/label/")
    expect(page.locator("#item")).to_be_visible()
    page.locator("#reason").fill("typed ")
    page.evaluate("""() => {
        const data = new DataTransfer();
        data.setData("text/plain", "from elsewhere");
        document.getElementById("reason").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
    }""")
    choose(page, 0)
    wait_until(page, lambda: Judgment.objects.exists())
    assert Judgment.objects.get().pasted == len("from elsewhere")


def test_an_explanation_waits_for_the_line(browse, project, labeler):
    browse.expect("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    screen(project, training_items=2)
    make_gold(project, 5)
    page = browse.page("phone", person=labeler)
    page.goto("/projects/essays/label/")
    expect(page.locator("#item")).to_be_visible()
    page.context.set_offline(True)
    choose(page, 0)
    expect(page.locator("#outbox")).to_be_visible()
    expect(page.locator("#explained")).to_be_hidden()
    page.context.set_offline(False)
    expect(page.locator("#explained")).to_be_visible()
    assert Judgment.objects.count() == 1


def test_missing_gold_is_told_and_the_exam_waits(browse, project, labeler):
    screen(project, training_items=1, exam_least=5)
    make_gold(project, 1)
    page = browse.page("phone", person=labeler)
    page.add_init_script(path=AXE)
    page.goto("/projects/essays/label/")
    expect(page.locator("#item")).to_be_visible()
    answer_items(labeler, project, 1)
    project.tasks.filter(is_gold=True).update(state="retired")
    page.goto("/projects/essays/start/")
    expect(page.locator(".way-steps .now .notice")).to_contain_text("not enough items")
    check(page)
    screen(project, training_items=3)
    page.goto("/projects/essays/label/")
    expect(page.locator("#stopped-why")).to_contain_text("Items are missing")
    check(page)
    assert not ScreeningProgress.objects.get().quiz_passed
