"""Gold is made and looked at in a browser, and answers are voided in two steps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from annotation.models import Gold, Judgment
from labelers.models import Notice
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

pytestmark = pytest.mark.browser


@pytest.fixture
def project(transactional_db, project_factory):
    return project_factory("essays", gold_rate=0)


def test_an_item_is_answered_and_becomes_gold(browse, project, admin):
    tasks = make_tasks(project, 2)
    page = browse.page("phone", person=admin)
    page.goto(f"/projects/{project.slug}/gold/")
    page.get_by_role("link", name="Make gold").click()
    page.get_by_role("link", name="Answer it").first.click()
    expect(page.get_by_role("heading", name="Response A")).to_be_visible()
    page.get_by_label("B: slightly better").check()
    page.get_by_label("Why it is right").fill("It says less.")
    page.get_by_role("button", name="Make it gold", exact=True).click()
    expect(page.get_by_text("is gold now")).to_be_visible()
    gold = Gold.objects.get()
    assert (gold.task, gold.answer) == (tasks[0], {"choice": "b", "strength": "slightly"})
    page.get_by_text("Show the text and who said what").click()
    expect(page.get_by_text("Nobody has answered it unseen yet.")).to_be_visible()


def test_answers_are_voided_after_a_look_and_the_labeler_is_told(browse, project, admin, labeler):
    make_tasks(project, 2)
    for _ in range(2):
        answer_next(labeler, project, A_IS_BETTER)
    page = browse.page("phone", person=admin)
    page.goto(f"/projects/{project.slug}/voiding/p:{labeler.pk}/")
    since = timezone.now() - timedelta(hours=1)
    page.get_by_label("From this time on").fill(since.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Why").fill("Not read")
    page.get_by_role("button", name="See what it would touch").click()
    expect(page.get_by_text("No snapshot holds any of them.")).to_be_visible()
    assert Judgment.objects.filter(standing="counted").count() == 2
    page.get_by_role("button", name="Void 2 answers").click()
    expect(page.get_by_text("2 answers no longer count.")).to_be_visible()

    theirs = browse.page("phone", person=labeler)
    theirs.goto(f"/projects/{project.slug}/work/")
    expect(theirs.get_by_text("No longer counts")).to_have_count(2)
    theirs.get_by_role("link", name="Notices: 1 new").click()
    expect(theirs.get_by_text("Not read")).to_be_visible()
    theirs.get_by_role("button", name="Have a look").click()
    expect(theirs).to_have_url(f"{browse.url}/projects/{project.slug}/work/")
    assert not Notice.objects.filter(read_at=None, person=labeler).exists()

    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("Answers that count again: 2")).to_be_visible()
