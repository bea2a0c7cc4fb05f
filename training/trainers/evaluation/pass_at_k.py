"""How many problems a model solves within k attempts, from n attempts each. Arrays only.

Intervals are over problems, since attempts at one problem hang together; two models that answered
the same problems are compared problem by problem.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap, wilson

Floats = NDArray[np.float64]

REFLECTIVE = ("wait", "now", "alternatively")
"""Words by which a model is said to look back at its own reasoning."""


@dataclass(frozen=True)
class Attempt:
    """One response to a problem: whether it is right and in the form asked for, and what it is.

    ``answer`` is what was read as its answer, None where there was nothing to read.
    """

    right: bool
    formatted: bool
    finished: bool
    tokens: int
    text: str
    answer: str | None = None


@dataclass(frozen=True)
class Attempted:
    """A problem with the n attempts at it."""

    id: str
    attempts: Sequence[Attempt]

    @property
    def right(self) -> int:
        """How many attempts are right."""
        return sum(attempt.right for attempt in self.attempts)


def pass_at_k(written: Sequence[int], right: Sequence[int], k: int) -> Floats:
    """The probability that k attempts drawn from those written hold a right one: [P] in 0..1.

    Of n attempts with c right ones, 1 - C(n - c, k) / C(n, k) is the unbiased estimator of the
    probability that one of k fresh attempts is right (Chen et al. 2021, "Evaluating Large Language
    Models Trained on Code", equation 1); 1 - (1 - c / n)^k would be too low. As a product of
    ratios, which no large number enters. ``written`` and ``right`` are [P]; needs k <= n.
    """
    found = []
    for n, c in zip(written, right, strict=True):
        if not 1 <= k <= n:
            raise ValueError(f"pass@{k} needs {k} attempts, not {n}")
        wrong = np.arange(n - c + 1, n + 1)
        found.append(1.0 if n - c < k else 1.0 - float(np.prod(1.0 - k / wrong)))
    return np.asarray(found, dtype=np.float64)


def solve_figures(
    problems: Sequence[Attempted], ks: Sequence[int], *, resamples: int = 2000
) -> dict[str, Any]:
    """Means over problems, each ``{"value", "low", "high"}``, under the parts of a report.

    ``overall`` has accuracy, format, finished, response_tokens; ``pass_at_k`` one figure for each
    of ``ks``; ``reflective`` the count of each reflective word per response.
    """
    columns = _columns(problems, ks)
    draws = PromptBootstrap([problem.id for problem in problems], resamples=resamples)
    found = {}
    for name, values in columns.items():
        value, low, high = draws.ratio(values, np.ones(len(values)), shares=_is_share(name))
        found[name] = {"value": value, "low": low, "high": high}
    return _parted(found)


def solve_differences(
    problems: Sequence[Attempted],
    others: Sequence[Attempted],
    ks: Sequence[int],
    *,
    resamples: int = 2000,
) -> dict[str, Any]:
    """By how much the figures of ``problems`` exceed those of ``others`` on the same problems.

    Paired: problems are drawn again, each with what both models made of it. Where all of a share's
    differences are 0, draws would claim to be certain; then the interval is what Wilson's says of
    the share of problems on which two models differ, of which none was seen.
    """
    if [problem.id for problem in problems] != [problem.id for problem in others]:
        raise ValueError("the two models answered different problems")
    ours, theirs = _columns(problems, ks), _columns(others, ks)
    draws = PromptBootstrap([problem.id for problem in problems], resamples=resamples)
    found = {}
    for name, values in ours.items():
        gap = values - theirs[name]
        value, low, high = draws.ratio(gap, np.ones(len(gap)), shares=False)
        if _is_share(name) and not gap.any():
            most = wilson(0.0, len(gap))[1]
            low, high = -most, most
        found[name] = {"value": value, "low": low, "high": high}
    return _parted(found)


def reflective_words(text: str) -> dict[str, int]:
    """How often each reflective word stands in a text, as a word of its own in any case."""
    lowered = text.lower()
    return {word: len(re.findall(rf"\b{word}\b", lowered)) for word in REFLECTIVE}


def _columns(problems: Sequence[Attempted], ks: Sequence[int]) -> dict[str, Floats]:
    """One number per problem for each figure: [P] by name."""
    counted = [[reflective_words(a.text) for a in problem.attempts] for problem in problems]
    columns: dict[str, list[float]] = {
        "accuracy": [_mean([a.right for a in p.attempts]) for p in problems],
        "format": [_mean([a.formatted for a in p.attempts]) for p in problems],
        "finished": [_mean([a.finished for a in p.attempts]) for p in problems],
        "response_tokens": [_mean([a.tokens for a in p.attempts]) for p in problems],
    }
    for word in REFLECTIVE:
        columns[f"reflective/{word}"] = [_mean([c[word] for c in counts]) for counts in counted]
    found = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
    written, right = [len(p.attempts) for p in problems], [p.right for p in problems]
    return found | {f"pass_at_k/{k}": pass_at_k(written, right, k) for k in ks}


def _parted(found: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by the part before their name's slash; those without one are ``overall``."""
    parts: dict[str, Any] = {"overall": {}}
    for name, figure in found.items():
        part, _, rest = name.rpartition("/")
        parts.setdefault(part or "overall", {})[rest] = figure
    return parts


def _is_share(name: str) -> bool:
    return name in ("accuracy", "format", "finished") or name.startswith("pass_at_k/")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
