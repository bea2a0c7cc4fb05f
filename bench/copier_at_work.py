"""A copier at work beside good labelers, until the ongoing checks name them.

Everybody who works is right in 85%; the copier repeats one of them where both have an item, and
guesses elsewhere. The checks are those of the site (`annotation.stats.ongoing`), item by item.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from annotation.stats.ongoing import findings
from bench.simulated_crowd import Copier, Item, Labeler, crowd, work_items

WORK_ITEMS = 100
"""Work items after which looking for the copier ends."""

BEFORE = 30
"""Items that everybody else answered before the copier came."""

GOLD_RATE = 0.1


@dataclass(frozen=True)
class Caught:
    """After how many items a copier was named, why, and how many honest ones were by then."""

    after: int
    why: str
    others: int


Row = tuple[int, str, int, int]
"""Item, labeler, answer, and the right one where it is gold, else -1."""


def caught_after(seed: int, shares_all: bool, overlap: int) -> Caught:
    """When the ongoing checks name a copier who began when the others had worked for a while."""
    rng = random.Random(seed)
    workers = [labeler for labeler in crowd() if labeler.group == "good"]
    copier = Copier("copier", "copier", whom=workers[0])
    rounds: list[list[Row]] = []
    number = 0
    for done in range(BEFORE + WORK_ITEMS):
        one = copier if done >= BEFORE else None
        groups = groups_of(workers, one, shares_all, overlap, rng)
        items = work_items(len(groups), rng, number)
        number += len(items)
        rounds.append([row for pair in zip(items, groups, strict=True) for row in said(*pair, rng)])
    return first_named(rounds)


def groups_of(
    workers: list[Labeler],
    copier: Copier | None,
    shares_all: bool,
    overlap: int,
    rng: random.Random,
) -> list[list[Labeler]]:
    """Who answers the items of one round, each labeler at most one; the copier comes last."""
    left = workers[1:]
    rng.shuffle(left)
    left.insert(len(left) if shares_all else rng.randrange(len(workers)), workers[0])
    groups = []
    if copier is not None:
        groups.append([*(left.pop() for _ in range(overlap - 1)), copier])
    while len(left) >= overlap:
        groups.append([left.pop() for _ in range(overlap)])
    return groups


def said(item: Item, group: Sequence[Labeler], rng: random.Random) -> list[Row]:
    """The answers to one item, in this order."""
    gold = item.right if rng.random() < GOLD_RATE else -1
    return [(item.number, one.name, one.answer(item, 0, rng), gold) for one in group]


def first_named(rounds: list[list[Row]]) -> Caught:
    """The first of the copier's items after which a finding names them.

    By halving: evidence against them only grows, but for chance.
    """
    low, high = 1, WORK_ITEMS + 1
    at_last: dict[str, str] = {}
    named: dict[str, str] = {}
    while low < high:
        middle = (low + high) // 2
        found = look([row for rows in rounds[: BEFORE + middle] for row in rows])
        if "copier" in found:
            high, at_last = middle, found
        else:
            low, named = middle + 1, found
    others = len((at_last or named).keys() - {"copier"})
    return Caught(high, at_last.get("copier", "not caught"), others)


def look(rows: Sequence[Row]) -> dict[str, str]:
    """Whom the ongoing checks name by now, and why."""
    items, labelers, answers, gold = (list(column) for column in zip(*rows, strict=True))
    found = findings(items, labelers, answers, gold=gold)
    return {str(finding.labeler): finding.reason for finding in found}
