"""Results as rows beside their baselines, and settings: whatever names trainers give figures."""

from __future__ import annotations

from training import run_report
from training.models import Run
from training.run_report import result_rows


def test_intervals_are_joined_and_shares_read_in_percent() -> None:
    rows = result_rows(
        {
            "accuracy": 0.625,
            "accuracy_low": 0.55,
            "accuracy_high": 0.7,
            "accuracy_longer": 0.44,
            "pairs": 1200,
            "loss": 0.61234,
            "by_strength": {"better": {"accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}}},
            "verdict": "no number",
            "learning_rate": 1e-5,
        }
    )
    assert [(row.name, row.text, row.interval) for row in rows] == [
        ("Accuracy", "62.5%", "55.0% – 70.0%"),
        ("Choosing the longer", "44.0%", ""),
        ("Pairs", "1,200", ""),
        ("Loss", "0.6123", ""),
        ("By strength / Better / Accuracy", "50.0%", "40.0% – 60.0%"),
        ("Learning rate", "1e-05", ""),
    ]


def test_the_accuracy_chart_has_baselines_and_chance_beside_it() -> None:
    rows = result_rows(
        {"accuracy": 0.6, "accuracy_longer": 0.55, "loss": 1.5, "by_kind": {"a": {"accuracy": 1}}}
    )
    chart = run_report.accuracy_chart(rows)
    assert chart is not None
    assert [(bar["name"], bar["value"], bar["colour"]) for bar in chart["bars"]] == [
        ("Accuracy", 0.6, 0),
        ("Choosing the longer", 0.55, run_report.BASELINE_COLOUR),
    ]
    assert chart["reference"]["value"] == 0.5
    assert run_report.accuracy_chart(result_rows({"loss": 1.5})) is None


def test_a_trainers_own_sentence_is_shown() -> None:
    assert run_report.verdicts({"metrics": {"verdict": "No better than chance."}}) == [
        "No better than chance."
    ]
    assert run_report.verdicts({}) == []


def test_the_headline_prefers_the_result_to_the_latest_figures() -> None:
    run = Run(trainer="reward_model", result={}, metrics={"loss": 0.5, "held_out_accuracy": 0.6})
    assert run_report.headline(run).text == "60.0%"
    run.result = {"metrics": {"accuracy": 0.7}}
    assert run_report.headline(run).text == "70.0%"
    assert run_report.headline(Run(trainer="generate", result={}, metrics={})) is None


def test_settings_say_what_differs_from_the_default_and_hide_paths() -> None:
    config = {"trainer": "reward_model", "dataset": "/x", "epochs": 3.0, "seed": 42}
    assert run_report.settings(Run(trainer="reward_model", config=config)) == [
        ("Seed", 42, False),
        ("Epochs", 3.0, True),
    ]
    from_checkpoint = Run(trainer="reward_model", config=config | {"model": "/x"}, parent_id=1)
    assert "Model" not in {name for name, _, _ in run_report.settings(from_checkpoint)}


def test_accuracies_come_first_and_baselines_after_them() -> None:
    rows = result_rows({"pairs": 4, "loss": 0.5, "accuracy_longer": 0.5, "accuracy": 0.6})
    assert [row.key for row in run_report.telling_first(rows)] == [
        "accuracy",
        "accuracy_longer",
        "loss",
        "pairs",
    ]
