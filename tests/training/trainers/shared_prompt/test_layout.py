"""Where tokens stand, which positions they have, and how prompts share rows."""

from __future__ import annotations

from training.trainers.shared_prompt import inner_model, lay_out
from training.trainers.shared_prompt.attention import seen_mask


def test_one_prompt() -> None:
    batch = lay_out([[5, 6]], [[[7, 8], [9]]], pad_id=0)
    assert batch.input_ids.tolist() == [[5, 6, 7, 8, 9]]
    assert batch.position_ids.tolist() == [[0, 1, 2, 3, 2]]
    assert batch.segments.tolist() == [[0, 0, 1, 1, 2]]
    assert batch.origins.tolist() == [[0, 1, 2, 3, 4]]
    assert seen_mask(batch)[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 0, 0, 1],
    ]
    assert batch.sources.tolist() == [1, 2, 1]
    assert batch.targets.tolist() == [7, 8, 9]
    assert batch.owners.tolist() == [0, 0, 1]
    assert batch.ends.tolist() == [3, 4]
    assert batch.lengths.tolist() == [2, 1]
    assert inner_model(batch) is batch


def test_two_prompts_in_a_row_do_not_see_each_other() -> None:
    batch = lay_out([[5, 6], [15]], [[[7]], [[16, 17]]], pad_id=0, row_tokens=9)
    assert batch.input_ids.tolist() == [[5, 6, 15, 7, 16, 17]]
    assert batch.position_ids.tolist() == [[0, 1, 0, 2, 1, 2]]
    assert batch.prompts.tolist() == [[0, 0, 1, 0, 1, 1]]
    assert batch.origins.tolist() == [[0, 1, 3, 2, 4, 5]]
    assert seen_mask(batch)[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0],
        [1, 1, 0, 1, 0, 0],
        [0, 0, 1, 0, 1, 0],
        [0, 0, 1, 0, 1, 1],
    ]
    assert batch.sources.tolist() == [1, 2, 4]
    assert batch.ends.tolist() == [3, 5]


def test_the_longest_go_first_into_the_first_row_with_room() -> None:
    sizes = [2, 6, 3, 5, 4]
    prompts = [[number + 1] * (size - 1) for number, size in enumerate(sizes)]
    batch = lay_out(prompts, [[[9]]] * 5, pad_id=0, row_tokens=10)
    assert batch.input_ids.shape == (2, 10)
    assert [set(row.tolist()) - {-1} for row in batch.prompts] == [{1, 4}, {0, 2, 3}]
    assert batch.input_ids.flatten()[batch.ends].tolist() == [9] * 5
    alone = lay_out(prompts, [[[9]]] * 5, pad_id=0, row_tokens=1)
    assert alone.input_ids.shape == (5, 6), "a longer example has a row of its own"


def test_padding_stands_on_the_side_that_is_asked_for() -> None:
    for side, ids in (("right", [[5, 7, 0], [5, 6, 7]]), ("left", [[0, 5, 7], [5, 6, 7]])):
        batch = lay_out([[5], [5, 6]], [[[7]], [[7]]], pad_id=0, padding_side=side)
        assert batch.input_ids.tolist() == ids
        assert (batch.segments == -1).sum() == 1


def test_without_sharing_every_response_has_a_row() -> None:
    batch = lay_out([[5, 6], [8]], [[[7], [9, 9]], [[4]]], pad_id=0, shared=False, row_tokens=99)
    assert batch.input_ids.tolist() == [[5, 6, 7, 0], [5, 6, 9, 9], [8, 4, 0, 0]]
    assert batch.origins.tolist() == [[0, 1, 2, 0], [0, 1, 3, 4], [5, 6, 0, 0]]
    assert batch.blocks is None
    assert batch.owners.tolist() == [0, 1, 1, 2]
