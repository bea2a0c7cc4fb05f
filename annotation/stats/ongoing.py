"""Whom to stop and whom to look at, from the answers so far: falling and copying put together.

Arrays in, findings out: the site runs it on its database every half minute, the bench on simulated
people. A labeler whose accuracy has fallen is to be paused; one who seems to copy, looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.coefficient import codes
from annotation.stats.copying import Copied, copied
from annotation.stats.falling import (
    UNKNOWN,
    cusum,
    log_ratios,
    own_levels,
    poor_level,
    reliabilities,
    threshold_for,
    usual_level,
    usual_steps,
)

Watching = Literal["usual", "own"]

WANTED = 2000.0
"""Answers of a labeler at the usual level for one false alarm, of both watches together."""

_PART: dict[Watching, float] = {"usual": 2 / 3, "own": 1 / 3}
"""The part of the false alarms that each watch may have."""

POOR_SHARE = 0.2
"""What is bad lies a fifth of the way from chance to the project's usual accuracy."""

FALLEN_SHARE = 0.4
"""A fall from somebody's own past: to two fifths of the way from chance to it."""

LEAST_USUAL = 0.6
"""Where even the usual labeler is nearer to chance than this, nobody can be told from anybody."""


@dataclass(frozen=True)
class Path:
    """The evidence against one labeler after each of their tasks.

    ``task`` (t,): the tasks in the order of answering; ``score`` (t,): the CUSUM in nats;
    ``threshold``: where it is enough; ``good`` the accuracy it was held against in the end.
    """

    task: IntArray
    score: FloatArray
    threshold: float
    good: float

    @property
    def crossed(self) -> int | None:
        """After how many tasks (from 1) it was enough; None while it is not."""
        beyond = np.flatnonzero(self.score >= self.threshold)
        return int(beyond[0]) + 1 if len(beyond) else None


@dataclass(frozen=True)
class Watched:
    """Everything found about the work so far.

    ``labelers`` (L,) and ``tasks`` (T,) as given, sorted; ``accuracy`` (L,). ``right`` (n,) is the
    probability, by gold or by the others, that each answer is right, ``weight`` (n,) what it
    counts. ``paths`` by labeler (number) and watch; ``copies`` with numbers of labelers.
    """

    labelers: NDArray[Any]
    tasks: NDArray[Any]
    accuracy: FloatArray
    right: FloatArray
    weight: FloatArray
    usual: float
    poor: float
    paths: dict[int, dict[Watching, Path]]
    copies: list[Copied]


@dataclass(frozen=True)
class Finding:
    """One labeler to be paused (``fell``, ``fell_from_own``) or looked at (``copies``).

    ``after`` counts their tasks up to the one at which the evidence was enough, None for copying.
    ``evidence`` and ``threshold`` are in nats; ``whom`` is who seems to be copied.
    """

    labeler: Any
    reason: Literal["fell", "fell_from_own", "copies"]
    pauses: bool
    evidence: float
    threshold: float
    after: int | None = None
    whom: Any = None


def watch(
    items: ArrayLike,
    labelers: ArrayLike,
    said: ArrayLike,
    *,
    gold: ArrayLike | None = None,
    order: ArrayLike | None = None,
    tasks: ArrayLike | None = None,
    since: ArrayLike | None = None,
    paired: ArrayLike | None = None,
    wanted: float = WANTED,
) -> Watched:
    """Hold everybody's work against the project's usual level, their own past, and each other.

    ``items``, ``labelers``, ``said`` (n,): one row per answer to a comparison of two things, 0 or
    1, no ties. ``gold`` (n,): the right answer of the row's item, -1 where it is not known.
    ``order`` (n,): when it was said, by any clock (row after row if left out). ``tasks`` (n,):
    what was answered at once (each item by itself if left out); a ranking's comparisons stand or
    fall together and count 2 / K each. ``since`` (n,): whether the row is evidence for pausing
    (all if left out), and ``paired`` (n,) whether it is for copying; the others' answers are
    weighed with all rows either way.
    """
    _, unit = codes(items)
    labeler_ids, labeler = codes(labelers)
    task_ids, task = codes(items if tasks is None else tasks)
    value = np.asarray(said, dtype=np.int64)
    n = len(value)
    known = np.full(n, UNKNOWN) if gold is None else np.asarray(gold, dtype=np.int64)
    when = np.arange(n) if order is None else np.asarray(order)
    counts = np.ones(n, dtype=bool) if since is None else np.asarray(since, dtype=bool)
    if not len(unit) == len(labeler) == n == len(known) == len(when) == len(task) == len(counts):
        raise ValueError("The columns differ in length; give one entry per answer in each.")
    if not np.isin(value, (0, 1)).all():
        raise ValueError("said holds something else than 0 and 1; leave ties out.")
    if n == 0:
        empty = np.zeros(0)
        return Watched(labeler_ids, task_ids, empty, empty, empty, 0.5, 0.5, {}, [])
    accuracy, right = reliabilities(unit, labeler, value, known)
    weight = _weights(task, labeler, len(labeler_ids))
    usual = usual_level(accuracy, np.bincount(labeler))
    paths = _paths(labeler, task, when, right, weight, counts, usual, wanted)
    return Watched(
        labelers=labeler_ids,
        tasks=task_ids,
        accuracy=accuracy,
        right=right,
        weight=weight,
        usual=usual,
        poor=float(poor_level(usual, POOR_SHARE)),
        paths=paths,
        copies=copied(
            unit,
            labeler,
            value,
            known,
            when,
            accuracy,
            task=task,
            asked=None if paired is None else np.asarray(paired, dtype=bool),
        ),
    )


