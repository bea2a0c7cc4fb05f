"""The planted crowd of the bench: its labels go through consensus and records as in a project."""

import random

import pytest

from bench.label_quality import CARELESS, QUESTIONS, SETTINGS, Crowd, gain, labelled
from bench.planted_answers import items
from bench.planted_truth import quality
from training.trainers.configs import RewardModelConfig


def test_answers_are_judged_by_their_text_and_never_equal() -> None:
    for item in items(50, random.Random(1)):
        assert item.difference != 0
        assert item.qualities == tuple(quality(item.prompt, text) for text in item.answers)


def test_weights_know_who_is_careful() -> None:
    """One answer each of half the crowd alone, pairs of answers that tell who is who."""
    rng = random.Random(2)
    crowd = Crowd(temperatures=(0.2,) * 5 + (CARELESS,) * 5, overlaps=(1, 3))
    questions = items(400, rng)
    records = labelled(questions, crowd, rng)
    assert 300 < len(records) <= 400
    alone = [record for record in records if len(record.judgments) == 1]
    careful = [r.weight for r in alone if int(r.judgments[0].labeler[1:]) < 5]
    careless = [r.weight for r in alone if int(r.judgments[0].labeler[1:]) >= 5]
    assert sum(careful) / len(careful) > sum(careless) / len(careless) + 0.15
    assert {record.strength for record in records} >= {"significantly", "slightly"}


def test_ways_of_training_differ_in_one_setting_alone() -> None:
    for question in QUESTIONS:
        made = [
            RewardModelConfig.from_dict(SETTINGS | {"dataset": "d"} | way).as_dict()
            for way in question.ways.values()
        ]
        for other in made[1:]:
            assert len([name for name in other if other[name] != made[0][name]]) == 1


def test_a_gain_is_paired() -> None:
    mean, low, high = gain([0.7, 0.9, 0.8], [0.6, 0.7, 0.7])
    assert mean == pytest.approx(0.4 / 3)
    # t(0.975, 2) = 4.3027 times the deviation 0.057735 over the root of 3.
    assert (low, high) == pytest.approx((0.4 / 3 - 0.143423, 0.4 / 3 + 0.143423), abs=1e-5)
