"""What a person set holds on every page at once, on the account page and from a script."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from labelers.models import Person

pytestmark = pytest.mark.browser

CHANGE = """async ([url, changes]) => {
    const { change, preferences } = await import(url);
    let refused = "";
    try { await change(changes); } catch (problem) { refused = problem.message; }
    return { refused, preferences };
}"""
SEEN = """() => {
    const seen = getComputedStyle(document.documentElement);
    return [seen.colorScheme, getComputedStyle(document.body).backgroundColor, seen.fontSize];
}"""
LIGHT, DARK = "rgb(247, 247, 245)", "rgb(21, 24, 27)"


def change(page: Page, **changes):
    return page.evaluate(CHANGE, ["/static/preferences.js", changes])


@pytest.mark.parametrize("system", ["light", "dark"])
def test_a_theme_that_was_chosen_goes_before_the_systems(browse, labeler, system):
    page = browse.page(person=labeler, color_scheme=system)
    page.goto(reverse("account"))
    assert page.evaluate(SEEN)[1] == (LIGHT if system == "light" else DARK)
    for name, ground in (("Dark", DARK), ("Light", LIGHT)):
        page.get_by_label("Colours").select_option(label=name)
        page.get_by_label("Text size").select_option(label="130%")
        with page.expect_navigation():
            page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("This is how pages look")).to_be_visible()
        assert page.evaluate(SEEN) == [name.lower(), ground, "20.8px"]


def test_a_change_from_a_script_is_seen_at_once_and_kept(browse, labeler):
    page = browse.page("phone", person=labeler)
    page.goto(reverse("projects"))
    done = change(page, theme="dark", text_size=115, submit_at_once=True)
    assert done["refused"] == ""
    assert done["preferences"]["submit_at_once"] is True
    assert page.evaluate(SEEN) == ["dark", DARK, "18.4px"]
    page.reload()
    assert page.evaluate(SEEN) == ["dark", DARK, "18.4px"]
    kept = Person.objects.get(pk=labeler.pk).preferences
    assert kept == {"theme": "dark", "text_size": 115, "submit_at_once": True}


def test_a_change_that_is_refused_leaves_everything_as_it_was(browse, labeler):
    browse.expect("status of 400", "ERR_INTERNET_DISCONNECTED")
    page = browse.page(person=labeler, color_scheme="light")
    page.goto(reverse("projects"))
    done = change(page, theme="dark", text_size=99)
    assert "text_size" in done["refused"]
    assert (done["preferences"]["theme"], done["preferences"]["text_size"]) == ("system", 100)
    assert page.evaluate(SEEN)[1] == LIGHT
    page.context.set_offline(True)
    assert change(page, theme="dark")["refused"]
    assert page.evaluate(SEEN)[1] == LIGHT
    assert Person.objects.get(pk=labeler.pk).preferences == {}
