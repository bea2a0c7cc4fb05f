"""The table that `evaluate` prints."""

from __future__ import annotations

from training.trainers.evaluation.report_table import report_table


def figures(accuracy: float, pairs: int) -> dict[str, object]:
    return {
        "accuracy": accuracy, "accuracy_low": accuracy - 0.1, "accuracy_high": accuracy + 0.1,
        "accuracy_longer": 0.44, "accuracy_shorter": 0.56, "accuracy_first": None, "pairs": pairs,
        "prompts": pairs,
    }  # fmt: skip


def test_every_part_has_its_line() -> None:
    text = report_table(
        {
            "verdict": "70.0% (60.0% to 80.0%): better than chance.",
            "overall": figures(0.7, 40),
            "length": {"similar": figures(0.65, 12)},
            "by_strength": {"better": figures(0.8, 20), "slightly": figures(0.6, 20)},
            "by_language": {"en": figures(0.7, 40)},
            "held_out_labelers": {
                "training": {"accuracy": 0.7, "judgments": 90},
                "held_out": {"accuracy": 0.6, "judgments": 30},
            },
            "calibration": {
                "error": 0.05, "error_if_calibrated": 0.03, "temperature": 1.25,
                "bins": [{
                    "predicted": 0.75, "observed": 0.7, "observed_low": 0.6, "observed_high": 0.8,
                    "pairs": 40,
                }],
            },
            "rewardbench": {"score": 0.512},
            "policy": {
                "kl_k3": {"value": 1.5, "low": 1.0, "high": 2.0}, "distinct_1": 0.25,
                "self_bleu": None,
            },
        }
    )  # fmt: skip
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0].startswith("70.0% (60.0% to 80.0%)")
    assert "accuracy 70.0% (60.0% to 80.0%)" in lines
    assert "choosing the longer 44.0%" in lines
    assert "pairs of similar length 65.0% (55.0% to 75.0%) n = 12" in lines
    assert "slightly 60.0% (50.0% to 70.0%) n = 20" in lines
    assert "held_out 60.0% n = 30" in lines
    assert "calibration error 0.050 (by chance 0.030)" in lines
    assert "75.0% 70.0% (60.0% to 80.0%) n = 40" in lines
    assert "RewardBench 51.2%" in lines
    assert "kl_k3 1.5 (1 to 2)" in lines
    assert not any("en " in line or "self_bleu" in line or "first" in line for line in lines)


def test_what_is_absent_has_no_line() -> None:
    text = report_table({"verdict": "v", "overall": figures(0.7, 40), "calibration": None})
    assert "calibration" not in text
    assert "RewardBench" not in text
