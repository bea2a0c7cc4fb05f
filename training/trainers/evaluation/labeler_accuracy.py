"""Accuracy against each labeler's own judgments, and against labelers a model never learned from.

As in InstructGPT (2203.02155, section 4.1), where reward models were tested on held-out labelers.
Beside the model stands what the other labelers of the same comparison would have said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from operator import eq
from typing import Any

import numpy as np

from training.trainers.evaluation.pair_accuracy import Outcome
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One labeler's decided judgment beside the scorer: ``correct`` and ``others`` are 1, 0 or 0.5.

    ``others`` is the majority of the comparison's other labelers, None where there are none.
    """

    cluster: str
    labeler: str
    correct: float
    others: float | None


def judged(outcomes: Sequence[Outcome]) -> list[Judged]:
    """Every judgment for one of the two sides, of undecided comparisons too; ties are left out."""
    found = []
    for outcome in outcomes:
        for number, vote in enumerate(outcome.votes):
            if vote.preference == 0.5:
                continue
            rest = [v.preference for n, v in enumerate(outcome.votes) if n != number]
            one = Judged(
                cluster=outcome.cluster,
                labeler=vote.labeler,
                correct=_as_judged(outcome.correct, vote.preference),
                others=_as_judged(_majority(rest), vote.preference) if rest else None,
            )
            found.append(one)
    return found


def by_labeler(judgments: Sequence[Judged], *, resamples: int = 2000) -> dict[str, dict[str, Any]]:
    """The figures of each labeler by pseudonym, with intervals over prompts."""
    names = sorted({one.labeler for one in judgments})
    groups: dict[str, Callable[[str], bool]] = {name: partial(eq, name) for name in names}
    return labeler_groups(judgments, groups, resamples=resamples)


def held_out_labelers(
    judgments: Sequence[Judged], held_out: Collection[str], *, resamples: int = 2000
) -> dict[str, dict[str, Any]]:
    """The figures of those whose labels trained the model, and of those it never learned from."""
    groups: dict[str, Callable[[str], bool]] = {
        "training": lambda name: name not in held_out,
        "held_out": lambda name: name in held_out,
    }
    return labeler_groups(judgments, groups, resamples=resamples)


def labeler_groups(
    judgments: Sequence[Judged],
    groups: dict[str, Callable[[str], bool]],
    *,
    resamples: int,
) -> dict[str, dict[str, Any]]:
    """Accuracy with interval, what the other labelers reach, and how many judgments and prompts.

    A group without a judgment is left out.
    """
    if not judgments:
        return {}
    draws = PromptBootstrap([one.cluster for one in judgments], resamples=resamples)
    member = {
        name: np.array([belongs(one.labeler) for one in judgments], dtype=np.float64)
        for name, belongs in groups.items()
    }
    names = [name for name in groups if member[name].any()]
    correct = np.array([one.correct for one in judgments])
    under = np.stack([member[name] for name in names], axis=1)
    found = draws.ratios(correct[:, None] * under, under)
    return {
        name: _figures([one for one in judgments if groups[name](one.labeler)], interval)
        for name, interval in zip(names, found, strict=True)
    }


def _figures(judgments: Sequence[Judged], interval: tuple[float, float, float]) -> dict[str, Any]:
    others = [one.others for one in judgments if one.others is not None]
    return {
        "accuracy": interval[0],
        "accuracy_low": interval[1],
        "accuracy_high": interval[2],
        "accuracy_others": float(np.mean(others)) if others else None,
        "judgments": len(judgments),
        "prompts": len({one.cluster for one in judgments}),
    }


def _majority(preferences: Sequence[float]) -> float:
    mean = sum(preferences) / len(preferences)
    return 0.5 if mean == 0.5 else float(mean > 0.5)


def _as_judged(for_better: float, preference: float) -> float:
    """How far a verdict for the better side agrees with a labeler who chose one of the sides."""
    return for_better if preference == 1 else 1 - for_better
