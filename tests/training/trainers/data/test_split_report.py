"""The figures of a split, counted by hand."""

from __future__ import annotations

from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.data.split_report import SplitReport, by_length, by_share, summarise


def example(cluster: str, *responses: list[int], tie: bool = False, weight: float = 0.9) -> Example:
    decided = Labelled(
        better=0, worse=1, p_better=weight, p_worse=1 - weight, p_tie=0.0, margin=2 / 3
    )
    tied = Labelled(better=0, worse=1, p_better=0.1, p_worse=0.1, p_tie=0.8, margin=0.0)
    return Example(
        id=cluster, cluster=cluster, prompt=[1] * 60, responses=list(responses),
        chars=[1] * len(responses), comparisons=[tied if tie else decided], messages=[],
    )  # fmt: skip


def test_counts_lengths_ties_weights_and_what_comes_twice() -> None:
    report = SplitReport(rows=6)
    examples = [
        example("a", [1, 2], [3] * 100),
        example("a", [3] * 100, [1, 2], weight=0.55),
        example("a", [5], [6]),
        example("b", [1, 2], [4], tie=True),
    ]
    summarise(report, examples, {"too long": 2, "never": 0})
    assert (report.rows, report.examples, report.comparisons, report.ties) == (6, 4, 4, 1)
    assert (report.responses, report.longest) == (8, 160)
    assert report.mean_tokens == (162 + 162 + 62 + 63) / 4
    assert (report.repeated_prompts, report.duplicates) == (2, 1)
    assert report.left_out == {"too long": 2}
    assert {k: n for k, n in report.lengths.items() if n} == {"to 64": 2, "to 256": 2}
    assert {k: n for k, n in report.prompt_lengths.items() if n} == {"to 64": 4}
    assert {k: n for k, n in report.response_lengths.items() if n} == {"to 64": 6, "to 128": 2}
    assert {k: n for k, n in report.weights.items() if n} == {"40% to 60%": 1, "80% to 100%": 2}
    assert {k: n for k, n in report.margins.items() if n} == {"60% to 80%": 3}


def test_steps_hold_their_upper_ends() -> None:
    assert by_length([64, 65, 5000])["to 64"] == 1
    assert by_length([64, 65, 5000])["more"] == 1
    assert by_share([0.0, 0.2, 0.21, 1.0]) == {
        "0% to 20%": 2, "20% to 40%": 1, "40% to 60%": 0, "60% to 80%": 0, "80% to 100%": 1,
    }  # fmt: skip
    assert by_share([]) == {}
