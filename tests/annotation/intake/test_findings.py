"""What is found in rows adds up, whatever order it is found in, and keeps no secrets."""

from __future__ import annotations

import json

import pytest

from annotation.intake.findings import Findings, quantiles, script_of


def test_findings_of_blocks_add_up_and_survive_json():
    first, second = Findings(), Findings()
    first.refuse(3, "prompt", "has 12 characters; at most 9 are kept.")
    second.refuse(1005, "prompt", "has 99 characters; at most 9 are kept.")
    second.refuse(1006, "tags", "is not a list; give a list of texts.")
    for number in range(5):
        second.count_personal("email", 1007, f"{number}•••@•••.org")
    first.add(Findings(json.loads(json.dumps(second.said()))))
    assert first.bad == 3
    counts = {
        reason["field"]: (reason["count"], reason["line"]) for reason in first.reasons.values()
    }
    assert counts == {"prompt": (2, 3), "tags": (1, 1006)}
    assert (first.personal["email"]["count"], len(first.personal["email"]["examples"])) == (5, 3)


@pytest.mark.parametrize(
    ("text", "script"),
    [("why?", "Latn"), ("naïve", "Latn"), ("なぜ", "Jpan"), ("为什么", "Hani"), ("γιατί", "Grek")],
)
def test_scripts_are_told_by_their_letters(text, script):
    assert script_of(text) == script


def test_lengths_are_told_to_two_digits():
    assert quantiles({"5": 90, "1200": 9, "99000": 1}) == [5, 5, 99000]
    assert quantiles({}) == [None, None, None]
