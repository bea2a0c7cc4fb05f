"""Every page for everyone in English; see `tests.browser.everyone`."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from annotation.task_kinds.catalog import TASK_KINDS
from tests.browser.everyone import AXE, pages, problems_of, walk

pytestmark = pytest.mark.browser


def test_every_page_is_found(house):
    of_admin, of_labeler = pages(house, house.admin), pages(house, house.labeler)
    for name in ("projects", "account"):
        assert reverse(name) in of_admin
        assert reverse(name) in of_labeler
    for slug in TASK_KINDS:
        assert reverse("label", args=[slug]) in of_labeler
    assert reverse("run", args=[house.runs[0].uid]) in of_admin
    assert len(of_admin) >= 20
    assert reverse("sign-in") in pages(house, None)


def test_every_page_is_for_everyone(browse, house):
    problems = walk(browse, house, "en")
    assert problems == {}, json.dumps(problems, indent=1)


def test_the_checks_see_what_is_wrong(browse, db):
    browse.expect(".*")
    page = browse.page()
    page.add_init_script(path=AXE)
    page.goto("/sign-in/")
    page.evaluate("""() => {
        document.querySelector("main").innerHTML = `<p>Untranslated</p>
            <p class="nowrap">${"1 ".repeat(999)}</p><img src="data:,"><p title="日本語">x</p>
            <p id="pale">1 2 3</p>`;
        document.getElementById("pale").style.color = "#ccd";
    }""")
    in_english = "\n".join(problems_of(page, "en", set()))
    for part in ("image-alt", "light color-contrast", "not en: '日本語'", "scrolls sideways"):
        assert part in in_english
    page.set_viewport_size({"width": 1280, "height": 800})
    in_japanese = "\n".join(problems_of(page, "ja", set()))
    assert "not ja: 'Untranslated'" in in_japanese
    assert "its language is not ja" in in_japanese
