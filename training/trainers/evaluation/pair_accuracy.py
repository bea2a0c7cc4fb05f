"""How often scores agree with held-out labels: with intervals over prompts and honest baselines.

Arrays and plain values; where scores come from is other modules' business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exports.record_parts import STRENGTH_MARGINS
from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.data.votes import AGREEMENTS, Vote, agreement_of
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

NO_BETTER = "no better than chance"
BREAKDOWNS = ("strength", "agreement", "posterior", "kind", "language", "source", "criterion")
NOT_GIVEN, OTHERS = "not given", "others"
MOST_PARTS = 20
"""Parts of a breakdown that are shown by themselves; the rarest beyond are put together."""

_POSTERIORS = ((0.6, "under 0.6"), (0.75, "0.6 to 0.75"), (0.9, "0.75 to 0.9"))
_SUREST = "0.9 or more"
_ORDER = (*STRENGTH_MARGINS, *AGREEMENTS, _SUREST, *(words for _, words in reversed(_POSTERIORS)))
"""What has an order of its own stands in it, from the clearest to the least clear."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One comparison that was scored: ``correct`` is 1, 0, or 0.5 where the scorer cannot tell.

    Gaps are better less worse, lengths in characters; ``first`` is None where nobody knows which
    response was shown first. Only a ``decided`` comparison can be right or wrong; ``target`` is the
    posterior of the better side with half that of a tie.
    """

    cluster: str
    correct: float
    longer: float
    first: float | None
    length_gap: float
    score_gap: float
    longer_length: float = 0.0
    target: float = 1.0
    decided: bool = True
    strength: str = ""
    agreement: str = ""
    posterior: str = ""
    kind: str = ""
    language: str = ""
    source: str = ""
    criterion: str = ""
    votes: tuple[Vote, ...] = ()


def compared(example: Example, scores: Sequence[float]) -> list[Outcome]:
    """An example's comparisons with its scores, the undecided too; one number per response."""
    return [_outcome(example, c, scores) for c in example.comparisons]


def outcomes_of(example: Example, scores: Sequence[float]) -> list[Outcome]:
    """The outcomes of an example's decided comparisons; ``scores`` has one number per response."""
    return [outcome for outcome in compared(example, scores) if outcome.decided]


def _outcome(example: Example, c: Labelled, scores: Sequence[float]) -> Outcome:
    better, worse = example.chars[c.better], example.chars[c.worse]
    sources = [example.sources[n] for n in (c.better, c.worse)] if example.sources else []
    return Outcome(
        cluster=example.cluster,
        correct=_right(scores[c.better], scores[c.worse]),
        longer=_right(better, worse),
        first=c.first_shown,
        length_gap=better - worse,
        score_gap=scores[c.better] - scores[c.worse],
        longer_length=max(better, worse),
        target=c.p_better + c.p_tie / 2,
        decided=c.decided,
        strength=c.strength or "",
        agreement=agreement_of(c.votes),
        posterior=_posterior_words(c.p_better),
        kind=example.kind,
        language=example.language,
        source=" / ".join(sorted({source for source in sources if source})),
        criterion=example.criterion,
        votes=c.votes,
    )


