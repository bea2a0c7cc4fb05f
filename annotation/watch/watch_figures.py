"""The figures of every labeler of a project, as pages and the API show them.

From arrays (`watched_work`) to plain values that JSON can hold, by the statistics of
`annotation.stats`. Storing, pausing and telling people is `watching`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from annotation.models import Judgment
from annotation.stats import habits
from annotation.stats.difficulty import Rasch, rasch
from annotation.stats.falling import UNKNOWN, Share, share_right
from annotation.stats.ongoing import Watched, watch
from annotation.stats.signals import Signal
from annotation.watch.plain_figures import plain_corrected, plain_path, plain_share, plain_signal
from annotation.watch.watched_work import Floats, Ints, Work

WINDOW = 50
"""Answers in a rolling score."""

_MOST_POINTS = 60


@dataclass(frozen=True)
class Measured:
    """What one look at a project found: ``figures`` by labeler key, and of its gold tasks how hard
    they are."""

    watched: Watched
    figures: dict[str, dict[str, Any]]
    difficulty: dict[int, float]


def measure(work: Work, since: Mapping[str, float]) -> Measured:
    """Everything about everybody; answers before ``since`` (key to epoch) are no evidence.

    Of imported labelers only the scores: nobody can be told anything, and when they answered is
    not known.
    """
    decided = np.flatnonzero(~work.tied)
    answer = work.answer[decided]
    labeler = work.labeler[answer]
    begin = np.array([since.get(key, -np.inf) for key in work.keys] or [0.0])
    here = np.array([key.startswith("p:") for key in work.keys] or [False])[work.labeler]
    of_work = (
        here & (work.standing != Judgment.Standing.PRACTICE) & (work.at >= begin[work.labeler])
    )
    watched = watch(
        work.unit[decided],
        labeler,
        work.said[decided],
        gold=work.gold[decided],
        order=work.at[answer],
        tasks=work.task[answer],
        since=of_work[answer],
        paired=here[answer],
    )
    view = _View(work, watched, decided, answer, labeler)
    fitted = view.rasch()
    number_of = {int(code): number for number, code in enumerate(watched.labelers)}
    figures = {
        key: view.figures(code, number_of.get(code), fitted)
        for code, key in enumerate(work.keys)
        if (work.standing[work.labeler == code] != Judgment.Standing.PRACTICE).any()
    }
    return Measured(watched, figures, view.gold_difficulty(fitted))


class _View:
    """The same rows looked at labeler by labeler, with what all share computed once."""

    def __init__(
        self, work: Work, watched: Watched, decided: Ints, answer: Ints, labeler: Ints
    ) -> None:
        self.work, self.watched = work, watched
        self.answer, self.labeler = answer, labeler
        self.unit, self.said = work.unit[decided], work.said[decided]
        self.gold = work.gold[decided]
        self.longer = work.longer[decided]
        self.others_seconds = _others_mean(
            work.task, np.log(np.where(work.seconds > 0, work.seconds, np.nan))
        )
        long = np.where(self.longer >= 0, self.longer, np.nan)
        self.others_longer = _others_mean(self.unit, long, plain=True)
        self.others_tied = _others_mean(work.unit, work.tied.astype(np.float64), plain=True)
        self.by_labeler = _groups(work.labeler, len(work.keys))
        self.rows_of = _groups(labeler, len(work.keys))
        self.units_of = _groups(work.labeler[work.answer], len(work.keys))
        self.shared = self._shared()

    def rasch(self) -> Rasch | None:
        """Difficulties from every answer about whose truth something is known."""
        lean = 2 * self.watched.right - 1
        weight = self.watched.weight * lean**2
        kept = weight > 0.05
        if not kept.any():
            return None
        return rasch(
            self.work.task[self.answer[kept]],
            self.labeler[kept],
            (lean[kept] > 0).astype(np.float64),
            weights=weight[kept],
        )

    def gold_difficulty(self, fitted: Rasch | None) -> dict[int, float]:
        """Of gold tasks: the log odds at which an average labeler fails them."""
        if fitted is None:
            return {}
        golden = np.unique(self.work.task[self.answer[self.gold != UNKNOWN]])
        place = np.searchsorted(fitted.items, golden)
        return {
            int(task): round(float(fitted.difficulty[row]), 3)
            for task, row in zip(golden, place, strict=True)
        }

    def figures(self, code: int, number: int | None, fitted: Rasch | None) -> dict[str, Any]:
        """Everything about one labeler, as plain values."""
        work = self.work
        mine = self.by_labeler[code]
        mine = mine[work.standing[mine] != Judgment.Standing.PRACTICE]
        rows = self.rows_of[code]
        rows = rows[work.standing[self.answer[rows]] != Judgment.Standing.PRACTICE]
        known = self.gold[rows] != UNKNOWN
        scores = {
            "answers": len(mine),
            "first_at": float(work.at[mine[0]]),
            "last_at": float(work.at[mine[-1]]),
            "gold": plain_share(self._right(rows[known])),
            "consensus": plain_share(self._right(rows[~known])),
            "corrected": plain_corrected(fitted, code),
        }
        if not work.keys[code].startswith("p:"):
            return scores
        paths = self.watched.paths.get(number, {}) if number is not None else {}
        return scores | {
            "rolling": {
                "gold": self._rolling(mine, rows[known]),
                "consensus": self._rolling(mine, rows[~known]),
            },
            "paths": {name: plain_path(path) for name, path in paths.items()},
            "signals": [plain_signal(signal, ids) for signal, ids in self._signals(code, mine)],
            "copies": self._copies(number),
            "sides": self._sides(rows),
            "pairs": self._pairs(code),
        }

    def _right(self, rows: Ints) -> Share:
        return share_right(self.watched.right[rows], self.watched.weight[rows])

    def _rolling(self, mine: Ints, rows: Ints) -> list[list[float | None]]:
        """[answers so far, score, low, high] of the last answers, at most every few answers."""
        if not len(rows):
            return []
        every = max(5, len(mine) // _MOST_POINTS)
        position = np.searchsorted(mine, self.answer[rows])
        points = []
        for end in [*range(every, len(mine), every), len(mine)]:
            # Gold is rarer than the window; a rolling gold score takes the last of its own.
            upto = rows[position < end][-WINDOW:]
            share = self._right(upto)
            if share.value is not None:
                found = (share.value, share.low, share.high)
                points.append([end, *(None if v is None else round(v, 4) for v in found)])
        return points

    def _signals(self, code: int, mine: Ints) -> list[tuple[Signal, Ints]]:
        """Each habit in choosing, and the judgments its rows are about."""
        work = self.work
        placed = mine[work.place[mine] >= 0]
        said = self.rows_of[code]
        asked = said[self.longer[said] >= 0]
        units = self.units_of[code]
        return [
            (
                habits.speed(work.seconds[mine], self.others_seconds[mine], work.skim[mine]),
                work.id[mine],
            ),
            (habits.straight_lining(work.place[placed]), work.id[placed]),
            (habits.position(work.place[placed], work.places[placed]), work.id[placed]),
            (
                habits.length(self.longer[asked] == 1, self.others_longer[asked]),
                work.id[self.answer[asked]],
            ),
            (
                habits.undecided(work.tied[units], self.others_tied[units]),
                work.id[work.answer[units]],
            ),
        ]

    def _copies(self, number: int | None) -> list[dict[str, Any]]:
        return [
            {
                **asdict(each),
                "who": self.work.keys[self.watched.labelers[each.who]],
                "whom": self.work.keys[self.watched.labelers[each.whom]],
            }
            for each in self.watched.copies
            if number in (each.who, each.whom)
        ]

    def _sides(self, rows: Ints) -> dict[str, dict[str, Any]]:
        """How often right by what was chosen: of the longer texts and of the shorter ones, of what
        stood first on screen and of what stood later."""
        first = self.work.place[self.answer[rows]]
        chosen: dict[str, NDArray[np.bool_]] = {
            "first": first == 0,
            "later": first > 0,
            "longer": self.longer[rows] == 1,
            "shorter": self.longer[rows] == 0,
        }
        return {
            name: {"n": int(mask.sum()), **plain_share(self._right(rows[mask]))}
            for name, mask in chosen.items()
        }

    def _shared(self) -> tuple[Ints, Ints]:
        """How many comparisons every two labelers share, and say the same of, both (L, L)."""
        shape = (len(self.work.keys), int(self.unit.max()) + 1 if len(self.unit) else 1)
        ones = np.ones(len(self.unit))
        by_side = [
            sparse.csr_array((ones[rows], (self.labeler[rows], self.unit[rows])), shape=shape)
            for rows in (self.said == 0, self.said == 1)
        ]
        both = by_side[0] + by_side[1]
        same = by_side[0] @ by_side[0].T + by_side[1] @ by_side[1].T
        return (both @ both.T).tocsr(), same.tocsr()

    def _pairs(self, code: int) -> list[list[Any]]:
        """[key, shared comparisons, the same said] of every other labeler with something shared."""
        shared, same = self.shared
        row = shared[[code]].tocoo()
        alike = same[[code]].toarray().ravel()
        return [
            [self.work.keys[other], int(n), int(alike[other])]
            for other, n in zip(row.coords[1], row.data, strict=True)
            if other != code
        ]


def _groups(labels: Ints, n: int) -> list[Ints]:
    """The rows of each label, in order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.searchsorted(labels[order], np.arange(1, n))) if n else []


def _others_mean(group: Ints, values: Floats, *, plain: bool = False) -> Floats:
    """Of each row, the mean of the others of its group, nan where there are none; of logarithms
    unless ``plain``, and then back again (a geometric mean)."""
    if not len(group):
        return np.zeros(0)
    _, which = np.unique(group, return_inverse=True)
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    total = np.bincount(which, filled)[which] - filled
    count = np.bincount(which, known)[which] - known
    mean = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean if plain else np.exp(mean)
