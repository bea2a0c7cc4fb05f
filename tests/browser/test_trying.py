"""An admin answers on the labeling page as a labeler would, and nothing of it stays anywhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation.models import Assignment, Judgment
from tests.annotation.making import make_tasks
from tests.browser.driving import prompt, wait_for_next, waiting

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_what_is_tried_is_forgotten(browse, transactional_db, project, admin, size):
    make_tasks(project, 4)
    page = browse.page(size, person=admin)
    page.goto(f"/projects/{project.slug}/trial/work/")
    expect(page.locator("#item")).to_be_visible()
    expect(page.get_by_role("note")).to_contain_text("You see this as a labeler would")
    said = prompt(page)
    page.locator("#answer-form button, #answer-form label").first.click()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait_for_next(page, said)
    page.keyboard.press("u")
    expect(page.locator("#status")).to_contain_text("nothing to take back")
    page.wait_for_load_state("networkidle")
    assert waiting(page) == 0
    assert not Assignment.objects.exists()
    assert not Judgment.objects.exists()
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('accord:'))") == []
