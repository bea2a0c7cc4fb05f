"""Holding consensus against what is known besides: gold, those who were left out, the majority.

On arrays of answers; nothing is read or stored here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotation.consensus.methods.base import GOLD, Answers, Reliabilities
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.crowd_comparisons import comparisons
from annotation.stats.rao_kupper import FIRST, SECOND, TIE
from annotation.stats.stated_confidence import Curve, curve

MOST_LEFT_OUT = 4
"""So many labelers of each task are left out in turn, each alone, to be foretold by the others."""

_WIDTH = 64
"""More things than any task has."""

_Flags = NDArray[np.bool_]


def without_gold(answers: Answers) -> Answers:
    """The answers to tasks whose right answer is not known."""
    found = answers.comparisons
    known = np.unique(found.task[found.labeler == _place(answers, GOLD)])
    return _only(answers, ~np.isin(found.task, known))


def _place(answers: Answers, name: str) -> int:
    return list(answers.names).index(name) if name in answers.names else -1


def _only(answers: Answers, rows: _Flags) -> Answers:
    """Some of the comparisons; tasks and labelers keep their numbers."""
    found = answers.comparisons
    columns = (found.task, found.first, found.second, found.labeler, found.said)
    kept = comparisons(*(column[rows] for column in columns))
    return Answers(kept, answers.names, answers.symmetric)


def _posterior(answers: Answers, held: Reliabilities | None) -> FloatArray:
    """By the project's method; `held` is None for the majority's."""
    if held is not None:
        method = CONSENSUS_METHODS[held.method]
        if method.posterior is not None:
            return method.posterior(answers, held)
    votes = _votes(answers)
    n = votes.sum(axis=1, keepdims=True)
    shares: FloatArray = (votes + np.array([1, 1, 0])) / (n + 2)
    return shares


def _votes(answers: Answers) -> FloatArray:
    found = answers.comparisons
    units = len(found.unit_task)
    cells = np.bincount(found.unit * 3 + found.said, minlength=units * 3)
    return cells.reshape(units, 3).astype(np.float64)


def differences(answers: Answers, weighed: Reliabilities) -> tuple[int, list[int]]:
    """How many comparisons the majority and the weighed consensus decide otherwise, and in which
    tasks."""
    if not len(answers.comparisons.task):
        return 0, []
    decisions = [_winners(_votes(answers)), _winners(_posterior(answers, weighed))]
    apart = decisions[0] != decisions[1]
    tasks = np.unique(answers.comparisons.unit_task[apart])
    return int(apart.sum()), [int(task) for task in tasks]


def _winners(shares: FloatArray) -> IntArray:
    """Which side is ahead of the other and of a tie, 2 for neither."""
    first = shares[:, 0] > np.maximum(shares[:, 1], shares[:, 2])
    second = shares[:, 1] > np.maximum(shares[:, 0], shares[:, 2])
    return np.where(first, FIRST, np.where(second, SECOND, TIE)).astype(np.int64)


def against_others(answers: Answers, held: Reliabilities | None, weighed: Reliabilities) -> Curve:
    """Each labeler's answers, foretold from those of the others on the same task."""
    found = answers.comparisons
    number = _answer_number(found.task, found.labeler)
    reliability = np.array([weighed.of(name)["reliability"] for name in answers.names])
    parts: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for turn in range(min(int(number.max(initial=-1)) + 1, MOST_LEFT_OUT)):
        left = (number == turn) & (found.said != TIE)
        others = _only(answers, number != turn)
        if not left.any() or not len(others.comparisons.task):
            continue
        place, known = _same_unit(answers, left, others)
        shares = _posterior(others, held)[place]
        stated, side = _stated(shares)
        agrees = (found.said[left][known] == side).astype(np.float64)
        parts.append((stated, agrees, reliability[found.labeler[left][known]]))
    if not parts:
        return Curve([], None, 0)
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return curve(columns[0], columns[1], columns[2])


def against_gold(answers: Answers, held: Reliabilities | None, overlap: int) -> Curve:
    """Gold items, decided from as many of their answers as an ordinary item has."""
    found = answers.comparisons
    gold = found.labeler == _place(answers, GOLD)
    if not gold.any():
        return Curve([], None, 0)
    known_tasks = np.isin(found.task, np.unique(found.task[gold]))
    number = _answer_number(found.task, np.where(gold, len(answers.names), found.labeler))
    given = known_tasks & ~gold & (number < max(overlap, 1))
    others = _only(answers, given)
    if not len(others.comparisons.task):
        return Curve([], None, 0)
    place, known = _same_unit(answers, gold, others)
    stated, side = _stated(_posterior(others, held)[place])
    return curve(stated, (found.said[gold][known] == side).astype(np.float64))


def _answer_number(task: IntArray, labeler: IntArray) -> IntArray:
    """The number, from 0, of each comparison's answer among those to its task."""
    width = int(labeler.max(initial=0)) + 1
    keys, answer = np.unique(task * width + labeler, return_inverse=True)
    owner = keys // width
    starts = np.searchsorted(owner, owner)
    numbers: IntArray = (np.arange(len(keys)) - starts)[answer]
    return numbers


def _same_unit(answers: Answers, rows: _Flags, others: Answers) -> tuple[IntArray, _Flags]:
    """Where the compared pairs of `rows` stand among those of `others`, and which are there."""
    a, b = answers.comparisons, others.comparisons
    mine = (a.task[rows] * _WIDTH + a.first[rows]) * _WIDTH + a.second[rows]
    theirs = (b.unit_task * _WIDTH + b.unit_first) * _WIDTH + b.unit_second
    place = np.minimum(np.searchsorted(theirs, mine), len(theirs) - 1)
    known = theirs[place] == mine
    return place[known], known


def _stated(shares: FloatArray) -> tuple[FloatArray, IntArray]:
    """The probability of the likelier side, given that one is better, and which side that is."""
    sides = np.maximum(shares[:, :2], 1e-12)
    sides = sides / sides.sum(axis=1, keepdims=True)
    return sides.max(axis=1), sides.argmax(axis=1).astype(np.int64)
