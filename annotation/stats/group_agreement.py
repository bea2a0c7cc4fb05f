"""Agreement within and between groups of labelers, over pairs of answers about the same thing.

Within a group two of its members are compared, between two groups one member of each. Intervals are
by bootstrap over items. Nothing here knows who is in a group, or what the groups are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.stats.bootstrap import FloatArray, bootstrap_interval, bootstrap_ratio

Ints = NDArray[np.integer]
CATEGORIES = 3
"""What can be said of a pair: the first, the second, neither."""


@dataclass(frozen=True)
class Agreement:
    """The share of pairs of answers that are the same, with a 95% interval over items.

    None where no two answers meet.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Meetings:
    """Per item, for every two groups g <= h: pairs of answers that are ``same``, and all of them.

    Both have shape (items, groups, groups), filled where g <= h.
    """

    same: FloatArray
    all: FloatArray


def meetings(unit: Ints, unit_item: Ints, group: Ints, said: Ints, *, groups: int) -> Meetings:
    """How answers of groups meet.

    ``unit``, ``group``, ``said`` (n,): what each answer is about (0 .. units - 1), the group it
    comes from (-1 for none) and what it says (0 .. 2); ``unit_item`` (units,): the item of a unit.
    """
    items = int(unit_item.max(initial=-1)) + 1
    units = len(unit_item)
    votes = []
    for number in range(groups):
        own = group == number
        cells = np.bincount(unit[own] * CATEGORIES + said[own], minlength=units * CATEGORIES)
        votes.append(cells.reshape(units, CATEGORIES))
    same = np.zeros((items, groups, groups))
    every = np.zeros((items, groups, groups))
    for g in range(groups):
        for h in range(g, groups):
            alike, met = _within(votes[g]) if g == h else _between(votes[g], votes[h])
            same[:, g, h] = np.bincount(unit_item, weights=alike, minlength=items)
            every[:, g, h] = np.bincount(unit_item, weights=met, minlength=items)
    return Meetings(same, every)


def _within(votes: Ints) -> tuple[FloatArray, FloatArray]:
    n = votes.sum(axis=1)
    return (votes * (votes - 1)).sum(axis=1) / 2, n * (n - 1) / 2


def _between(first: Ints, second: Ints) -> tuple[FloatArray, FloatArray]:
    alike = (first * second).sum(axis=1).astype(np.float64)
    return alike, first.sum(axis=1) * second.sum(axis=1).astype(np.float64)


def people_who_meet(unit: Ints, labeler: Ints, group: Ints, *, groups: int) -> Ints:
    """How many people each cell of `meetings` speaks of, shape (groups, groups), where g <= h.

    Within a group its members who meet another member; between two groups those of the smaller
    side who meet somebody of the other. ``labeler`` (n,) says who gave each answer, once per unit.
    """
    units = int(unit.max(initial=-1)) + 1
    there = [np.bincount(unit[group == number], minlength=units) for number in range(groups)]
    found = np.zeros((groups, groups), dtype=np.int64)
    for g in range(groups):
        for h in range(g, groups):
            sides = [(g, h), (h, g)] if g != h else [(g, g)]
            found[g, h] = min(
                len(np.unique(labeler[(group == one) & (there[other] > (one == other))[unit]]))
                for one, other in sides
            )
    return found


def only(met: Meetings, cells: Iterable[tuple[int, int]]) -> Meetings:
    """The same meetings with nothing in any other cell than `cells`."""
    kept = np.zeros(met.all.shape[1:], dtype=bool)
    for cell in cells:
        kept[cell] = True
    return Meetings(met.same * kept, met.all * kept)


def agreement(met: Meetings, g: int, h: int, *, replicates: int = 1000) -> Agreement:
    """How far groups g <= h agree; g == h is within one group."""
    same, every = met.same[:, g, h], met.all[:, g, h]
    return _agreement(same, every, replicates)


def _agreement(same: FloatArray, every: FloatArray, replicates: int) -> Agreement:
    there = every > 0
    if not there.any():
        return Agreement(None, None, None)
    low, high = bootstrap_ratio(same[there], every[there], replicates=replicates)
    return Agreement(float(same.sum() / every.sum()), low, high)


def apart(met: Meetings, *, replicates: int = 1000) -> tuple[Agreement, Agreement, Agreement]:
    """All groups together: agreement within them, between them, and the first less the second.

    The difference is above 0 where people agree more with their own group than with others.
    """
    diagonal = np.eye(met.all.shape[1], dtype=bool)
    columns = [
        source[:, chosen].sum(axis=1)
        for chosen in (diagonal, ~diagonal)
        for source in (met.same, met.all)
    ]
    within = _agreement(columns[0], columns[1], replicates)
    between = _agreement(columns[2], columns[3], replicates)
    if within.value is None or between.value is None:
        return within, between, Agreement(None, None, None)
    sums = np.column_stack(columns)
    low, high = bootstrap_interval(sums[sums.any(axis=1)], _difference, replicates=replicates)
    return within, between, Agreement(within.value - between.value, low, high)


def _difference(sums: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3]
    return found
