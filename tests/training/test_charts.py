"""The chart module in a real browser, under a CSP that allows nothing inline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, Route, sync_playwright

STATIC = Path(__file__).resolve().parents[2] / "config" / "static"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
POLICY = "default-src 'self'"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]

LINE = {
    "id": "loss", "type": "line", "title": "Loss", "x_label": "step",
    "series": [
        {"name": "training", "points": [[1, 0.9], [2, 0.5], [3, None], [4, 0.25]]},
        {"name": "held out", "points": [[2, 0.6], [4, 0.4]]},
    ],
}  # fmt: skip
BARS = {
    "type": "bars", "title": "Accuracy", "format": "percent",
    "bars": [
        {"name": "model <b>", "value": 0.62, "low": 0.55, "high": 0.68},
        {"name": "longer", "value": None},
    ],
    "reference": {"name": "chance", "value": 0.5},
}  # fmt: skip
HISTOGRAM = {
    "type": "histogram", "title": "Lengths", "x_label": "tokens", "edges": [0, 10, 20, 40],
    "series": [{"name": "rows", "counts": [3, 0, 7]}],
}  # fmt: skip


class Site:
    """Answers a page's requests from memory and from the static folder."""

    def __init__(self) -> None:
        self.body = ""
        self.answers: list[dict[str, Any]] = []
        self.asked = 0

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix("http://charts.test")
        if path == "/":
            html = (
                '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
                '<link rel="icon" href="data:,"><link rel="stylesheet" href="/charts.css">'
                f'{self.body}<script type="module" src="/charts.js"></script></html>'
            )
            headers = {"Content-Security-Policy": f"{POLICY}; img-src data:"}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
        elif path == "/curves":
            answer = self.answers[min(self.asked, len(self.answers) - 1)]
            self.asked += 1
            route.fulfill(json=answer)
        else:
            route.fulfill(path=STATIC / path.lstrip("/"))


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def page(site) -> Iterator[Page]:
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        made = browser.new_page(viewport={"width": 390, "height": 700})
        made.on("console", lambda message: troubles.append(message.text))
        made.on("pageerror", lambda error: troubles.append(str(error)))
        made.route("http://charts.test/**", site.answer)
        yield made
        browser.close()
    assert troubles == []


def embedded(chart: dict[str, Any]) -> str:
    data = json.dumps(chart).replace("<", "\\u003C")
    return (
        f'<figure data-chart="{chart["type"]}" data-source="#data"></figure>'
        f'<script type="application/json" id="data">{data}</script>'
    )


def table_of(page: Page) -> list[list[str]]:
    page.locator("summary").click()
    page.locator("tr").first.wait_for()
    return [row.locator("th, td").all_inner_texts() for row in page.locator("tr").all()]


def test_a_line_chart_has_axes_legend_readout_and_table(page, site) -> None:
    site.body = embedded(LINE)
    page.goto("http://charts.test/")
    page.wait_for_selector("path.chart-line")
    assert page.locator("path.chart-line").count() == 2
    assert page.locator(".chart-legend li").all_inner_texts() == ["training", "held out"]
    assert page.locator("figcaption").inner_text() == "Loss"
    assert page.locator(".chart-tick").count() >= 4
    readout = page.locator(".chart-readout")
    page.locator("svg.chart-svg").focus()
    page.keyboard.press("Home")
    assert readout.inner_text() == "step 1 · training 0.9"
    page.keyboard.press("ArrowRight")
    assert readout.inner_text() == "step 2 · training 0.5 · held out 0.6"
    assert table_of(page)[:3] == [
        ["step", "training", "held out"],
        ["1", "0.9", "–"],
        ["2", "0.5", "0.6"],
    ]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_small_figures_keep_their_digits(page, site) -> None:
    points = [[1, -0.0025], [2, 0.00125], [3, 1234567.0], [4, 12345.678]]
    site.body = embedded(LINE | {"series": [{"name": "loss", "points": points}]})
    page.goto("http://charts.test/")
    page.wait_for_selector("path.chart-line")
    figures = [row[1] for row in table_of(page)[1:]]
    assert figures == ["-0.0025", "0.00125", "1.23e+6", "12,350"]


def test_bars_show_intervals_and_names_are_text(page, site) -> None:
    site.body = embedded(BARS)
    page.goto("http://charts.test/")
    page.wait_for_selector("rect.chart-bar")
    assert page.locator("rect.chart-bar").count() == 1
    assert page.locator("path.chart-interval").count() == 1
    assert page.locator(".chart-svg b").count() == 0
    assert ["model <b>", "62.0%", "55.0%", "68.0%"] in table_of(page)


