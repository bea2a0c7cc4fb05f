"""Figures of benchmarks: the keys, the ratio's direction, goals, and what is no figure."""

import json

import pytest

from bench.contract import KEYS, meets, ratio_of, report


def test_prints_one_line_of_json_with_the_keys_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    report("import", ours=2.0, unit="s", peer=6.0, peer_name="theirs", goal="ratio >= 2",
           higher_is_better=False, detail="日本語")  # fmt: skip
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    figure = json.loads(printed)
    assert tuple(figure) == KEYS
    assert figure["ratio"] == 3.0
    assert figure["met"] is True
    assert figure["detail"] == "日本語"


def test_without_a_peer_peer_and_ratio_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    report("page", ours=250.0, unit="ms", goal="< 200", higher_is_better=False)
    figure = json.loads(capsys.readouterr().out)
    assert figure["peer"] is None
    assert figure["ratio"] is None
    assert figure["met"] is False


def test_ratio_says_how_many_times_better() -> None:
    assert ratio_of(10, 5, higher_is_better=True) == 2
    assert ratio_of(10, 5, higher_is_better=False) == 0.5
    assert ratio_of(10, 0, higher_is_better=True) is None


@pytest.mark.parametrize(
    ("goal", "met"),
    [(">= 3", True), ("> 3", False), ("<= 3", True), ("< 3", False), ("ratio > 1.5", True)],
)
def test_goals(goal: str, met: bool) -> None:
    assert meets(goal, ours=3.0, ratio=2.0) is met


def test_a_number_is_a_bound_on_the_better_side() -> None:
    assert meets(2.0, ours=3.0, ratio=None)
    assert not meets(2.0, ours=3.0, ratio=None, higher_is_better=False)


def test_without_a_goal_nothing_is_met_or_missed(capsys: pytest.CaptureFixture[str]) -> None:
    assert report("size", ours=1.0, unit="MB", goal=None)["met"] is None
    assert json.loads(capsys.readouterr().out)["goal"] is None


def test_a_goal_on_a_ratio_that_is_not_there_is_not_met() -> None:
    assert not meets("ratio > 0", ours=3.0, ratio=None)


def test_a_goal_that_is_no_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match="comparison"):
        meets("fast", ours=3.0, ratio=None)


def test_a_figure_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        report("x", ours=float("nan"), unit="s", goal="< 1")
