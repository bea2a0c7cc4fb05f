"""Reports as charts: parts beside baselines, calibration beside the diagonal, gaps left out."""

from __future__ import annotations

from training.evaluation_charts import accuracy_by, calibration_of, charts, overall

BETTER = {"accuracy": 0.7, "accuracy_low": 0.6, "accuracy_high": 0.8, "accuracy_longer": 0.4}
SLIGHTLY = {"accuracy": 0.55, "accuracy_low": 0.4, "accuracy_high": 0.7, "accuracy_longer": None}
BIN = {"low": 0.5, "high": 0.6, "predicted": 0.55, "observed": 0.5, "pairs": 12}


def by_id(report):
    return {chart["id"]: chart for chart in charts(report)}


def test_a_report_is_drawn_part_by_part_and_what_it_lacks_is_not() -> None:
    report = {
        "overall": BETTER | {"accuracy_first": 0.51},
        "by_strength": {"better": BETTER | {"pairs": 1200}, "slightly": SLIGHTLY | {"pairs": 9}},
        "by_language": {"en": BETTER},
        "held_out_labelers": {"held_out": {"accuracy": 0.6, "accuracy_others": 0.7}},
        "calibration": {"bins": [BIN]},
        "length": {"bins": [{"low": 0, "high": 10, "mean": 1.5, "mean_low": 1}], "unit": "tokens"},
    }
    drawn = by_id(report)
    assert list(drawn) == [
        *("overall", "calibration", "calibration_pairs", "by_strength", "held_out_labelers"),
        "length",
    ]
    strength = drawn["by_strength"]
    assert strength["series"] == ["Accuracy", "Choosing the longer"]
    assert [(row["name"], row["note"]) for row in strength["rows"]] == [
        ("Better", "1,200"),
        ("Slightly better", "9"),
    ]
    assert strength["rows"][0]["points"] == [
        {"value": 0.7, "low": 0.6, "high": 0.8},
        {"value": 0.4},
    ]
    assert strength["rows"][1]["points"][1] is None
    assert drawn["length"]["series"][0]["points"] == [[5, 1.5]]
    assert drawn["length"]["series"][0]["band"] == [[5, 1, None]]
    assert charts({}) == []
    assert charts({"overall": None, "calibration": {"bins": "?"}, "by_kind": ["a"]}) == []


def test_the_calibration_has_the_diagonal_beside_it_and_its_counts() -> None:
    bins = [BIN, BIN | {"low": 0.9, "high": 1.0, "predicted": 0.95, "observed": 0.8, "pairs": 3}]
    chart = calibration_of({"a": {"bins": bins}, "b": None})
    assert chart is not None
    curve, diagonal = chart["series"]
    assert curve["points"] == [[0.55, 0.5], [0.95, 0.8]]
    assert diagonal["points"] == [[0.55, 0.55], [0.95, 0.95]]
    counts = by_id({"calibration": {"bins": bins}})["calibration_pairs"]
    assert [(bar["name"], bar["value"]) for bar in counts["bars"]] == [
        ("50% – 60%", 12),
        ("90% – 100%", 3),
    ]


def test_several_runs_share_a_chart_and_keep_their_names() -> None:
    parts = {"better": BETTER, "slightly": SLIGHTLY}
    chart = accuracy_by("by_strength", {"one": parts, "two": {"better": SLIGHTLY}})
    assert chart is not None
    assert chart["series"] == ["one", "two"]
    assert [[point and point["value"] for point in row["points"]] for row in chart["rows"]] == [
        [0.7, 0.55],
        [0.55, None],
    ]
    whole = overall({"one": BETTER, "two": SLIGHTLY, "three": None})
    assert whole is not None
    assert [row["name"] for row in whole["rows"]] == ["one", "two", "Choosing the longer"]


def test_members_without_names_go_by_their_numbers() -> None:
    (chart,) = charts({"members": [BETTER, SLIGHTLY]})
    assert [row["name"] for row in chart["rows"]] == ["1", "2"]
