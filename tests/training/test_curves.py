"""Charts of progress lines: which figures share a chart, how many points, how long is left."""

from __future__ import annotations

from training.curves import charts, overlaid, seconds_left, thin


def line(step, phase="train", **metrics):
    return {"step": step, "total_steps": 100, "time": 10.0 + 2 * step, "phase": phase,
            "metrics": metrics}  # fmt: skip


def test_held_out_figures_stand_beside_training_ones() -> None:
    found = charts(
        [
            line(1, loss=0.7, learning_rate=1e-4),
            line(2, loss=0.6, learning_rate=2e-4),
            line(2, held_out_loss=0.65, held_out_accuracy=0.5, held_out_accuracy_low=0.4),
            line(2, custom=3, tokens=900),
        ]
    )
    assert [chart["id"] for chart in found] == ["loss", "accuracy", "custom", "learning_rate"]
    loss, accuracy, _, _ = found
    assert [series["name"] for series in loss["series"]] == ["training", "held out"]
    assert loss["series"][0]["points"] == [(1, 0.7), (2, 0.6)]
    assert loss["series"][1]["points"] == [(2, 0.65)]
    assert (accuracy["format"], loss["format"]) == ("percent", "number")
    assert [series["name"] for series in accuracy["series"]] == ["held out"]


def test_a_later_line_of_a_step_replaces_an_earlier_one_and_broken_values_are_left_out() -> None:
    found = charts(
        [line(1, loss=9.0), line(1, loss=0.5), line(2, loss=None), {"step": None}, {"metrics": {}},
         line(3, loss=True, note="text")]
    )  # fmt: skip
    assert [series["points"] for series in found[0]["series"]] == [[(1, 0.5)]]
    assert len(found) == 1
    assert charts([]) == []


def test_thinning_keeps_ends_and_extremes() -> None:
    points = [(float(i), 0.0) for i in range(10_000)]
    points[5000] = (5000.0, 99.0)
    points[7001] = (7001.0, -99.0)
    kept = thin(points, 400)
    assert len(kept) <= 400
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert points[5000] in kept
    assert points[7001] in kept
    assert kept == sorted(kept)
    assert thin(points[:400], 400) == points[:400]


def test_time_left_is_the_pace_of_the_last_steps() -> None:
    loading = {"step": 0, "time": -1000.0, "phase": "loading"}
    assert seconds_left([loading, line(10), line(20)]) == 160
    assert seconds_left([line(10)]) is None
    assert seconds_left([]) is None
    assert seconds_left([line(20), line(20)]) is None
    assert seconds_left([{"step": 1}, {"step": 2}]) is None


def test_figures_that_are_read_against_one_another_share_a_chart() -> None:
    metrics = {"logp_chosen": -3.0, "logp_rejected": -4.0, "held_out_logp_chosen": -3.5}
    (chart,) = charts([{"step": 1, "metrics": metrics}])
    assert (chart["id"], chart["title"]) == ("logp", "Log-probabilities")
    assert [(line["name"].split(", ")[1], line["points"]) for line in chart["series"]] == [
        ("training", [(1, -3.0)]),
        ("held out", [(1, -3.5)]),
        ("training", [(1, -4.0)]),
    ]
    (alone,) = charts([{"step": 1, "metrics": {"kl_k1": 0.5}}])
    assert [line["name"] for line in alone["series"]] == ["training"]


def test_the_curves_of_runs_lie_over_one_another_where_two_have_them() -> None:
    one = [{"step": 1, "metrics": {"loss": 0.5, "grad_norm": 1.0}}]
    two = [{"step": 1, "metrics": {"loss": 0.4, "held_out_loss": 0.6}}]
    (chart,) = overlaid({"one": one, "two": two})
    assert chart["id"] == "curve-loss"
    assert [line["name"] for line in chart["series"]] == [
        *("one: training", "two: training", "two: held out")
    ]
