"""Every figure, reason and part has words."""

from __future__ import annotations

import pytest

from annotation.figures import agreeing, breaking_down, figure_words
from annotation.stats import coefficient, rank_agreement
from annotation.task_kinds.base import STRENGTHS


def test_every_figure_has_a_title_and_an_explanation():
    names = {*agreeing.NAMES, "gold", "researchers"}
    assert set(figure_words.TITLES) == set(figure_words.EXPLAINED) == names
    assert names > figure_words.SHARES


def test_every_reason_is_known():
    reasons = {
        *(coefficient.NO_OVERLAP, coefficient.ONE_CATEGORY, rank_agreement.ALL_TIED),
        *(agreeing.NO_JUDGMENTS, agreeing.NO_STRENGTHS, agreeing.NO_RANKINGS),
        *(agreeing.NO_GOLD, agreeing.NO_RESEARCHERS),
    }
    assert {str(reason) for reason in figure_words.REASONS} == reasons


def test_a_figure_in_words():
    figure = {"name": "alpha", "value": None, "reason": agreeing.NO_JUDGMENTS}
    found = figure_words.in_words(figure)
    assert found["title"] == "Krippendorff's alpha"
    assert found["reason"] == "There are no judgments yet."
    assert not found["is_share"]


@pytest.mark.parametrize(
    ("dimension", "part", "name"),
    [
        ("language", "ja", "ja"),
        ("language", "", "not given"),
        ("criterion", "harmless", "harmless"),
        ("criterion", "own <b>", "own <b>"),
        ("sources", "a\nb", "a – b"),
        ("strength", breaking_down.TIED, "a tie"),
    ],
)
def test_parts_are_named(dimension, part, name):
    assert figure_words.part_name(dimension, part) == name


def test_every_strength_has_a_name():
    assert set(figure_words.STRENGTHS) == {*STRENGTHS, breaking_down.TIED}
