"""The page of consensus in a browser: charts, items behind figures, no wider than a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.driving import scrolls_sideways
from tests.browser.furnishing_consensus import furnish_consensus

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_charts_are_drawn_and_items_are_near(browse, person_factory, project_factory, device):
    admin = person_factory("άδα")
    furnish_consensus(person_factory, project_factory, admin)
    page = browse.page(device, person=admin)
    page.goto("/projects/weighed/consensus/")
    expect(page.locator("figure .chart-dot").first).to_be_visible()
    expect(page.locator("figure", has_text="τίμων").locator(".chart-interval")).to_have_count(3)
    assert not scrolls_sideways(page)
    page.get_by_text("Items with undecided comparisons").click()
    expect(page.locator("details[open] a").first).to_be_visible()
