"""What was solved as charts: two models beside one another, what is missing left out."""

from __future__ import annotations

from training.solve_charts import charts


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def solved(accuracy: float) -> dict[str, dict[str, object]]:
    return {
        "overall": {"accuracy": figure(accuracy), "format": figure(0.5), "mean_tokens": figure(60)},
        "pass_at_k": {"8": figure(0.9), "1": figure(accuracy)},
        "reflective": {"wait": figure(0.3)},
    }


def test_two_models_stand_in_every_chart() -> None:
    report = {"kind": "solve", "solved": solved(0.4), "baseline": solved(0.3)}
    shares, passed, words = charts(report)
    assert (shares["series"], shares["format"]) == (["this model", "compared with"], "percent")
    assert [row["name"] for row in shares["rows"]] == ["Accuracy", "Format"]
    assert shares["rows"][0]["points"] == [figure(0.4), figure(0.3)]
    assert [line["name"] for line in passed["series"]] == ["this model", "compared with"]
    assert passed["series"][0]["points"] == [[1, 0.4], [8, 0.9]]
    assert passed["series"][0]["band"][0] == [1, figure(0.4)["low"], 0.5]
    assert [row["name"] for row in words["rows"]] == ["wait"]


def test_what_a_report_lacks_is_not_drawn() -> None:
    report = {"kind": "solve", "solved": {"overall": {"accuracy": 0.25}}, "baseline": None}
    (shares,) = charts(report)
    assert shares["series"] == ["this model"]
    assert shares["rows"] == [{"name": "Accuracy", "points": [{"value": 0.25}]}]
    assert charts({"kind": "solve"}) == []
