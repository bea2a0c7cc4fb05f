"""Which examples a step sees: every one once per epoch, the same for the same seed."""

from __future__ import annotations

import pytest

from training.trainers.data.batch_plan import BatchPlan


def plan(**changes: int | float) -> BatchPlan:
    values = {"batch_size": 3, "accumulation": 2, "epochs": 2.0, "max_steps": 0, "seed": 5}
    lengths = tuple((7 * i) % 31 + 1 for i in range(20))
    return BatchPlan(lengths=lengths, **(values | changes))  # type: ignore[arg-type]


def test_every_example_comes_once_per_epoch() -> None:
    made = plan()
    assert (made.steps_per_epoch, made.total_steps) == (4, 8)
    for epoch in (0, 1):
        steps = [made.batches(epoch * 4 + i) for i in range(4)]
        seen = [i for step in steps for batch in step for i in batch]
        assert sorted(seen) == list(range(20))
        assert [sum(map(len, step)) for step in steps] == [6, 6, 6, 2]
    assert made.batches(0) != made.batches(4)


def test_the_seed_alone_decides() -> None:
    assert plan().batches(3) == plan().batches(3)
    assert [plan().batches(i) for i in range(4)] != [plan(seed=6).batches(i) for i in range(4)]


def test_rows_of_a_batch_are_of_like_length() -> None:
    made = BatchPlan(tuple(range(1, 241)), 4, 1, 1.0, 0, 0)
    spread = [max(b) - min(b) for s in range(60) for b in made.batches(s)]
    assert sum(spread) / len(spread) < 60


@pytest.mark.parametrize(
    ("changes", "steps"),
    [({"max_steps": 3}, 3), ({"epochs": 0.5}, 2), ({"epochs": 0.001}, 1), ({"epochs": 2.5}, 10)],
)
def test_total_steps(changes: dict[str, float], steps: int) -> None:
    assert plan(**changes).total_steps == steps


def test_visited_names_what_a_short_run_will_see() -> None:
    made = plan(max_steps=2)
    expected = [i for step in (0, 1) for batch in made.batches(step) for i in batch]
    assert made.visited() == expected
    assert sorted(plan(max_steps=9).visited()) == list(range(20))
