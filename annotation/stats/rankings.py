"""What rankings say together: Plackett-Luce strengths, weak orders, implied comparisons.

Ties stay ties: a tie stands for every order of its members with equal weight, and comparisons that
no weak order fits give no ranks. How far rankings agree is in `rank_agreement`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.bradley_terry import Strengths, check_connected, inverse_information
from annotation.stats.coefficient import codes

Comparison = tuple[int, int, int]
"""(i, j, sign): 1 where i is better, -1 where j is better, 0 for a tie."""

Choices = dict[tuple[int, ...], float]
"""How often (in halves and thirds where there are ties) the best of a set of items was named."""

Pairs = dict[tuple[int, int], float]
"""How often the first of two items came before the second."""


def implied_comparisons(ranks: Sequence[float]) -> list[Comparison]:
    """All K(K-1)/2 comparisons of one ranking, i < j: ranks (K,), 1 is best, equal is a tie."""
    return [
        (i, j, int(ranks[i] < ranks[j]) - int(ranks[i] > ranks[j]))
        for i, j in combinations(range(len(ranks)), 2)
    ]


def weak_order(k: int, comparisons: Iterable[Comparison]) -> list[int] | None:
    """The ranks (1 is best, ties share the better rank: 1, 2, 2, 4) that fit all comparisons.

    None where no weak order fits (a cycle, or a tie chain around a decided pair), and where the
    comparisons and what follows from them leave two of the k items without a relation: an order
    is never invented.
    """
    strict = np.zeros((k, k), dtype=bool)
    reaches = np.eye(k, dtype=bool)
    for i, j, sign in comparisons:
        if not (0 <= i < k and 0 <= j < k and i != j):
            raise ValueError(f"Comparison of {i} and {j} among {k} items; give two of 0..{k - 1}.")
        better, worse = (i, j) if sign >= 0 else (j, i)
        reaches[better, worse] = True
        if sign == 0:
            reaches[worse, better] = True
        else:
            strict[better, worse] = True
    for middle in range(k):  # Warshall: at least as good as, through the middle
        reaches |= reaches[:, middle : middle + 1] & reaches[middle : middle + 1, :]
    if (strict & reaches.T).any() or not (reaches | reaches.T).all():
        return None
    above = (reaches & ~reaches.T).sum(axis=0)
    return [int(n) + 1 for n in above]


def plackett_luce(
    items: ArrayLike,
    ranks: ArrayLike,
    *,
    prior: float = 0.0,
    tolerance: float = 1e-10,
    max_iterations: int = 100_000,
) -> Strengths:
    """Plackett-Luce strengths of items from rankings of some of them, by Hunter's MM (2004).

    ``items`` (n, K) integer ids, ``ranks`` (n, K): 1 is best, equal ranks are ties, nan leaves a
    place out. A ranking is a series of choices of the best of what is left,
    ``P(i | S) = p_i / sum_{j in S} p_j``; a tie counts as the mean over all orders of its members
    (for two items, half a win each, so that pairs give Bradley-Terry). One step is
    ``p_i <- W_i / sum_{S with i} n_S / sum_{j in S} p_j``. ``prior`` and the refusal of data
    without a finite maximum are those of `bradley_terry`.
    """
    ids, won, choices, beats = _counted(items, ranks)
    k = len(ids)
    virtual = list(combinations(range(k), 2)) if prior else []
    place, owner, real = _flat(choices, virtual)
    counts = real.copy()
    observed = won.copy()
    if virtual:
        counts[-len(virtual) :] += prior
        won += prior * (k - 1) / 2
        beats += prior / 2 * (1 - np.eye(k))
    check_connected(beats, ids)
    log_p = np.zeros(k)
    change, iteration = math.inf, 0
    while change > tolerance and iteration < max_iterations:
        p = np.exp(log_p)
        totals = np.bincount(owner, weights=p[place])
        share = np.bincount(place, weights=(counts / totals)[owner], minlength=k)
        moved = np.log(won / share) if k > 1 else log_p
        moved -= moved.mean()
        change = float(np.abs(moved - log_p).max())
        log_p = moved
        iteration += 1
    totals = np.bincount(owner, weights=np.exp(log_p)[place])
    return Strengths(
        ids=ids,
        strength=log_p,
        covariance=inverse_information(_information(log_p, place, owner, counts)),
        log_likelihood=float(observed @ log_p - real @ np.log(totals)),
        iterations=iteration,
        converged=change <= tolerance,
    )


def _counted(
    items: ArrayLike, ranks: ArrayLike
) -> tuple[IntArray, FloatArray, Choices, FloatArray]:
    """Ids (k,), choices won (k,), choice sets with their counts, and who beat whom (k, k)."""
    given, order = np.asarray(items), np.asarray(ranks, dtype=np.float64)
    if given.ndim != 2 or given.shape != order.shape:
        raise ValueError(f"items {given.shape} and ranks {order.shape} differ; give (n, K) each.")
    there = ~np.isnan(order)
    ids, flat = codes(given[there].astype(np.int64))
    place = np.full(given.shape, -1)
    place[there] = flat
    won = [0.0] * len(ids)
    beats: Pairs = {}
    choices: Choices = {}
    # Equal rankings are counted once, with their number.
    rows = Counter(
        tuple(sorted((float(r), int(i)) for i, r in zip(p, o, strict=True) if i >= 0))
        for p, o in zip(place, order, strict=True)
    )
    for row, times in rows.items():
        members = [i for _, i in row]
        if len(set(members)) < len(members):
            raise ValueError("A ranking names an item twice; give each item once.")
        groups: dict[float, list[int]] = {}
        for rank, i in row:
            groups.setdefault(rank, []).append(i)
        left = members
        for group in groups.values():
            left = [i for i in left if i not in group]
            _choose(group, left, float(times), won, choices, beats)
    met = np.zeros((len(ids), len(ids)))
    for (better, worse), often in beats.items():
        met[better, worse] = often
    return ids, np.array(won), choices, met


def _choose(
    group: list[int],
    left: list[int],
    times: float,
    won: list[float],
    choices: Choices,
    beats: Pairs,
) -> None:
    """Count the choices in which a tied group comes before what is left.

    Averaged over the t! orders of the group, each of its subsets of size s is what remains of it
    in a share 1 / C(t, s) of them, so 2^t - 1 weighted choices replace t! orders.
    """
    t = len(group)
    for s in range(1, t + 1):
        if s + len(left) < 2:
            continue
        for i in group:
            won[i] += times / t
        for subset in combinations(group, s):
            chosen_from = tuple(sorted([*subset, *left]))
            choices[chosen_from] = choices.get(chosen_from, 0.0) + times / math.comb(t, s)
    for i in group:
        for j in left:
            beats[i, j] = beats.get((i, j), 0.0) + times
        for j in group:
            if i != j:
                beats[i, j] = beats.get((i, j), 0.0) + times / 2


def _flat(
    choices: Choices, virtual: Sequence[tuple[int, ...]]
) -> tuple[IntArray, IntArray, FloatArray]:
    """Members of all sets one after the other, the set each belongs to, and the sets' counts.

    The virtual sets follow the counted ones, with count 0.
    """
    sets = [*choices, *virtual]
    place = np.array([i for members in sets for i in members], dtype=np.int64)
    owner = np.repeat(np.arange(len(sets)), [len(members) for members in sets])
    return place, owner, np.array([*choices.values(), *[0.0] * len(virtual)])


def _information(log_p: FloatArray, place: IntArray, owner: IntArray, n: FloatArray) -> FloatArray:
    """Sum over choice sets of n (diag(q) - q q'), q (k,) the probabilities within the set."""
    p = np.exp(log_p)[place]
    q = csr_array((p / np.bincount(owner, weights=p)[owner], (owner, place)), (len(n), len(log_p)))
    met: FloatArray = np.diag(q.T @ n) - (q.T @ q.multiply(n[:, None]).tocsr()).toarray()
    return met
