"""Labelers held out of training: who they are, and what labels say without them."""

from __future__ import annotations

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.data.labeler_folds import choose_labelers, labelers_in, without_labelers
from training.trainers.data.labelled_prompts import DataError, Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.data.votes import Vote

NAMES = [f"labeler-{n}" for n in range(10)]


def example(name: str, votes: list[Vote], **changes: object) -> Example:
    values: dict[str, object] = {
        "better": 0, "worse": 1, "p_better": 0.8, "p_worse": 0.2, "p_tie": 0.0, "margin": 1.0,
        "strength": "significantly", "first_shown": 1.0, "votes": tuple(votes),
    }  # fmt: skip
    return Example(
        id=name, cluster=name, prompt=[1], responses=[[2], [3]], chars=[1, 2],
        comparisons=[Labelled(**(values | changes))], messages=[],  # type: ignore[arg-type]
    )  # fmt: skip


def vote(labeler: str, preference: float, strength: str | None = None) -> Vote:
    return Vote(labeler=labeler, preference=preference, strength=strength)


def test_the_same_people_are_held_out_whoever_else_is_there() -> None:
    three = choose_labelers(NAMES, 3, seed=1)
    assert len(three) == 3
    assert three == choose_labelers(list(reversed(NAMES)), 0.3, seed=1)
    assert choose_labelers(NAMES, 4, seed=1) > three
    assert choose_labelers(NAMES, 3, seed=2) != three
    assert choose_labelers(NAMES, 0, seed=1) == frozenset()
    assert len(choose_labelers(NAMES, 0.01, seed=1)) == 1


@pytest.mark.parametrize(("held_out", "sizes"), [(0.2, [2, 2, 2, 2, 2]), (3, [3, 3, 3, 1])])
def test_folds_hold_out_everybody_once(held_out: float, sizes: list[int]) -> None:
    folds = [choose_labelers(NAMES, held_out, seed=1, fold=fold) for fold in range(len(sizes))]
    assert [len(fold) for fold in folds] == sizes
    assert sorted(name for fold in folds for name in fold) == NAMES
    with pytest.raises(ConfigError, match=f"labeler_fold is {len(sizes)}, but the 10 labelers"):
        choose_labelers(NAMES, held_out, seed=1, fold=len(sizes))


def test_a_fifth_of_people_that_five_does_not_divide_has_five_folds() -> None:
    names = [f"labeler-{n}" for n in range(12)]
    folds = [choose_labelers(names, 0.2, seed=1, fold=fold) for fold in range(5)]
    assert sorted(len(fold) for fold in folds) == [2, 2, 2, 3, 3]
    assert sorted(name for fold in folds for name in fold) == sorted(names)


def test_fewer_people_than_folds_are_held_out_one_by_one() -> None:
    folds = [choose_labelers(NAMES[:3], 0.2, seed=1, fold=fold) for fold in range(3)]
    assert sorted(name for fold in folds for name in fold) == NAMES[:3]
    with pytest.raises(ConfigError, match="labeler_fold is 3, but the 3 labelers"):
        choose_labelers(NAMES[:3], 0.2, seed=1, fold=3)


def test_somebody_must_be_left() -> None:
    with pytest.raises(ConfigError, match="held_out_labelers is 10, but the dataset names 10"):
        choose_labelers(NAMES, 10, seed=1)
    with pytest.raises(ConfigError, match="names 0 labelers"):
        choose_labelers([], 0.2, seed=1)


def test_labels_are_made_again_of_the_votes_that_remain() -> None:
    untouched = example("a", [vote("x", 1.0)])
    flipped = example(
        "b", [vote("out", 1.0), vote("out2", 1.0), vote("x", 0.0, "slightly"), vote("y", 0.5)]
    )
    alone = example("c", [vote("out", 1.0)])
    divided = example("d", [vote("out", 1.0), vote("x", 1.0), vote("y", 0.0)])
    silent = example("e", [])
    examples = [untouched, flipped, alone, divided, silent]
    assert labelers_in(examples) == {"x", "y", "out", "out2"}
    kept, report = without_labelers(examples, {"out", "out2"})
    assert [one.id for one in kept] == ["a", "b", "e"]
    assert (kept[0], kept[2]) == (untouched, silent)
    (again,) = kept[1].comparisons
    assert (again.better, again.worse) == (1, 0)
    assert (again.p_better, again.p_worse, again.p_tie) == (2 / 4, 1 / 4, 1 / 4)
    assert (again.margin, again.strength, again.first_shown) == (1 / 3, "slightly", 0.0)
    assert [(v.labeler, v.preference) for v in again.votes] == [("x", 1.0), ("y", 0.5)]
    assert report == {
        "labelers": 2,
        "judgments_left_out": 4,
        "comparisons_labelled_again": 1,
        "comparisons_left_out": 2,
        "prompts_left_out": 2,
    }


def test_nothing_left_is_refused() -> None:
    with pytest.raises(DataError, match="lower held_out_labelers"):
        without_labelers([example("a", [vote("out", 1.0)])], {"out"})


def test_nobody_held_out_changes_nothing() -> None:
    examples = [example("a", [vote("x", 1.0)])]
    assert without_labelers(examples, frozenset())[0] == examples
