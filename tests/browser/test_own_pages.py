"""The pages of labelers and of those who run a project, full and empty, at both widths."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation import assigning, configuring, guiding, reporting
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import qualifying
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks
from tests.browser.driving import scrolls_sideways
from tests.browser.test_pages import NAMELESS, reached_by_tab

pytestmark = pytest.mark.browser

ITEM = "an injury, " * 60


@pytest.fixture
def full(project, admin, labeler, project_factory):
    """A project with work, changed guidelines and reports; beside it one that is all but empty."""
    make_tasks(project, 3)
    answer_next(labeler, project, A_IS_BETTER, seconds=12.0)
    for text in ("Be **kind**.", "Be **kind**.\n\n" + "x" * 300):
        configuring.publish_guidelines(project=project, text=text, note="More.", created_by=admin)
        if text.endswith("."):
            guiding.read_guidelines(project=project, person=labeler, version=1)
    for reason in ("disturbing", "other"):
        assignment = assigning.next_assignment(project=project, person=labeler)
        made = reporting.report(
            assignment_id=assignment.pk, person=labeler, reason=reason, note=ITEM
        )
        assigning.skip(assignment_id=assignment.pk, person=labeler)
    reporting.decide(report=made, decided_by=admin, decision="retire")
    bare = project_factory("bare", kind="rating")
    for person, role in ((labeler, "labeler"), (admin, "admin")):
        bare.memberships.create(person=person, role=role)
    qualifying.record_stage(
        project=bare, person=labeler, stage="suspended", recorded_by=admin, reason="Too fast."
    )
    admin.is_staff = True
    admin.save()
    return project


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("name", ["labeler", "admin"])
def test_every_page_fits_is_named_and_reachable_by_tab(request, browse, full, size, name):
    page = browse.page(size, person=request.getfixturevalue(name))
    tabs = ["project", "work", "guidelines"]
    tabs += [] if name == "labeler" else ["reports", "settings"]
    addresses = [reverse(tab, args=[slug]) for tab in tabs for slug in ("essays", "bare")]
    addresses += [reverse("projects"), reverse("guidelines", args=["essays"]) + "?version=1"]
    if name == "admin":
        addresses += [f"{reverse('project-new')}?kind={kind}" for kind in ("", *TASK_KINDS)]
    for address in addresses:
        page.goto(address)
        assert not scrolls_sideways(page), address
        assert page.evaluate(NAMELESS) == [], address
        assert page.evaluate("document.querySelectorAll('main h1').length") == 1, address
        if size == "desktop":
            assert reached_by_tab(page) == (set(), []), address


def test_the_tab_says_how_many_items_wait(browse, full, admin):
    page = browse.page("phone", person=admin)
    # A page of another app, too.
    for tab in ("project", "snapshots"):
        page.goto(reverse(tab, args=["essays"]))
        expect(page.get_by_role("link", name="Reports 1 item waits")).to_be_visible()
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_text("Answer 0 to")).to_be_hidden()
    page.get_by_text("Show the text").click()
    expect(page.get_by_text("Answer 0 to")).to_be_visible()
    page.get_by_role("button", name="Cover it first").click()
    expect(page.get_by_text("Nothing is waiting for a decision.")).to_be_visible()


def test_a_labeler_reads_what_changed_and_says_so(browse, full, labeler):
    page = browse.page("phone", person=labeler)
    page.goto(reverse("projects"))
    page.get_by_role("link", name="The guidelines changed").click()
    expect(page.locator("ins")).to_have_count(2)
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_text("you have read version 2")).to_be_visible()
    expect(page.get_by_role("button", name="I have read this")).to_have_count(0)