def test_dots_stand_beside_one_another_with_their_intervals(page, site) -> None:
    rows = [
        {"name": "better", "note": "12", "points": [{"value": 0.7, "low": 0.6, "high": 0.8}, None]},
        {"name": "slightly", "points": [{"value": 0.5}, {"value": 0.4}]},
    ]
    site.body = embedded(
        {
            "type": "dots", "title": "Accuracy", "format": "percent", "rows": rows,
            "series": ["model", "longer"], "note_label": "Pairs",
            "reference": {"name": "chance", "value": 0.5},
        }
    )  # fmt: skip
    page.goto("http://charts.test/")
    page.wait_for_selector("svg.chart-svg path.chart-dot")
    assert page.locator("svg.chart-svg path.chart-dot").count() == 3
    assert page.locator("path.chart-interval").count() == 1
    assert page.locator(".chart-legend li").all_inner_texts() == ["model", "longer", "chance 50.0%"]
    assert table_of(page) == [
        ["Name", "model", "Lower limit", "Upper limit", "longer", "Pairs"],
        ["better", "70.0%", "60.0%", "80.0%", "–", "12"],
        ["slightly", "50.0%", "–", "–", "40.0%", ""],
    ]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_histogram_counts(page, site) -> None:
    site.body = embedded(HISTOGRAM)
    page.goto("http://charts.test/")
    page.wait_for_selector("rect.chart-bar")
    heights = [float(bar.get_attribute("height")) for bar in page.locator("rect.chart-bar").all()]
    assert heights[1] == 0
    assert heights[0] / heights[2] == pytest.approx(3 / 7)
    assert table_of(page)[3] == ["20 – 40", "7"]


def test_an_empty_chart_says_so(page, site) -> None:
    site.body = embedded(LINE | {"series": []})
    page.goto("http://charts.test/")
    assert page.locator(".chart-empty").inner_text() == "No figures yet."


def test_a_live_set_grows_until_it_is_told_to_stop(page, site) -> None:
    words = json.dumps({"empty": "まだありません。"})
    site.body = f"<div data-chart-set data-source='/curves' data-poll='0.6' data-words='{words}'>"
    other = LINE | {"id": "accuracy", "title": "Accuracy", "format": "percent"}
    site.answers = [
        {"charts": [], "live": True},
        {"charts": [LINE], "live": True},
        {"charts": [LINE, other], "live": False},
    ]
    page.goto("http://charts.test/")
    page.get_by_text("まだありません。").wait_for()
    page.wait_for_selector("figure:nth-of-type(2) path.chart-line")
    assert page.locator("figcaption").all_inner_texts() == ["Loss", "Accuracy"]
    assert page.locator(".chart-empty").count() == 0
    page.wait_for_timeout(1500)
    assert site.asked == 3


def test_a_mean_stands_before_its_points(page, site) -> None:
    mean = {"name": "training, mean of 5", "points": [[1, 0.9], [2, 0.7], [4, 0.5]]}
    series = [{"name": "training", "points": LINE["series"][0]["points"], "average": mean}]
    site.body = embedded(LINE | {"series": series})
    page.goto("http://charts.test/")
    page.wait_for_selector("path.chart-line")
    assert page.locator("path.chart-line").count() == 2
    assert page.locator("path.chart-behind").count() == 1
    assert page.locator(".chart-legend li").all_inner_texts() == ["training, mean of 5"]
    assert table_of(page)[:2] == [["step", "training", "training, mean of 5"], ["1", "0.9", "0.9"]]


def test_a_stack_lies_on_top_of_one_another(page, site) -> None:
    series = [
        {"name": "generating", "points": [[1, 3], [2, 1]]},
        {"name": "learning", "points": [[1, 1], [2, 1]]},
    ]
    site.body = embedded({"type": "stack", "title": "Seconds", "x_label": "step", "series": series})
    page.goto("http://charts.test/")
    page.wait_for_selector("rect.chart-bar")
    bars = page.locator(".chart-svg rect.chart-bar").all()
    edges = [[float(bar.get_attribute(name)) for name in ("y", "height")] for bar in bars]
    assert edges[0][1] == pytest.approx(3 * edges[1][1])
    assert edges[1][0] + edges[1][1] == pytest.approx(edges[0][0])
    assert page.locator(".chart-legend li").all_inner_texts() == ["generating", "learning"]
    assert table_of(page) == [["step", "generating", "learning"], ["1", "3", "1"], ["2", "1", "1"]]


def test_folded_groups_are_drawn_when_they_are_opened(page, site) -> None:
    site.body = "<div data-chart-set data-source='/curves'></div>"
    folded = LINE | {"id": "grad_norm", "title": "Gradient", "group": "learning"}
    groups = [{"id": "learning", "title": "The learning itself"}]
    site.answers = [{"charts": [LINE, folded], "groups": groups, "live": False}]
    page.goto("http://charts.test/")
    page.wait_for_selector("path.chart-line")
    gradient = page.locator("details.chart-group figcaption")
    assert gradient.is_hidden()
    page.get_by_text("The learning itself").click()
    page.locator("details.chart-group path.chart-line").first.wait_for()
    assert gradient.all_inner_texts() == ["Gradient"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
