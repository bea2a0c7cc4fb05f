"""The demo's lines, its table, and the words for what an interval allows to say."""

from __future__ import annotations

import io
import time

import pytest

from bench.demo_display import (
    NO_BETTER,
    Display,
    against_chance,
    interval,
    number_interval,
    percent,
)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.51, 0.9, "better than chance"),
        (0.5, 0.9, NO_BETTER),
        (0.4, 0.6, NO_BETTER),
        (0.1, 0.49, "worse than chance"),
        (None, None, NO_BETTER),
    ],
)
def test_an_interval_that_holds_half_is_chance(
    low: float | None, high: float | None, said: str
) -> None:
    assert against_chance(low, high) == said


def test_numbers_say_when_they_are_not_known() -> None:
    assert percent(None) == "not known"
    assert interval(0.5, None, None) == "50.0%"
    assert interval(0.5, 0.25, 0.75) == "50.0% (25.0 to 75.0)"
    assert number_interval(None, None, None) == "not defined"
    assert number_interval(0.2, 0.1, 0.3) == "0.20 (0.10 to 0.30)"


def test_plain_lines_when_nobody_watches() -> None:
    out = io.StringIO()
    display = Display(out)
    with display.stage("Counting", total=2) as stage:
        stage.advance()
        stage.add("sheep", "2", "white")
    (line,) = out.getvalue().splitlines()
    assert line.startswith("[ 1] Counting")
    assert " done " in line
    assert line.endswith("sheep 2")
    assert "\x1b" not in line


def test_a_failed_stage_says_so_and_passes_the_error_on() -> None:
    out = io.StringIO()
    display = Display(out)
    with pytest.raises(KeyError), display.stage("Breaking"):
        raise KeyError
    assert "failed" in out.getvalue()


def test_a_terminal_sees_how_far_a_stage_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.demo_display._BETWEEN_DRAWS", 0.001)
    out = io.StringIO()
    display = Display(out, live=True)
    with display.stage("Training") as stage:
        stage.at(1, 4, "evaluating")
        deadline = time.monotonic() + 10
        while "1/4 evaluating" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.001)
    assert "███░░░░░░░░░" in out.getvalue()
    assert "1/4 evaluating" in out.getvalue()


def test_the_table_has_every_figure_and_aligns_wide_letters() -> None:
    display = Display(io.StringIO())
    with display.stage("First") as stage:
        stage.add("日本", "1", "a")
        stage.add("four", "2", "b")
    with display.stage("Second"):
        pass
    heads, _rule, first, second, third, last = display.table().splitlines()
    assert heads.split() == ["stage", "figure", "value", "beside", "it"]
    assert first.split() == ["First", "日本", "1", "a"]
    assert second.split() == ["four", "2", "b"]
    # Two wide letters take the room of four.
    assert second.index("2") == first.index("1") + 2
    assert third.split()[:2] == ["Second", "time"]
    assert last.startswith("In all ")
