"""Evidence that one labeler repeats another: they agree where two independent people would not.

Good labelers agree because both are right; what gives a copier away is being wrong together, above
all where the others say something else. Evidence for somebody to look at, not a verdict: people of
one school or one culture may be wrong together, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, logit, logsumexp

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.falling import UNKNOWN

_HARDNESS = np.array([-3.0, -1.5, 0.0, 1.5])
_HARDNESS_SHARE = np.array([0.1, 0.2, 0.4, 0.3])
"""How much log odds of being right an item may take or give, and how often: on some items nearly
everyone errs, and erring together there is no sign of copying."""

_COPIED = 0.9
"""The share of shared items that a copier copies, under the hypothesis that there is one."""

_PAIRS_AT_ONCE = 1_000_000
_MOST_PAIRS = 8_000_000


@dataclass(frozen=True)
class Copied:
    """Labeler ``who`` seems to repeat ``whom``, numbers as given.

    ``evidence`` in nats against ``threshold``; of ``shared`` items on which ``who`` came second
    they said the same of ``same``, where ``expected`` would be usual; of ``contradicted`` items
    where the others said otherwise than ``whom``, ``who`` repeated ``repeated``.
    """

    who: int
    whom: int
    evidence: float
    threshold: float
    shared: int
    same: int
    expected: float
    contradicted: int
    repeated: int


def copied(
    unit: IntArray,
    labeler: IntArray,
    said: IntArray,
    gold: IntArray,
    order: IntArray,
    accuracy: FloatArray,
    *,
    task: IntArray,
    asked: NDArray[np.bool_] | None = None,
    false_alarm: float = 0.01,
) -> list[Copied]:
    """Every two labelers of whom one seems to repeat the other, strongest evidence first.

    ``unit``, ``labeler``, ``said``, ``gold``, ``order``, ``task`` (n,) as in `ongoing.watch`;
    ``accuracy`` (labelers,); only rows that are ``asked`` (n,) are held against each other. Per
    shared comparison, with P over truth t and hardness d given what all others said: independent
    ``P(x, y) = sum P(t, d) p(x | t, d) p(y | t, d)``; copied, y being the later answer,
    ``c [y = x] P(x) + (1 - c) P(x, y)``. Evidence is the sum of the logarithms of their ratios, in
    each direction by itself; comparisons of one ranking count by 2 / K. It must exceed
    ``log(directions / false_alarm)``, so that a project of honest people has a false alarm with at
    most that probability.
    """
    n = int(labeler.max()) + 1 if len(labeler) else 0
    if n < 2:
        return []
    log_class = _log_answers(said, accuracy[labeler])
    prior = np.log(np.repeat(_HARDNESS_SHARE[None] / 2, 2, axis=0)).ravel()
    n_units = int(unit.max()) + 1
    by_unit = prior + np.column_stack(
        [np.bincount(unit, column, minlength=n_units) for column in log_class.T]
    )
    by_unit = _with_gold(by_unit, unit, gold)
    rows = np.arange(len(unit)) if asked is None else np.flatnonzero(asked)
    sums = [sparse.csr_array((n, n))] * 6
    for pairs in _pairs_within(unit[rows], order[rows]):
        first, second = rows[pairs[0]], rows[pairs[1]]
        others = by_unit[unit[first]] - log_class[first] - log_class[second]
        others -= logsumexp(others, axis=1, keepdims=True)
        log_x = logsumexp(others + log_class[first], axis=1)
        log_xy = logsumexp(others + log_class[first] + log_class[second], axis=1)
        same = said[first] == said[second]
        ratio = np.logaddexp(
            np.where(same, np.log(_COPIED) + log_x, -np.inf), np.log1p(-_COPIED) + log_xy
        )
        independent_same = np.where(same, np.exp(log_xy - log_x), 1 - np.exp(log_xy - log_x))
        truth = others.reshape(len(others), 2, -1)
        against = logsumexp(truth[np.arange(len(truth)), 1 - said[first]], axis=1) > np.log(0.6)
        weight = _weights(task, first, second, labeler)
        direction = (labeler[second], labeler[first])
        columns = (weight * (ratio - log_xy), np.ones(len(same)), same, independent_same)
        sums = [
            total + sparse.csr_array((column.astype(np.float64), direction), shape=(n, n))
            for total, column in zip(sums, (*columns, against, against & same), strict=True)
        ]
    return _beyond(sums, false_alarm)


def _beyond(sums: list[sparse.csr_array], false_alarm: float) -> list[Copied]:
    threshold = float(np.log(max(sums[1].nnz, 1) / false_alarm))
    evidence = sums[0].tocoo()
    found = [
        Copied(
            who=int(who),
            whom=int(whom),
            evidence=float(sums[0][who, whom]),
            threshold=threshold,
            shared=int(sums[1][who, whom]),
            same=int(sums[2][who, whom]),
            expected=float(sums[3][who, whom]),
            contradicted=int(sums[4][who, whom]),
            repeated=int(sums[5][who, whom]),
        )
        for who, whom, nats in zip(*evidence.coords, evidence.data, strict=True)
        if nats >= threshold
    ]
    return sorted(found, key=lambda each: -each.evidence)


def _log_answers(said: IntArray, accuracy: FloatArray) -> FloatArray:
    """log p(answer | truth, hardness), shape (n, 2 * hardness): truth 0 first."""
    right = expit(logit(np.clip(accuracy, 0.02, 0.98))[:, None] + _HARDNESS[None, :])
    as_truth = np.stack([said == 0, said == 1], axis=1)[:, :, None]
    log_p: FloatArray = np.log(np.where(as_truth, right[:, None, :], 1 - right[:, None, :]))
    return log_p.reshape(len(said), -1)


def _with_gold(by_unit: FloatArray, unit: IntArray, gold: IntArray) -> FloatArray:
    """Where the truth is known, the other one is impossible (nearly: gold errs as well)."""
    known = gold != UNKNOWN
    wrong = np.zeros((len(by_unit), 2), dtype=bool)
    wrong[unit[known], 1 - gold[known]] = True
    penalty: FloatArray = np.repeat(np.where(wrong, np.log(1e-3), 0.0), len(_HARDNESS), axis=1)
    return by_unit + penalty


def _pairs_within(unit: IntArray, order: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows of the same unit, two by two, the earlier one first, in blocks.

    Of more than eight million, the last ones only: somebody who copies now is found now.
    """
    rows = np.lexsort((order, unit))
    starts = np.flatnonzero(np.diff(unit[rows], prepend=-1))
    sizes = np.diff(np.append(starts, len(rows)))
    left = _MOST_PAIRS
    for size in np.unique(sizes[sizes > 1]):
        first, second = np.triu_indices(size, 1)
        begins = starts[sizes == size][-max(1, left // len(first)) :]
        at_once = max(1, _PAIRS_AT_ONCE // len(first))
        for begin in range(0, len(begins), at_once):
            block = begins[begin : begin + at_once, None]
            yield rows[block + first].ravel(), rows[block + second].ravel()
        left -= len(begins) * len(first)
        if left <= 0:
            return


def _weights(task: IntArray, first: IntArray, second: IntArray, labeler: IntArray) -> FloatArray:
    """2 / K where K things were compared in a task: of its comparisons only K - 1 are free."""
    n = int(labeler.max()) + 1
    key = (task[first].astype(np.int64) * n + labeler[first]) * n + labeler[second]
    _, which, counts = np.unique(key, return_inverse=True, return_counts=True)
    weights: FloatArray = 4 / (1 + np.sqrt(1 + 8 * counts[which]))
    return weights
