"""Criteria by the heads of reward models, each with a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.trainers.soups.two_policies import make_judge
from training.trainers.models.default_model import ModelError
from training.trainers.rewards.criteria import criteria_of, different, short_name


def test_each_head_is_a_criterion_and_a_lone_one_may_go_by_its_model(
    tiny: Path, tmp_path: Path
) -> None:
    both = make_judge(tiny, tmp_path / "both", ["helpful", "short"], seed=1)
    plain = make_judge(tiny, tmp_path / "honesty", ["LABEL_0"], seed=2)
    again = make_judge(tiny, tmp_path / "again", ["helpful"], seed=3)
    found = criteria_of([str(both), str(plain), str(again)])
    assert [(one.name, one.head_weights) for one in found] == [
        ("helpful", "helpful=1"),
        ("short", "short=1"),
        ("honesty", ""),
        ("helpful-2", ""),
    ]
    assert [one.reward_model for one in found] == [str(both)] * 2 + [str(plain), str(again)]


def test_classes_without_names_and_policies_are_refused(tiny: Path, tmp_path: Path) -> None:
    classes = make_judge(tiny, tmp_path / "classes", ["LABEL_0", "LABEL_1"], seed=1)
    with pytest.raises(ModelError, match="has 2 labels without names"):
        criteria_of([str(classes)])
    with pytest.raises(ModelError, match="is a policy without scores"):
        criteria_of([str(tiny)])


def test_what_people_call_a_model() -> None:
    assert short_name("/runs/careful/checkpoints/step-00000050") == "careful"
    assert short_name("/runs/careful") == "careful"
    assert short_name("someone/model") == "model"
    assert different(["a", "b", "a", "a"]) == ["a", "b", "a-2", "a-3"]
