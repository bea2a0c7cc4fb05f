"""Position and length bias of a data set, by hand and against planted biases."""

from __future__ import annotations

import random

import pytest

from annotation import tasking
from annotation.candidates import Candidate
from annotation.figures import biases, label_matrix, lengths
from annotation.models import Judgment
from annotation.stats.length_bias import Estimate


def make(project, lengths, k=2, language="en"):
    """Tasks whose responses have the given lengths in canonical order; sources s0, s1, ..."""
    for number, sizes in enumerate(lengths):
        tasking.add_candidates(
            project=project,
            added_by=None,
            candidates=[
                Candidate(
                    prompt=[{"role": "user", "content": f"{language} {number}"}],
                    responses=[
                        ([{"role": "assistant", "content": f"{place}" * size}], f"s{place}")
                        for place, size in enumerate(sizes)
                    ],
                    language=language,
                )
            ],
        )
    return list(project.tasks.order_by("id"))


def canonical_lengths(task):
    placed = task.placed.select_related("response").order_by("position")
    return [len(p.response.messages[0]["content"]) for p in placed]


def judge(task, answer, who="w", shown=(0, 1)):
    Judgment.objects.create(
        task=task,
        imported_labeler=who,
        standing="imported",
        answer=answer,
        display_order=list(shown),
    )


def prefer(task, place, **fields):
    judge(task, {"choice": "ab"[place], "strength": fields.pop("strength", "better")}, **fields)


def longer_of(task):
    lengths = canonical_lengths(task)
    return lengths.index(max(lengths))


def figures(project):
    return biases.figures_of(project, label_matrix.read(project))


def test_an_empty_project_has_no_figures_and_no_advice(project):
    found = figures(project)
    assert found["position"]["share"]["value"] is None
    assert found["position"]["places"] == []
    assert found["length"]["share"]["value"] is None
    assert found["length"]["verdict"] == "unknown"
    assert biases.advice(found["length"]) == []


def planted(project, share, items=60, labelers=5, seed=5):
    """On that share of items nine of ten prefer the longer one, on the others the shorter one."""
    chance = random.Random(seed)
    make(project, [(20, 60)] * (items // 2))
    tasks = make(project, [(50, 20)] * (items // 2), language="ja")
    for place, task in enumerate(tasks):
        longer = longer_of(task)
        truth = longer if place % 10 < 10 * share else 1 - longer
        for number in range(labelers):
            said = truth if chance.random() < 0.9 else 1 - truth
            shown = chance.sample([0, 1], 2)
            prefer(task, said, who=f"w{number}", shown=shown)
    return figures(project)


def test_a_planted_length_bias_is_found_and_warned_of(project):
    found = planted(project, 0.9)["length"]
    expected = 0.9 * 0.9 + 0.1 * 0.1
    assert found["decided"]["low"] < expected < found["decided"]["high"]
    assert found["slope"]["low"] > 0
    assert found["agreement"] == pytest.approx(0.82, abs=0.04)
    assert found["verdict"] == "learns"
    said = biases.advice(found)
    assert said[0].startswith("A reward model would learn length: choosing the longer one predicts")
    assert said[1].startswith("Two labelers agree on")
    assert len(said) == 3
    assert {row["language"] for row in found["languages"]} == {"en", "ja"}
    assert [row["source"] for row in found["sources"]] == ["s0", "s1"]
    # 60 to 20 is 3, 50 to 20 is 2.5.
    assert [(bin_["from"], bin_["n"]) for bin_ in found["curve"] if bin_["n"]] == [
        (2.0, 150),
        (3.0, 150),
    ]


def test_without_a_bias_nothing_is_warned_of(project):
    found = planted(project, 0.5)
    assert found["length"]["verdict"] == "fair"
    assert found["position"]["share"]["low"] < 0.5 < found["position"]["share"]["high"]
    assert "next to nothing" in biases.advice(found["length"])[0]


@pytest.mark.parametrize(
    ("value", "low", "high", "agreed", "verdict"),
    [
        (0.64, 0.62, 0.66, 0.66, "learns"),
        (0.64, 0.62, 0.66, 0.80, "leans"),
        (0.54, 0.52, 0.56, 0.50, "fair"),
        (0.60, 0.48, 0.70, 0.60, "fair"),
        (0.40, 0.35, 0.45, 0.80, "shorter"),
        (0.66, 0.62, 0.70, None, "learns"),
        (0.60, 0.58, 0.62, None, "leans"),
        (None, None, None, None, "unknown"),
    ],
)
def test_verdicts(value, low, high, agreed, verdict):
    assert lengths.verdict_of(Estimate(value, low, high, 9), agreed) == verdict
    numbers = {"value": value, "low": low, "high": high}
    said = biases.advice({"verdict": verdict, "decided": numbers, "agreement": agreed})
    assert bool(said) == (verdict != "unknown")
