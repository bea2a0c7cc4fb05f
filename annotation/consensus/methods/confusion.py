"""Dawid and Skene's model over comparisons: what each labeler tends to say of first, second, tie.

Which of two things stands first in a task says nothing of them, so every comparison enters once
more the other way round. Comparisons of one task are taken as independent.
"""

from __future__ import annotations

import numpy as np

from annotation.consensus.methods.base import (
    Answers,
    ConsensusMethod,
    Reliabilities,
    rounded,
)
from annotation.stats.bootstrap import FloatArray, wilson_interval
from annotation.stats.crowd_comparisons import shares
from annotation.stats.crowd_fitting import KNOWN, TRUSTED
from annotation.stats.dawid_skene import dawid_skene
from annotation.task_kinds.options import gettext_noop

RIGHT, WRONG = 3.0, 0.75
"""Answers that anybody is held to have given beforehand, right and wrong in either way."""

SURE = {TRUSTED: 20.0, KNOWN: 2000.0}
_TINY = 1e-9
_MIRRORED = np.array([1, 0, 2])


def fit(answers: Answers) -> Reliabilities:
    """Confusions by EM, smoothed towards being right more often than not."""
    found, names = answers.comparisons, answers.names
    if not len(found.task):
        return _of({}, _before(0), np.full(3, 1 / 3))
    unit, who, said = found.unit, found.labeler, found.said
    if answers.symmetric:
        unit = np.concatenate([unit, unit + len(found.unit_task)])
        who, said = np.tile(who, 2), np.concatenate([said, _MIRRORED[said]])
    present, place = np.unique(said), np.unique(who)
    if len(present) == 1:
        return _of({}, _before(0), np.full(3, 1 / 3))
    smoothing = np.stack([_before(answers.standing[labeler]) for labeler in place])
    fitted = dawid_skene(unit, who, said, smoothing=smoothing[:, present][:, :, present])
    confusion = np.full((len(names), 3, 3), _TINY)
    confusion[np.ix_(place, present, present)] = fitted.confusion
    prevalence = np.full(3, _TINY)
    prevalence[present] = fitted.prevalence
    labelers = {
        name: _described(confusion[index], int(answers.given[index]))
        for index, name in enumerate(names)
    }
    ordinary = confusion[place][answers.standing[place] == 0]
    weight = answers.given[place][answers.standing[place] == 0]
    usual = np.average(ordinary, axis=0, weights=weight) if len(ordinary) else _before(0)
    return _of(labelers, usual, prevalence)


def posterior(answers: Answers, reliabilities: Reliabilities) -> FloatArray:
    """By Bayes' rule from the confusions; see ConsensusMethod."""
    found = answers.comparisons
    tables = [np.array(reliabilities.of(name)["confusion"]) for name in answers.names]
    confusion = np.log(np.maximum(np.array(tables).reshape(-1, 3, 3), _TINY))
    evidence = confusion[found.labeler, :, found.said]
    joint = np.log(np.maximum(np.array(reliabilities.shared["prevalence"]), _TINY)) + np.stack(
        [np.bincount(found.unit, column, len(found.unit_task)) for column in evidence.T], axis=1
    )
    return shares(joint)


def _before(standing: int) -> FloatArray:
    """Answers beforehand, truth by what was said, (3, 3)."""
    right = SURE.get(int(standing), RIGHT)
    return np.full((3, 3), WRONG) + np.eye(3) * (right - WRONG)


def _described(confusion: FloatArray, answers: int) -> dict[str, object]:
    right, wrong = confusion[0, 0] + confusion[1, 1], confusion[0, 1] + confusion[1, 0]
    share = right / (right + wrong)
    low, high = wilson_interval(share * answers, answers) if answers else (0.0, 1.0)
    return {
        "answers": answers,
        "reliability": rounded(share),
        "low": rounded(low or 0.0),
        "high": rounded(1.0 if high is None else high),
        "confusion": rounded(confusion),
    }


def _of(
    labelers: dict[str, dict[str, object]], usual: FloatArray, prevalence: FloatArray
) -> Reliabilities:
    usual = usual / usual.sum(axis=1, keepdims=True)
    trusted = _before(TRUSTED) / _before(TRUSTED).sum(axis=1, keepdims=True)
    shared = {
        "prevalence": rounded(prevalence),
        "usual": _described(usual, 0),
        "trusted": _described(trusted, 0),
    }
    return Reliabilities(CONFUSION.name, shared, labelers)


CONFUSION = ConsensusMethod(
    name="dawid_skene",
    title=gettext_noop("Dawid and Skene"),
    description=gettext_noop(
        "Learns from all answers what each labeler tends to say when the first, the second or "
        "neither is better, and weighs what they say by that. Every comparison counts as equally "
        "hard."
    ),
    fit=fit,
    posterior=posterior,
)
