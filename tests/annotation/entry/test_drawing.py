"""Drawing gold: in balance as far as the pool allows, and never to be foretold."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from annotation.entry import drawing
from annotation.entry.drawing import Traits, choose, order_for
from annotation.models import Gold
from tests.annotation.making import make_tasks
from tests.annotation.screening_making import make_gold


def drawn(pool: list[Traits], count: int, seed: int) -> list[Traits]:
    """An exam of `count` items from `pool`, as it would be drawn."""
    chance, left, asked = random.Random(seed), list(pool), []
    for _ in range(count):
        asked.append(left.pop(choose(left, asked, chance)))
    return asked


@pytest.mark.parametrize("seed", range(5))
def test_an_exam_is_balanced_where_the_pool_is_not(seed):
    pool = [Traits(n % 3 if n < 30 else 0, is_longest_right=n % 10 < 7) for n in range(300)]
    asked = drawn(pool, 40, seed)
    longest = Counter(t.is_longest_right for t in asked)
    assert abs(longest[True] - longest[False]) <= drawing.LEAN
    # The pool has ten each of middling and hard items; an exam of 40 asks nearly all of them.
    assert min(Counter(t.difficulty for t in asked).values()) >= 8


def test_the_next_item_cannot_be_foretold_from_the_last():
    pool = [Traits(is_longest_right=n % 2 == 0) for n in range(400)]
    after = Counter(
        (first.is_longest_right, second.is_longest_right)
        for seed in range(30)
        for asked in [drawn(pool, 20, seed)]
        for first, second in pairwise(asked)
    )
    for first in (True, False):
        share = after[first, first] / (after[first, True] + after[first, False])
        assert 0.2 < share < 0.6


def test_what_the_pool_lacks_is_not_waited_for():
    pool = [Traits(is_longest_right=True) for _ in range(10)]
    assert len(drawn(pool, 10, seed=1)) == 10
    assert len(drawn([Traits() for _ in range(4)], 4, seed=1)) == 4


def test_the_right_one_comes_to_either_side_alike():
    sides: list[bool | None] = []
    for _ in range(41):
        order = order_for(Traits(right=1), 2, sides)
        sides.append(order[0] == 1)
    assert abs(2 * sum(map(bool, sides)) - len(sides)) <= drawing.LEAN


def test_more_than_two_stand_in_any_order():
    orders = {tuple(order_for(Traits(), 3, [])) for _ in range(200)}
    assert len(orders) == 6


def test_traits_are_read_from_the_texts_and_the_expected_answer(project):
    make_gold(project, 4)
    tasks = list(project.tasks.order_by("id").select_related("gold"))
    for number, task in enumerate(tasks):
        Gold.objects.filter(task=task).update(difficulty=float(number))
    tasks = list(project.tasks.order_by("id").select_related("gold"))
    traits = drawing.traits_of(tasks)
    found = [traits[task.pk] for task in tasks]
    for task, trait in zip(tasks, found, strict=True):
        texts = [p.response.messages[0]["content"] for p in task.placed.all()]
        right = 0 if task.gold.answer["choice"] == "a" else 1
        assert trait.right == right
        assert trait.is_longest_right == (len(texts[right]) > len(texts[1 - right]))
    assert [trait.difficulty for trait in found] == [0, 1, 1, 2]


def test_the_pool_is_gold_that_holds_and_was_never_seen(project, labeler, person_factory):
    make_gold(project, 4)
    make_tasks(project, 2)
    first, second, third, fourth = project.tasks.filter(is_gold=True).order_by("id")
    Gold.objects.filter(task=first).update(retired_at="2026-01-01T00:00:00Z")
    second.state = "retired"
    second.save()
    third.assignments.create(
        person=labeler,
        display_order=[0, 1],
        state="expired",
        expires_at="2026-01-01T00:00:00Z",
    )
    assert list(drawing.pool(project, labeler)) == [fourth]
    assert drawing.pool(project, person_factory("bo")).count() == 2
    assert drawing.draw_training(project, labeler) == fourth


def test_training_prefers_what_is_explained(project, labeler):
    make_gold(project, 6, explanation="")
    make_gold(project, 1, start=5000, explanation="Because.")
    assert drawing.draw_training(project, labeler).gold.explanation == "Because."
