"""Results as rows, the data report, samples: whatever names the trainers give their figures."""

from __future__ import annotations

import json

import pytest

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


def test_an_evaluation_is_broken_down_where_there_is_more_than_one_part(tmp_path) -> None:
    assert run_report.breakdowns(tmp_path) == []
    figures = {"accuracy": 0.6, "accuracy_low": 0.5, "accuracy_high": 0.7, "pairs": 40}
    report = {
        "overall": figures,
        "by_strength": {"better": figures, "slightly": figures | {"accuracy": 0.55, "pairs": 9}},
        "by_language": {"en": figures},
    }
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "report.json").write_text(json.dumps(report))
    ((title, rows),) = run_report.breakdowns(tmp_path)
    assert title == "By strength"
    assert [(name, row.text, row.interval, pairs) for name, row, pairs in rows] == [
        ("Better", "60.0%", "50.0% – 70.0%", 40),
        ("Slightly better", "55.0%", "50.0% – 70.0%", 9),
    ]


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


@pytest.mark.parametrize("text", ["{broken", "[1]", None])
def test_a_missing_or_broken_data_report_shows_nothing(tmp_path, text) -> None:
    if text is not None:
        (tmp_path / "data_report.json").write_text(text)
    assert run_report.data_report(tmp_path) == []


def test_a_data_report_is_flattened(tmp_path) -> None:
    report = {
        "dataset": "/x",
        "rows_kept": 1000,
        "dropped": {"too_long": 3},
        "seen": [1, 2],
        "refusals": [],
        "lengths": {"to 64": 5, "to 128": 0},
        "nothing": None,
    }
    (tmp_path / "data_report.json").write_text(json.dumps(report))
    assert run_report.data_report(tmp_path) == [
        ("Rows kept", "1,000"),
        ("Dropped / Too long", "3"),
        ("Seen", "1, 2"),
        ("Lengths / Up to 64", "5"),
    ]


def test_samples_may_be_texts_or_messages() -> None:
    message = {"role": "user", "content": "Hello?"}
    found = run_report.samples(
        [{"step": 3, "prompt": [message], "response": "Hi."}, {"text": "plain"}, {"step": 4}]
    )
    assert [(s.step, s.prompt, s.response) for s in found] == [
        (3, [message], [{"role": "assistant", "content": "Hi."}]),
        (None, [{"role": "user", "content": ""}], [{"role": "assistant", "content": "plain"}]),
    ]
