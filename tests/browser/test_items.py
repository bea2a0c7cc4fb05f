"""The items of a project in a browser: narrowing the list, and one item, on a desk and a phone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.driving import scrolls_sideways
from tests.browser.everyone import AXE, problems_of
from tests.browser.furnishing_items import furnish_items

pytestmark = pytest.mark.browser


@pytest.fixture
def house(transactional_db, person_factory, project_factory):
    found = SimpleNamespace(admin=person_factory("άδα"))
    furnish_items(found, project_factory)
    return found


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_the_list_is_narrowed_and_an_item_opened(browse, house, device):
    page = browse.page(device, person=house.admin)
    page.goto("/projects/crowd/items/")
    rows = page.locator(".explored > li")
    expect(rows).to_have_count(16)
    page.get_by_text("Narrow the list").click()
    page.get_by_label("Labeler", exact=True).fill("i:εργάτης 1/α&β")
    page.get_by_label("Said").select_option("tie")
    page.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(8)
    page.get_by_role("link", name="Said: neither is better").click()
    expect(rows).to_have_count(16)
    assert not scrolls_sideways(page)
    rows.first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Answers")).to_be_visible()
    expect(page.get_by_text("εργάτης 3/α&β")).to_be_visible()
    assert not scrolls_sideways(page)


def test_the_pages_are_for_everyone(browse, house):
    page = browse.page(person=house.admin)
    page.add_init_script(path=AXE)
    gold, plain = (f"/projects/crowd/items/{task.pk}/" for task in house.crowd)
    for address in (
        *("/projects/crowd/items/", "/projects/crowd/items/?order=disagreement"),
        *("/projects/crowd/items/?tag=x", gold, plain),
    ):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(address)
        found = [p for p in problems_of(page, "en", set()) if not p.startswith("not ")]
        assert found == []
