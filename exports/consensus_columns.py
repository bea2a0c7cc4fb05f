"""What many tasks' judgments say together, as arrays: the rule of `annotation.consensus` over
columns.

Every number is the one that `aggregate_all` gives task by task; a test holds the two together. For
tasks whose answers compare responses, or one response with the bar.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.consensus.fitting import speaker
from annotation.consensus.methods.aggregate import MARGIN_OF_STRENGTH, said_of
from annotation.consensus.methods.base import DECIMALS, Answers, Reliabilities
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.stats.crowd_comparisons import comparisons
from annotation.stats.rankings import weak_order
from annotation.task_kinds.base import STRENGTHS
from annotation.task_kinds.catalog import TASK_KINDS
from exports.batches import Batch
from exports.frozen import Ints

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNDECIDED = 2
"""Of a unit: neither of the two is ahead."""

NO_STRENGTH = len(STRENGTHS)
_MARGINS = np.array([*(MARGIN_OF_STRENGTH[name] for name in STRENGTHS), 0.0])


@dataclass(frozen=True)
class Votes:
    """Every comparison that the judgments imply, by judgment (n,), and the units they are of.

    ``judgment`` is a row of `Batch.said`, ``unit`` a row of the units (u,), which are every two
    things of every task in order: ``task``, ``i``, ``j``. ``said`` is FIRST, SECOND or TIE,
    ``strength`` indexes into STRENGTHS. ``things`` (tasks,) is how many a task compares.
    """

    judgment: Ints
    unit: Ints
    said: Ints
    strength: Ints
    task: Ints
    i: Ints
    j: Ints
    things: Ints
    unit_at: Ints


@dataclass(frozen=True)
class Together:
    """What was said of each unit (u,): ``p`` (u, 3) for first, second and tie, ``n`` judgments,
    ``best`` is 0, 1 or UNDECIDED, ``margin`` rounded, ``strength`` the usual one; and of each task
    the ``agreement``, nan where there is none."""

    p: Floats
    n: Ints
    best: Ints
    margin: Floats
    strength: Ints
    agreement: Floats


def votes_of(batch: Batch) -> Votes:
    """Read every distinct answer once and lay out what it says."""
    kinds = batch.tasks["kind"].combine_chunks()
    names = kinds.dictionary.to_pylist()
    kind = kinds.indices.to_numpy().astype(np.int64)
    k = np.diff(batch.place_at)
    things = k + np.array([TASK_KINDS[name].has_bar for name in names])[kind]
    owner = np.repeat(np.arange(len(batch)), np.diff(batch.said_at))
    answers = batch.said["answer"].combine_chunks()
    texts = answers.dictionary.to_pylist()
    shape = (kind * 16 + k)[owner] * len(texts) + answers.indices.to_numpy()
    distinct, which = np.unique(shape, return_inverse=True)
    rows = [_outcomes(names, code // len(texts), texts[code % len(texts)]) for code in distinct]
    sizes = np.array([len(found) for found in rows], dtype=np.int64)
    flat = np.array([row for found in rows for row in found], dtype=np.int64).reshape(-1, 4)
    many = sizes[which]
    judgment = np.repeat(np.arange(len(which)), many)
    within = np.arange(len(judgment)) - np.repeat(np.cumsum(many) - many, many)
    i, j, said, strength = flat[(np.cumsum(sizes) - sizes)[which[judgment]] + within].T
    units = things * (things - 1) // 2
    unit_at = np.concatenate([[0], np.cumsum(units)])
    task = owner[judgment]
    m = things[task]
    unit = unit_at[task] + i * (2 * m - i - 1) // 2 + (j - i - 1)
    first, second = _places(things)
    of_task = np.repeat(np.arange(len(batch)), units)
    return Votes(judgment, unit, said, strength, of_task, first, second, things, unit_at)


def together(
    batch: Batch, votes: Votes, reliabilities: Reliabilities | None, every: int
) -> Together:
    """Put the votes together; tasks get their posteriors `every` so many at a time."""
    u = len(votes.task)
    counts = np.bincount(votes.unit * 3 + votes.said, minlength=u * 3).reshape(u, 3)
    n = counts.sum(axis=1)
    p = (counts + np.array([1, 1, 0])) / (n + 2)[:, None]
    if reliabilities is not None:
        _weigh(p, batch, votes, reliabilities, every)
    best = _best(p, n)
    for_best = votes.said == best[votes.unit]
    named = for_best & (votes.strength < NO_STRENGTH)
    at = votes.unit[named]
    given = np.bincount(at, minlength=u)
    total = np.bincount(at, _MARGINS[votes.strength[named]], u)
    by_strength = np.bincount(at * 4 + votes.strength[named], minlength=u * 4).reshape(u, 4)
    # Of equals the weaker: the last of the largest.
    usual = 3 - np.argmax(by_strength[:, ::-1], axis=1)
    return Together(
        p=p,
        n=n,
        best=best,
        margin=rounded(total / np.maximum(given, 1)),
        strength=np.where(given > 0, usual, NO_STRENGTH),
        agreement=_agreement(counts, n, votes),
    )


def ranks_of(votes: Votes, found: Together, tasks: Ints) -> list[list[int] | None]:
    """The weak order of each of `tasks`; each distinct pattern of comparisons is ordered once."""
    signs = np.where(found.n == 0, 3, np.array([1, -1, 0])[found.best])
    known: dict[tuple[int, bytes], list[int] | None] = {}
    ranks = []
    for task in tasks.tolist():
        start, end = votes.unit_at[task], votes.unit_at[task + 1]
        pattern = signs[start:end]
        key = int(votes.things[task]), pattern.tobytes()
        if key not in known:
            pairs = zip(combinations(range(key[0]), 2), pattern.tolist(), strict=True)
            known[key] = weak_order(key[0], [(i, j, s) for (i, j), s in pairs if s != 3])
        ranks.append(known[key])
    return ranks


def rounded(values: Floats) -> Floats:
    """`values` as Python's round gives them, which numpy's does not always."""
    distinct, which = np.unique(values, return_inverse=True)
    return np.array([round(value, DECIMALS) for value in distinct.tolist()], np.float64)[which]


def by_distinct(codes: Ints, make: Callable[[int], Any]) -> list[Any]:
    """`make` of each code, made once for each distinct one."""
    known: dict[int, Any] = {}
    for code in np.unique(codes).tolist():
        known[code] = make(code)
    return [known[code] for code in codes.tolist()]


def _outcomes(names: list[str], shape: int, text: str) -> list[tuple[int, int, int, int]]:
    found = TASK_KINDS[names[shape // 16]].outcomes(json.loads(text), int(shape % 16))
    return [(o.i, o.j, said_of(o), _strength(o.strength)) for o in found]


def _strength(name: str | None) -> int:
    return STRENGTHS.index(name) if name else NO_STRENGTH


def _places(things: Ints) -> tuple[Ints, Ints]:
    """The places of every two things of every task, in order."""
    pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for m in np.unique(things).tolist():
        pairs[m] = list(combinations(range(m), 2))
    if len(pairs) == 1:
        (only,) = pairs.values()
        flat = np.tile(np.array(only, dtype=np.int64).reshape(-1, 2), (len(things), 1))
    else:
        rows = [pair for m in things.tolist() for pair in pairs[m]]
        flat = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return flat[:, 0], flat[:, 1]


def _best(p: Floats, n: Ints) -> Ints:
    """`annotation.consensus.methods.aggregate.winner`, for all units."""
    total = (n + 2)[:, None]
    counts = p * total
    votes = np.rint(counts)
    near = (np.abs(counts - votes) <= total * 10**-DECIMALS).all(axis=1)
    plain = near & (votes[:, :2].min(axis=1, initial=np.inf) >= 1) & (votes.sum(axis=1) == n + 2)
    sides = np.where(plain[:, None], votes - np.array([1, 1, 0]), p)
    first, second, tied = sides.T
    return np.where(
        first > np.maximum(second, tied),
        0,
        np.where(second > np.maximum(first, tied), 1, UNDECIDED),
    )


def _agreement(counts: Ints, n: Ints, votes: Votes) -> Floats:
    tasks = len(votes.things)
    same = np.bincount(votes.task, (counts * (counts - 1)).sum(axis=1), tasks)
    pairs = np.bincount(votes.task, n * (n - 1), tasks)
    return np.where(pairs > 0, same / np.maximum(pairs, 1), np.nan)


def _weigh(p: Floats, batch: Batch, votes: Votes, held: Reliabilities, every: int) -> None:
    """Put the posteriors of compared units into `p`."""
    posterior = CONSENSUS_METHODS[held.method].posterior
    if posterior is None:
        return
    speakers, names = _speakers(batch)
    task = votes.task[votes.unit]
    for start in range(0, len(batch), every):
        low, high = np.searchsorted(task, (start, start + every))
        if low == high:
            continue
        some = slice(low, high)
        who, order = _in_order_met(speakers[votes.judgment[some]])
        unit = votes.unit[some]
        made = comparisons(task[some] - start, votes.i[unit], votes.j[unit], who, votes.said[some])
        answers = Answers(made, [names[code] for code in order])
        shares = posterior(answers, held)[:, :2]
        compared = np.unique(unit)
        p[compared, :2] = rounded(shares.ravel()).reshape(-1, 2)
        p[compared, 2] = rounded(np.maximum(1.0 - p[compared, 0] - p[compared, 1], 0.0))


def _speakers(batch: Batch) -> tuple[Ints, list[str]]:
    """A number for who speaks in each judgment, and the key of each number."""
    keys, standings = (batch.said[name].combine_chunks() for name in ("key", "standing"))
    of_key, of_standing = keys.dictionary.to_pylist(), standings.dictionary.to_pylist()
    width = len(of_standing)
    codes = keys.indices.to_numpy().astype(np.int64) * width + standings.indices.to_numpy()
    distinct, which = np.unique(codes, return_inverse=True)
    names = [speaker(of_key[c // width], of_standing[c % width]) for c in distinct.tolist()]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names])[which], list(numbers)


def _in_order_met(codes: Ints) -> tuple[Ints, list[int]]:
    """`codes` numbered anew in the order they are met, and which they were: sums of floats depend
    on the order of labelers."""
    distinct, first, which = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place[which], distinct[order].tolist()
