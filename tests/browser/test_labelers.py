"""The pages of labelers in a browser: tables sort, charts draw, buttons do what they say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from labelers.models import Qualification
from tests.browser.driving import scrolls_sideways
from tests.browser.furnishing_watching import furnish_watching

pytestmark = pytest.mark.browser


@pytest.fixture
def house(transactional_db, person_factory):
    found = SimpleNamespace(admin=person_factory("άδα"))
    furnish_watching(found, person_factory)
    return found


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_from_the_table_to_one_and_back_to_work(browse, house, size):
    page = browse.page(size, person=house.admin)
    page.goto("/projects/watched/labelers/")
    expect(page.locator("tbody tr")).to_have_count(6)
    assert not scrolls_sideways(page)
    page.get_by_role("link", name="Gold score").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Gold score")
    expect(page.locator("tbody tr").first).to_contain_text("λ5")
    page.locator("tbody tr").first.get_by_role("link").click()
    expect(page.locator("figure svg.chart-svg")).to_have_count(2)
    assert not scrolls_sideways(page)
    expect(page.locator(".signals .badge.warn").first).to_be_visible()
    page.locator(".signals summary").first.click()
    expect(page.locator(".behind a").first).to_be_visible()
    page.get_by_role("button", name="Let them work again").click()
    expect(page.get_by_text("may work again and was told")).to_be_visible()
    assert not Qualification.objects.filter(stage="suspended").exists()
    page.get_by_label("Why").first.fill("Please call us.")
    page.get_by_role("button", name="Pause this labeler").click()
    expect(page.get_by_text("is paused and was told")).to_be_visible()
