"""Every chart has one group, and what nobody knows comes last."""

from __future__ import annotations

from training.curve_groups import BY_NAME, GROUPS, MAIN, TOGETHER, folded, group_of, rank


def test_no_chart_is_in_two_groups_and_what_is_together_has_one() -> None:
    charts = [chart for _title, known in GROUPS.values() for chart in known]
    assert len(charts) == len(set(charts))
    assert {group_of(chart) for chart in (*TOGETHER, *BY_NAME)} <= set(GROUPS) - {"more"}


def test_charts_stand_in_the_order_of_their_groups() -> None:
    assert sorted(["zebra", "grad_norms", "kl", "reward", "apple"], key=rank) == [
        *("reward", "kl", "grad_norms", "apple", "zebra")
    ]


def test_only_groups_that_have_charts_are_folded_and_never_the_main_one() -> None:
    charts = [{"id": "kl", "group": MAIN}, {"id": "time", "group": "time"}, {"id": "no group"}]
    assert folded(charts) == [{"id": "time", "title": "Time"}]