def accuracy_interval(
    correct: NDArray[np.float64],
    clusters: Sequence[str],
    *,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """Mean of ``correct`` with a bootstrap interval that draws whole prompts.

    Pairs of one prompt are not independent: drawing prompts, not pairs, keeps the interval honest.
    """
    bootstrap = PromptBootstrap(clusters, resamples=resamples, seed=seed, level=level)
    return bootstrap.ratio(correct, np.ones_like(correct))


def accuracy_figures(
    outcomes: Sequence[Outcome],
    *,
    resamples: int = 2000,
    bootstrap: PromptBootstrap | None = None,
) -> dict[str, Any]:
    """Accuracy with its interval, and the baselines that ignore the text, on the same pairs.

    ``bootstrap`` has draws over these very outcomes that others use too.
    """
    draws = bootstrap or PromptBootstrap([o.cluster for o in outcomes], resamples=resamples)
    (figures,) = _figures_of_parts([outcomes], outcomes, draws)
    return figures


def breakdown(
    outcomes: Sequence[Outcome],
    field: str,
    *,
    resamples: int = 2000,
    bootstrap: PromptBootstrap | None = None,
) -> dict[str, dict[str, Any]]:
    """The same figures by one of `BREAKDOWNS`; the rarest values beyond twenty are put together."""
    draws = bootstrap or PromptBootstrap([o.cluster for o in outcomes], resamples=resamples)
    values = [getattr(o, field) or NOT_GIVEN for o in outcomes]
    counted = Counter(values).most_common()
    alone = {value for value, _ in counted[: MOST_PARTS if len(counted) > MOST_PARTS else None]}
    parts: dict[str, list[Outcome]] = {}
    for value, outcome in zip(values, outcomes, strict=True):
        parts.setdefault(value if value in alone else OTHERS, []).append(outcome)
    names = sorted(parts, key=_rank)
    figures = _figures_of_parts([parts[name] for name in names], outcomes, draws)
    return dict(zip(names, figures, strict=True))


def verdict(figures: dict[str, Any]) -> str:
    """One sentence of what the accuracy means."""
    low, high = figures["accuracy_low"], figures["accuracy_high"]
    interval = f"{figures['accuracy']:.1%} ({low:.1%} to {high:.1%})"
    if low <= 0.5 <= high:
        return f"{interval}: {NO_BETTER}."
    if high < 0.5:
        return f"{interval}: worse than chance; it prefers what people reject."
    best = max(figures["accuracy_longer"], figures["accuracy_shorter"])
    if figures.get("gain_over_length_low", low - best) <= 0:
        return f"{interval}: better than chance, not clearly better than length alone ({best:.1%})."
    return f"{interval}: better than chance and than length alone ({best:.1%})."


def _figures_of_parts(
    parts: Sequence[Sequence[Outcome]], outcomes: Sequence[Outcome], draws: PromptBootstrap
) -> list[dict[str, Any]]:
    """The figures of some outcomes' parts, with intervals from one set of draws over them all."""
    number = {id(outcome): n for n, outcome in enumerate(outcomes)}
    shape = (len(outcomes), len(parts))
    member, correct, gain = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for g, part in enumerate(parts):
        rows = [number[id(outcome)] for outcome in part]
        longer = np.array([o.longer for o in part])
        by_length = longer if longer.mean() >= 0.5 else 1 - longer
        member[rows, g] = 1
        correct[rows, g] = [o.correct for o in part]
        gain[rows, g] = correct[rows, g] - by_length
    accuracies = draws.ratios(correct, member)
    gains = draws.ratios(gain, member, shares=False)
    return [
        _figures(part, accuracy, over_length)
        for part, accuracy, over_length in zip(parts, accuracies, gains, strict=True)
    ]


def _figures(
    outcomes: Sequence[Outcome],
    accuracy: tuple[float, float, float],
    over_length: tuple[float, float, float],
) -> dict[str, Any]:
    longer = float(np.mean([o.longer for o in outcomes]))
    first = [o.first for o in outcomes if o.first is not None]
    return {
        "accuracy": accuracy[0],
        "accuracy_low": accuracy[1],
        "accuracy_high": accuracy[2],
        "accuracy_longer": longer,
        "accuracy_shorter": 1 - longer,
        "accuracy_first": float(np.mean(first)) if first else None,
        "gain_over_length": over_length[0],
        "gain_over_length_low": over_length[1],
        "gain_over_length_high": over_length[2],
        "length_correlation": _correlation(outcomes),
        "pairs": len(outcomes),
        "prompts": len({o.cluster for o in outcomes}),
    }


def _posterior_words(posterior: float) -> str:
    return next((words for end, words in _POSTERIORS if posterior < end), _SUREST)


def _rank(part: str) -> tuple[bool, int, str]:
    """Parts in their order, what was put together or not given at the end."""
    place = _ORDER.index(part) if part in _ORDER else 0
    return (part in (OTHERS, NOT_GIVEN), place, part)


def _right(better: float, worse: float) -> float:
    return 0.5 if better == worse else float(better > worse)


def _correlation(outcomes: Sequence[Outcome]) -> float | None:
    """Correlation of score and length differences over pairs, each counted both ways round."""
    score = np.array([o.score_gap for o in outcomes])
    length = np.array([o.length_gap for o in outcomes])
    scale = np.sqrt((score**2).sum() * (length**2).sum())
    return float((score * length).sum() / scale) if scale > 0 else None
