"""From what each labeler said of a task to what they say together, by any method.

Pure functions of the answers and of what was fitted before, so that an export computes the
consensus of exactly the judgments it reads. A tie stays a tie and a cycle gives no order.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from annotation.consensus.methods.base import DECIMALS, Answers, Reliabilities
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.stats.crowd_comparisons import comparisons
from annotation.stats.rankings import weak_order
from annotation.stats.rao_kupper import FIRST, SECOND, TIE
from annotation.task_kinds.base import Outcome

MARGIN_OF_STRENGTH = {"significantly": 1.0, "better": 2 / 3, "slightly": 1 / 3, "negligibly": 0.0}
"""The margins of exports.records, which reads this app and so cannot be read from here."""

Pair = tuple[int, int]
Posterior = tuple[float, float, float]


@dataclass(frozen=True)
class Aggregate:
    """What several answers to one task say together.

    ``comparisons`` holds one dict per pair i < j with the fields of exports.records.Comparison;
    ``ranks`` is the weak order they form (1 is best), None where they form none; ``agreement`` is
    the share of labeler pairs who said the same of a pair of responses, None below two answers.
    """

    comparisons: list[dict[str, Any]]
    ranks: list[int] | None
    agreement: float | None


@dataclass(frozen=True)
class Spoken:
    """All answers to one task about ``k`` things, and the key of the labeler of each."""

    answers: Sequence[Sequence[Outcome]]
    labelers: Sequence[str]
    k: int


def aggregate(
    answers: Sequence[Sequence[Outcome]],
    k: int,
    *,
    labelers: Sequence[str] = (),
    reliabilities: Reliabilities | None = None,
) -> Aggregate:
    """The consensus of `answers` about `k` things (`TaskKind.compared`).

    Without `reliabilities` it is the majority's: with w votes for i, l for j and t ties among n,
    the posterior is the rule of succession over the two decided outcomes: p_i = (w + 1) / (n + 2),
    p_j = (l + 1) / (n + 2), p_tie = t / (n + 2). With them it is that of their method, for answers
    by `labelers`. ``margin`` is the mean margin of the strengths given with votes for the winner.
    What nobody compared has n = 0 and is no tie: it takes no part in the ranks.
    """
    spoken = Spoken(answers, labelers, k)
    return aggregate_all([spoken], reliabilities)[0]


def aggregate_all(
    tasks: Sequence[Spoken], reliabilities: Reliabilities | None = None
) -> list[Aggregate]:
    """The consensus of each task, as `aggregate` has it; many at once are faster."""
    if reliabilities is None:
        return [_of_task(task, {}) for task in tasks]
    found = _posteriors(tasks, reliabilities)
    return [_of_task(task, posterior) for task, posterior in zip(tasks, found, strict=True)]


def winner(comparison: Mapping[str, Any]) -> int | None:
    """Which of the two is decided to be better; None where they are tied or undecided.

    A posterior decides for the side that is ahead of the other and of a tie; equal ones decide
    nothing. Those of a majority hold one vote too many for either side, which is taken off: the
    votes decide.
    """
    sides = comparison["p_i"], comparison["p_j"], comparison["p_tie"]
    won_i, won_j, tied = _votes(sides, comparison["n"]) or sides
    if won_i > max(won_j, tied):
        return int(comparison["i"])
    return int(comparison["j"]) if won_j > max(won_i, tied) else None


def is_tied(comparison: Mapping[str, Any]) -> bool:
    """Whether a tie is ahead of either side; what is neither decided nor tied is undecided."""
    sides = comparison["p_i"], comparison["p_j"], comparison["p_tie"]
    won_i, won_j, tied = _votes(sides, comparison["n"]) or sides
    return bool(comparison["n"]) and tied > max(won_i, won_j)


def _votes(posterior: Posterior, n: int) -> Posterior | None:
    """The votes behind the posteriors of a majority; None where they are of another method.

    Only theirs are whole numbers over n + 2 with at least one for either side.
    """
    total = n + 2
    counts = [p * total for p in posterior]
    whole = [round(count) for count in counts]
    near = all(abs(c - w) <= total * 10**-DECIMALS for c, w in zip(counts, whole, strict=True))
    if not near or min(whole[:2]) < 1 or sum(whole) != total:
        return None
    return whole[0] - 1, whole[1] - 1, whole[2]


def _of_task(task: Spoken, posterior: Mapping[Pair, Posterior]) -> Aggregate:
    said: dict[Pair, list[Outcome]] = {pair: [] for pair in combinations(range(task.k), 2)}
    for outcomes in task.answers:
        for outcome in outcomes:
            said[outcome.i, outcome.j].append(outcome)
    compared = [_compare(pair, votes, posterior.get(pair)) for pair, votes in said.items()]
    ranks = weak_order(task.k, [(c["i"], c["j"], _sign(c)) for c in compared if c["n"]])
    return Aggregate(compared, ranks, _agreement(said.values()))


def _compare(pair: Pair, votes: Sequence[Outcome], known: Posterior | None) -> dict[str, Any]:
    n = len(votes)
    if known is None:
        counted = Counter(vote.winner for vote in votes)
        i, j = pair
        known = (counted[i] + 1) / (n + 2), (counted[j] + 1) / (n + 2), counted[None] / (n + 2)
    comparison = {
        **{"i": pair[0], "j": pair[1]},
        **{"p_i": known[0], "p_j": known[1], "p_tie": known[2]},
        **{"margin": 0.0, "n": n},
    }
    best = winner(comparison)
    margins = [
        MARGIN_OF_STRENGTH[vote.strength]
        for vote in votes
        if best is not None and vote.winner == best and vote.strength
    ]
    if margins:
        comparison["margin"] = sum(margins) / len(margins)
    return comparison


def _sign(comparison: Mapping[str, Any]) -> int:
    best = winner(comparison)
    return 0 if best is None else 1 if best == comparison["i"] else -1


def _agreement(said: Iterable[Sequence[Outcome]]) -> float | None:
    same = pairs = 0
    for votes in said:
        counts = Counter(vote.winner for vote in votes).values()
        pairs += len(votes) * (len(votes) - 1)
        same += sum(count * (count - 1) for count in counts)
    return same / pairs if pairs else None


def _posteriors(
    tasks: Sequence[Spoken], reliabilities: Reliabilities
) -> list[dict[Pair, Posterior]]:
    """The fitted posterior of every compared pair of every task, rounded, summing to 1."""
    found: list[dict[Pair, Posterior]] = [{} for _ in tasks]
    method = CONSENSUS_METHODS[reliabilities.method]
    answers = laid_out(enumerate(tasks))
    if method.posterior is None or not len(answers.comparisons.task):
        return found
    made = answers.comparisons
    rows = zip(
        made.unit_task.tolist(),
        made.unit_first.tolist(),
        made.unit_second.tolist(),
        method.posterior(answers, reliabilities).tolist(),
        strict=True,
    )
    for task, i, j, (p_i, p_j, _p_tie) in rows:
        first, second = round(p_i, DECIMALS), round(p_j, DECIMALS)
        tie = round(max(1.0 - first - second, 0.0), DECIMALS)
        found[task][i, j] = (first, second, tie)
    return found


def said_of(outcome: Outcome) -> int:
    """FIRST, SECOND or TIE."""
    if outcome.winner is None:
        return TIE
    return FIRST if outcome.winner == outcome.i else SECOND


def laid_out(tasks: Iterable[tuple[int, Spoken]], *, symmetric: bool = True) -> Answers:
    """Answers to numbered tasks as arrays; the numbers need not be dense, only rising."""
    names: dict[str, int] = {}
    # Eight bytes a number: a project may have millions of comparisons.
    columns = tuple(array("q") for _ in range(5))
    for number, task in tasks:
        for key, outcomes in zip(task.labelers, task.answers, strict=True):
            who = names.setdefault(key, len(names))
            for o in outcomes:
                values = (number, o.i, o.j, who, said_of(o))
                for column, value in zip(columns, values, strict=True):
                    column.append(value)
    task, first, second, labeler, said = (np.array(column) for column in columns)
    found = comparisons(task, first, second, labeler, said)
    return Answers(found, list(names), symmetric)