def findings(
    items: ArrayLike, labelers: ArrayLike, said: ArrayLike, **columns: Any
) -> list[Finding]:
    """Who is to be paused or looked at, and why; columns as in `watch`."""
    return findings_of(watch(items, labelers, said, **columns))


def findings_of(watched: Watched) -> list[Finding]:
    """The findings of `watch`: those who fell, then those who seem to copy."""
    found = []
    for number, paths in watched.paths.items():
        crossed = {name: path for name, path in paths.items() if path.crossed is not None}
        if crossed:
            name = min(crossed, key=lambda each: crossed[each].crossed or 0)
            path = crossed[name]
            found.append(
                Finding(
                    labeler=watched.labelers[number],
                    reason="fell" if name == "usual" else "fell_from_own",
                    pauses=True,
                    evidence=float(path.score.max()),
                    threshold=path.threshold,
                    after=path.crossed,
                )
            )
    copiers = [
        Finding(
            labeler=watched.labelers[each.who],
            reason="copies",
            pauses=False,
            evidence=each.evidence,
            threshold=each.threshold,
            whom=watched.labelers[each.whom],
        )
        for each in watched.copies
    ]
    return found + copiers


def _weights(task: IntArray, labeler: IntArray, n_labelers: int) -> FloatArray:
    """2 / K for each of the comparisons of K things: only K - 1 of them are free."""
    _, which, counts = np.unique(
        task * n_labelers + labeler, return_inverse=True, return_counts=True
    )
    weights: FloatArray = 4 / (1 + np.sqrt(1 + 8 * counts[which]))
    return weights


def _paths(
    labeler: IntArray,
    task: IntArray,
    when: NDArray[Any],
    right: FloatArray,
    weight: FloatArray,
    counts: NDArray[np.bool_],
    usual: float,
    wanted: float,
) -> dict[int, dict[Watching, Path]]:
    if usual < LEAST_USUAL:
        return {}
    thresholds: dict[Watching, float] = {}
    shares: dict[Watching, float] = {"usual": POOR_SHARE, "own": FALLEN_SHARE}
    for name, share in shares.items():
        poor = float(poor_level(usual, share))
        thresholds[name] = threshold_for(
            usual_steps(right, weight, task, usual, poor), wanted=wanted / _PART[name]
        )
    rows = np.lexsort((when, labeler))
    rows = rows[counts[rows]]
    paths: dict[int, dict[Watching, Path]] = {}
    for mine in np.split(rows, np.flatnonzero(np.diff(labeler[rows])) + 1):
        if len(mine):
            levels: dict[Watching, FloatArray] = {
                "usual": np.full(len(mine), usual),
                "own": own_levels(right[mine], weight[mine], usual),
            }
            paths[int(labeler[mine[0]])] = {
                name: _path(task[mine], right[mine], weight[mine], good, shares[name], limit)
                for (name, good), limit in zip(levels.items(), thresholds.values(), strict=True)
            }
    return paths


def _path(
    task: IntArray,
    right: FloatArray,
    weight: FloatArray,
    good: FloatArray,
    share: float,
    threshold: float,
) -> Path:
    """One labeler's CUSUM task by task, in the order of their answers."""
    steps = weight * np.nan_to_num(log_ratios(right, good, poor_level(good, share)))
    _, first, which = np.unique(task, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))
    by_task = np.bincount(place[which], steps)
    last = good[-1]
    return Path(
        task=task[np.sort(first)],
        score=cusum(by_task),
        threshold=threshold,
        good=float(last) if np.isfinite(last) else float("nan"),
    )
