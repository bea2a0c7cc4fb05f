"""Every page at both widths: no complaint, no sideways scrolling, named and reachable controls."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotation import configuring
from annotation.consensus import aggregating
from annotation.models import ImportBatch
from exports import snapshotting
from labelers import inviting
from labelers.models import Person
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks
from tests.browser.driving import scrolls_sideways
from training.queueing import request_run

pytestmark = pytest.mark.browser

NAMELESS = """() => [...document.querySelectorAll("input, select, textarea, button, a[href]")]
    .filter((e) => e.type !== "hidden" && e.checkVisibility())
    .filter((e) => {
        const labels = [...(e.labels ?? [])].map((label) => label.innerText).join("");
        const own = e.matches("button, a") ? e.innerText : "";
        return !(labels + own + (e.ariaLabel ?? "")).trim() && !e.getAttribute("aria-labelledby");
    })
    .map((e) => e.outerHTML.slice(0, 120))"""

# A group of radio buttons is one stop; what lies in a closed <details> is none.
CONTROLS = """() => {
    const seen = new Set();
    window.controls = [...document.querySelectorAll(
        `a[href], button:not(:disabled), input:not([type=hidden], :disabled),
        select, textarea, summary`
    )].filter((e) => e.checkVisibility()).filter((e) => {
        if (e.type !== "radio") return true;
        const fresh = !seen.has(e.name);
        seen.add(e.name);
        return fresh;
    });
    return controls.length;
}"""
FOCUSED = """() => {
    const e = document.activeElement;
    const marks = [e, e.closest("label")].filter(Boolean);
    const seen = marks.some((m) => getComputedStyle(m).outlineStyle !== "none");
    const same = (c) => c === e || (e.type === "radio" && c.name === e.name);
    return [controls.findIndex(same), seen || e === document.body, e.outerHTML.slice(0, 120)];
}"""


def reached_by_tab(page: Page) -> tuple[set[int], list[str]]:
    """The controls that Tab comes to, and those that do not show that they have the focus."""
    count = page.evaluate(CONTROLS)
    reached, unmarked = set(), []
    for _ in range(2 * count + 20):
        page.keyboard.press("Tab")
        index, marked, html = page.evaluate(FOCUSED)
        if index >= 0:
            reached.add(index)
            if not marked:
                unmarked.append(html)
        if len(reached) == count:
            break
    return set(range(count)) - reached, unmarked


@pytest.fixture
def filled(project, admin, engineer, labeler, person_factory, project_factory):
    """A project in which everything happened once, and one in which nothing did."""
    make_tasks(project, 6)
    for person, answers in {
        labeler: [A_IS_BETTER, B_IS_BETTER, TIE],
        person_factory("botan", project, "labeler"): [B_IS_BETTER],
    }.items():
        for answer in answers:
            answer_next(person, project, answer)
    aggregating.refresh_consensus(project=project)
    configuring.publish_guidelines(project=project, text="Be **kind**.", created_by=admin)
    inviting.invite(project=project, role="labeler", created_by=admin, note="for Hanako")
    asked = snapshotting.request_snapshot(project=project, created_by=engineer, name="May")
    snapshot = snapshotting.build_snapshot(snapshot_uid=asked.uid)
    run = request_run(
        project=project,
        created_by=engineer,
        trainer="reward_model",
        name="first",
        config={"model": "tiny", "max_steps": 3},
        snapshot=snapshot,
    )
    batch = ImportBatch.objects.create(
        project=project,
        file_name="a-very-long-file-name-" * 8 + ".jsonl",
        format="accord",
        state="failed",
        error="1 of 2 rows are bad, so nothing was kept.",
        size=2,
        rows_total=2,
        rows_bad=1,
        problems=[{"line": 2, "field": "prompt", "problem": "give a list of messages."}],
    )
    # One person who may open everything.
    for role in ("engineer", "labeler"):
        admin.memberships.create(project=project, role=role)
    empty = project_factory("nothing-yet", gold_rate=0)
    admin.memberships.create(project=empty, role="admin")
    Person.objects.filter(pk=admin.pk).update(is_staff=True)
    return SimpleNamespace(project=project, snapshot=snapshot, run=run, batch=batch, empty=empty)


def addresses(filled) -> list[str]:
    slug, run = filled.project.slug, filled.run.uid
    of_project = ["project", "data", "quality", "snapshots", "runs", "run-new", "people", "label"]
    of_empty = ["project", "data", "quality", "snapshots", "runs", "label"]
    return [
        *map(reverse, ("projects", "project-new", "account")),
        *(reverse(name, args=[slug]) for name in of_project),
        *(reverse(name, args=[filled.empty.slug]) for name in of_empty),
        reverse("import", args=[slug, filled.batch.uid]),
        reverse("snapshot", args=[filled.snapshot.uid]),
        reverse("run", args=[run]),
        reverse("run-new", args=[slug]) + "?trainer=reward_model",
    ]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_every_page_fits_is_named_and_reachable_by_tab(browse, filled, admin, size):
    page = browse.page(size, person=admin)
    for address in addresses(filled):
        page.goto(address)
        # What a page fetches as it opens replaces controls.
        expect(page.locator(".htmx-request")).to_have_count(0)
        if address.endswith("/label/"):
            expect(page.locator("#item, #empty").locator("visible=true")).to_have_count(1)
        assert not scrolls_sideways(page), address
        assert page.evaluate(NAMELESS) == [], address
        assert page.evaluate("document.querySelectorAll('main h1').length") == 1, address
        if size == "desktop":
            assert reached_by_tab(page) == (set(), []), address


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_signing_in_and_out(browse, project, labeler, admin, size):
    browse.expect("status of 403")
    page = browse.page(size)
    page.goto(f"/projects/{project.slug}/quality/")
    assert "/sign-in/" in page.url
    assert page.evaluate(NAMELESS) == []
    assert not scrolls_sideways(page)
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill("a long phrase")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Agreement between labelers")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("aiko")
    page.get_by_label("Password").fill("a long phrase")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Start labeling")).to_be_visible()
    # What is not for labelers says so on a page with a way back.
    page.goto(f"/projects/{project.slug}/quality/")
    assert not scrolls_sideways(page)
    page.get_by_role("link", name="To your projects").click()
    expect(page.get_by_role("link", name="Start labeling")).to_be_visible()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_coming_in_by_an_invitation_and_labeling_at_once(browse, project, admin, size):
    make_tasks(project, 1)
    _made, token = inviting.invite(project=project, role="labeler", created_by=admin)
    page = browse.page(size)
    page.goto(reverse("invitation", args=[token]))
    assert page.evaluate(NAMELESS) == []
    assert not scrolls_sideways(page)
    page.get_by_label("Name to sign in with").fill("hanako")
    page.get_by_label("Password").fill("12345678")
    page.get_by_role("button", name="Make my account").click()
    expect(page.locator(".errorlist")).to_be_visible()
    page.get_by_label("Password").fill("quiet river stone")
    page.get_by_role("button", name="Make my account").click()
    page.get_by_role("link", name="Start labeling").click()
    expect(page.locator("#item")).to_be_visible()


def test_a_link_for_one_labeler_is_shown_once(browse, project, admin):
    page = browse.page("phone", person=admin)
    page.goto(reverse("people", args=[project.slug]))
    page.get_by_role("button", name="Make a link").tap()
    link = page.locator(".secret").inner_text()
    assert not scrolls_sideways(page)
    page.get_by_role("link", name="People").tap()
    expect(page.locator(".secret")).to_have_count(0)
    visitor = browse.page("phone")
    visitor.goto(link)
    expect(visitor.get_by_role("button", name="Make my account")).to_be_visible()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_api_documentation_opens_at_an_endpoint(browse, labeler, size):
    page = browse.page(size, person=labeler)
    page.goto(reverse("api-docs"))
    assert page.evaluate(NAMELESS) == []
    assert not scrolls_sideways(page)
    page.goto(reverse("api-docs") + "#projects_labeling_next_create")
    opened = page.locator("details[open]")
    expect(opened).to_have_count(1)
    expect(opened.locator("summary")).to_be_in_viewport()
    expect(opened.locator("summary")).to_contain_text("/api/v1/projects/{slug}/labeling/next/")
    expect(opened.locator("pre")).to_contain_text("Authorization: Bearer")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert not scrolls_sideways(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_api_documentation_is_found_by_words_and_needs_no_script(browse, labeler, scripts):
    page = browse.page(person=labeler, java_script_enabled=scripts)
    page.goto(reverse("api-docs"))
    shown = page.locator(".operation").locator("visible=true")
    every = shown.count()
    assert every > 40
    find = page.get_by_role("searchbox", name="Find an endpoint")
    if scripts:
        find.fill("DELETE tokens")
        expect(shown).to_have_count(1)
        expect(page.locator("#found")).to_have_text(f"Shown: 1 of {every}")
        expect(page.locator(".api-groups > section").locator("visible=true")).to_have_count(1)
        find.fill("")
        expect(shown).to_have_count(every)
    else:
        expect(find).to_have_count(0)
    page.get_by_role("link", name="DELETE /api/v1/tokens/{id}/").click()
    expect(page.locator("#tokens_destroy")).to_be_visible()
