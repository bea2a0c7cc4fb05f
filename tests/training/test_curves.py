"""Charts of progress lines: which figures share a chart, how many points, how long is left."""

from __future__ import annotations

from training.curves import answer, charts, overlaid, seconds_left


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
    assert [chart["id"] for chart in found] == ["loss", "accuracy", "learning_rates", "custom"]
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


def test_what_matters_is_seen_at_once_and_the_rest_is_folded() -> None:
    names = ["grad_norm", "made_up", "reward", "seconds_learn", "length"]
    made = charts([line(1, **dict.fromkeys(names, 1.0))])
    assert [(chart["id"], chart["group"]) for chart in made] == [
        ("reward", "main"),
        ("length", "responses"),
        ("grad_norms", "learning"),
        ("time", "time"),
        ("made_up", "more"),
    ]
    groups = answer(made, live=False)["groups"]
    assert [group["id"] for group in groups] == ["responses", "learning", "time", "more"]


def test_held_out_figures_have_their_interval_where_they_are_drawn() -> None:
    figures = {"held_out_reward": 1.0, "held_out_reward_low": 0.5, "held_out_reward_high": 1.5}
    (chart,) = charts([line(0, **figures), line(9, **(figures | {"held_out_reward": 1.2}))])
    assert chart["series"][0]["band"] == [[0, 0.5, 1.5], [9, 0.5, 1.5]]
    (chart,) = charts([line(0, held_out_reward=1.0), line(9, **figures)])
    assert "band" not in chart["series"][0]


def test_a_noisy_curve_gets_a_mean_and_a_smooth_one_does_not() -> None:
    noisy, smooth = charts([line(n, reward=n % 2, loss=1 / (1 + n)) for n in range(100)])[::-1]
    (series,) = noisy["series"]
    assert series["average"]["name"] == "training, mean of 10"
    assert series["average"]["points"][-1] == (99, 0.5)
    assert "average" not in smooth["series"][0]


def test_the_reward_is_drawn_against_the_root_of_the_kl() -> None:
    steps = [(0, 0.0, 0.1, 0.2), (10, 2.0, 0.9, 0.4), (20, 1.5, 0.8, 0.3)]
    made = charts(
        line(step, held_out_sqrt_kl=root, held_out_reward=reward, held_out_unseen_reward=unseen)
        for step, root, reward, unseen in steps
    )
    found = {chart["id"]: chart for chart in made}
    assert list(found) == ["reward", "reward_by_kl", "unseen_reward", "unseen_reward_by_kl"]
    drawn = found["reward_by_kl"]
    assert (drawn["title"], drawn["x_label"]) == ("Reward against √KL", "√KL")
    # In the order of the steps: the way of the policy may turn back.
    assert drawn["series"][0]["points"] == [(0.0, 0.1), (2.0, 0.9), (1.5, 0.8)]


def test_the_phases_of_a_step_lie_on_top_of_one_another() -> None:
    (chart,) = charts(
        [line(n, seconds_generate=2.0, seconds_score=0.5, seconds_learn=1.0) for n in range(600)]
    )
    assert (chart["id"], chart["type"], chart["group"]) == ("time", "stack", "time")
    assert [len(series["points"]) for series in chart["series"]] == [60, 60, 60]
    assert [series["points"][0][1] for series in chart["series"]] == [2.0, 0.5, 1.0]
    assert (
        overlaid({"one": [line(1, seconds_learn=1.0)], "two": [line(1, seconds_learn=2.0)]}) == []
    )


def test_rewards_by_name_share_a_chart() -> None:
    (chart,) = charts([line(1, **{"reward/my_rule": 0.1, "reward/exact_answer": 1.0})])
    assert (chart["id"], chart["title"]) == ("reward/", "Rewards by name")
    assert [series["name"].split(",")[0] for series in chart["series"]] == [
        *("Reward: my_rule", "Reward: exact_answer")
    ]
