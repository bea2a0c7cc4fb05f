"""The benchmark of the labeling page: what it labels and what it reports."""

from __future__ import annotations

import json
import sys

import pytest

from bench import labeling_page
from bench.labeling_browser import FAR, LOCAL, SLOW, Labeled, chromium
from bench.labeling_page import WORDS


def test_items_are_of_the_length_that_is_said_and_none_is_twice_the_same():
    made = list(labeling_page.rows(40))
    prompts = {row["prompt"][0]["content"] for row in made}
    assert len(prompts) == 40
    for row in made:
        one, another = (found["messages"][0]["content"] for found in row["responses"])
        assert one != another
        assert abs(len(one.split()) - WORDS) < WORDS / 10
    assert made == list(labeling_page.rows(40))


def test_the_slow_setting_has_the_plain_names(capsys):
    found = {
        LOCAL: Labeled([10.0, 20.0, 30.0], 1, 10, 5),
        FAR: Labeled([20.0, 30.0, 40.0], 1, 10, 305),
        SLOW: Labeled([100.0, 200.0, 300.0], 1.5, 4000.4, 310),
    }
    labeling_page.report_times(found)
    labeling_page.report_costs(found[SLOW], {"http://x/a.js": b"a" * 100_000, "http://x/b.js": b""})
    figures = {
        figure["name"]: figure for figure in map(json.loads, capsys.readouterr().out.splitlines())
    }
    assert figures["next_p50_ms"]["ours"] == 200
    assert figures["next_p50_ms_local"]["ours"] == 20
    assert figures["next_p95_ms"]["met"] is False
    assert figures["next_p95_ms_local"]["met"] is True
    assert "a request: 305 ms" in figures["next_p95_ms"]["detail"]
    assert 0 < figures["js_kb_gzip"]["ours"] < 1
    assert figures["requests_per_item"]["ours"] == 1.5
    assert figures["bytes_per_item"]["ours"] == 4000


def test_without_a_browser_it_says_what_to_do(monkeypatch):
    monkeypatch.setenv("ACCORD_CHROMIUM", "/no/such/program")
    with pytest.raises(SystemExit, match="ACCORD_CHROMIUM"):
        chromium()
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(SystemExit, match=r"requirements-dev\.lock"):
        chromium()
