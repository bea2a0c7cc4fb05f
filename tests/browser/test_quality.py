"""The pages of quality in a browser: charts, the matrix by keyboard, on a phone and in Japanese."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from annotation.consensus import aggregating
from tests.annotation.crowds import crowd_of
from tests.browser.driving import scrolls_sideways

pytestmark = pytest.mark.browser


@pytest.fixture
def crowd(transactional_db, project_factory, person_factory):
    """A project of twelve labelers, one of whom guesses; returns it and its admin."""
    project = project_factory("essays", overlap=4, gold_rate=0)
    people = [person_factory(f"labeler-{n:02}", project, "labeler") for n in range(12)]
    accuracy = [0.55, *([0.85] * 11)]
    crowd_of(project, people, tasks=120, accuracy=accuracy, per_task=4, weeks=8)
    aggregating.refresh_consensus(project=project)
    return project, person_factory("ada", project, "admin", "researcher")


def test_the_matrix_is_walked_by_arrow_keys(browse, crowd):
    _project, admin = crowd
    page = browse.page("desktop", person=admin)
    page.goto("/projects/essays/agreement/")
    grid = page.get_by_role("grid")
    expect(grid).to_be_visible()
    assert grid.get_by_role("gridcell").count() == 12 * 12 + 1
    # One stop for Tab, the arrows go on from there.
    assert page.locator("#matrix [role=grid] [tabindex='0']").count() == 1
    page.locator("#matrix [role=grid] [tabindex='0']").focus()
    expect(page.locator("#matrix .chart-readout")).to_contain_text("labeler-")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    held = page.evaluate("document.activeElement.closest('tr').rowIndex")
    assert held == 2
    assert page.locator("#matrix [role=grid] [tabindex='0']").count() == 1


@pytest.mark.parametrize("form", ["desktop", "phone"])
def test_every_page_draws_its_charts(browse, crowd, form):
    _project, admin = crowd
    page = browse.page(form, person=admin)
    for name, charts in {"quality": 4, "agreement": 5, "over-time": 3, "disagreement": 4}.items():
        page.goto(f"/projects/essays/{name}/")
        drawn = page.locator("figure.chart :is(svg.chart-svg, .chart-matrix)")
        expect(drawn).to_have_count(charts)
        assert not scrolls_sideways(page)
        expect(page.get_by_text("As of")).to_be_visible()
