"""Consensus weighed by reliability: Bradley-Terry with a precision per labeler, or one coin.

Two models are fitted to the same answers: things that differ by more or less, so that some
comparisons are harder (`stats.crowd_comparisons`), and comparisons that are all alike (`one_coin`
over first, second and tie). On planted truth each is more accurate and better calibrated on crowds
of its own sort. The first holds unless the second explains the answers clearly better, and always
where tasks compare more than two things.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from annotation.consensus.methods.base import (
    Answers,
    ConsensusMethod,
    Reliabilities,
    rounded,
)
from annotation.stats.bootstrap import FloatArray
from annotation.stats.crowd_comparisons import NORMAL, Crowd, shares
from annotation.stats.crowd_comparisons import posterior as graded_posterior
from annotation.stats.crowd_fitting import (
    KNOWN,
    LAPSE,
    SPREAD,
    TRUSTED,
    TYPICAL_SLOPE,
    Fit,
    fit_crowd,
    reliability,
)
from annotation.stats.dawid_skene import OneCoin, one_coin
from annotation.stats.rao_kupper import NO_CUT
from annotation.task_kinds.options import gettext_noop

GRADED, ALIKE = "graded", "alike"
CLEARLY = 0.01
"""By how many nats per answer the model of equal comparisons must explain better to be taken."""

_BEFORE = {TRUSTED: (20.0, 2.0), KNOWN: (2000.0, 2.0)}
_USUAL_COIN = (4.0, 2.0)
_TINY = 1e-9


def fit(answers: Answers) -> Reliabilities:
    """Both models, of which the one is kept that explains the answers."""
    found = answers.comparisons
    if not len(found.task):
        return _nothing()
    fitted = fit_crowd(found, answers.standing, symmetric=answers.symmetric)
    if found.alone.all() and len(np.unique(found.said)) > 1:
        place = np.unique(found.labeler)
        prior = [_BEFORE.get(int(answers.standing[who]), _USUAL_COIN) for who in place]
        coin = one_coin(found.unit, found.labeler, found.said, prior=np.array(prior))
        if coin.log_likelihood - fitted.log_likelihood > CLEARLY * len(found.task):
            return _alike(answers, coin)
    return _graded(answers, fitted)


def posterior(answers: Answers, reliabilities: Reliabilities) -> FloatArray:
    """See ConsensusMethod."""
    shared = reliabilities.shared
    held = [reliabilities.of(name) for name in answers.names]
    if shared["model"] == ALIKE:
        return _coin_posterior(answers, [each["accuracy"] for each in held], shared)
    column = {
        name: np.array([each[name] for each in held], dtype=np.float64)
        for name in ("slope", "variance", "cut", "lapse")
    }
    crowd = Crowd(
        **column,
        guess=np.array(shared["guess"]),
        closeness=shared["closeness"],
        prior=np.array(shared["prior"]),
    )
    return graded_posterior(answers.comparisons, crowd)


def _graded(answers: Answers, fitted: Fit) -> Reliabilities:
    crowd = fitted.crowd
    deviation = np.sqrt(crowd.variance)
    middle, low, high = (
        reliability(crowd.slope + z * deviation, crowd.lapse, crowd) for z in (0.0, -1.96, 1.96)
    )
    columns = [
        rounded(each)
        for each in (middle, low, high, crowd.slope, crowd.variance, crowd.cut, crowd.lapse)
    ]
    keys = ("reliability", "low", "high", "slope", "variance", "cut", "lapse")
    labelers = {
        name: {
            "answers": int(answers.given[index]),
            **{key: column[index] for key, column in zip(keys, columns, strict=True)},
        }
        for index, name in enumerate(answers.names)
    }
    ordinary = answers.standing == 0
    cut = float(np.median(crowd.cut[ordinary])) if ordinary.any() else NO_CUT
    lapse = float(np.median(crowd.lapse[ordinary])) if ordinary.any() else LAPSE
    shared = {
        "model": GRADED,
        "guess": rounded(crowd.guess),
        "closeness": rounded(crowd.closeness),
        # Kept in full: where a labeler has said little, small masses decide.
        "prior": rounded(crowd.prior),
        "usual": _unseen(fitted.typical, fitted.spread, cut, lapse, crowd),
        "trusted": _unseen(
            fitted.typical + 2 * fitted.spread, fitted.spread / 2, cut, lapse, crowd
        ),
    }
    return Reliabilities(RELIABILITY.name, shared, labelers)


def _unseen(slope: float, spread: float, cut: float, lapse: float, crowd: Crowd) -> dict[str, Any]:
    """What is held of somebody who was not there when the others were fitted."""
    slopes = slope + spread * np.array([0.0, -1.96, 1.96])
    share, low, high = rounded(reliability(slopes, np.full(3, lapse), crowd))
    return {
        "answers": 0,
        "reliability": share,
        "low": low,
        "high": high,
        "slope": rounded(slope),
        "variance": rounded(spread**2),
        "cut": rounded(cut),
        "lapse": rounded(lapse),
    }


def _alike(answers: Answers, coin: OneCoin) -> Reliabilities:
    j = len(coin.categories)
    prevalence = np.full(3, _TINY)
    prevalence[coin.categories] = coin.prevalence
    labelers = {
        answers.names[int(who)]: _coin(accuracy, low, high, j, int(answers.given[int(who)]))
        for who, accuracy, low, high in zip(
            coin.labelers, coin.accuracy, coin.accuracy_low, coin.accuracy_high, strict=True
        )
    }
    ordinary = answers.standing[coin.labelers] == 0
    usual = float(np.mean(coin.accuracy[ordinary])) if ordinary.any() else 0.75
    shared = {
        "model": ALIKE,
        "categories": j,
        "prevalence": rounded(prevalence),
        "usual": _coin(usual, max(usual - 0.3, 0.0), min(usual + 0.3, 1.0), j, 0),
        "trusted": _coin(0.95, 0.8, 0.99, j, 0),
    }
    return Reliabilities(RELIABILITY.name, shared, labelers)


def _coin(accuracy: float, low: float, high: float, j: int, answers: int) -> dict[str, Any]:
    shown = [rounded(a / (a + (1 - a) / max(j - 1, 1))) for a in (accuracy, low, high)]
    return {
        "answers": answers,
        "reliability": shown[0],
        "low": shown[1],
        "high": shown[2],
        "accuracy": rounded(accuracy),
    }


def _coin_posterior(answers: Answers, accuracies: list[float], shared: Any) -> FloatArray:
    found, j = answers.comparisons, shared["categories"]
    accuracy = np.clip(np.array(accuracies, dtype=np.float64), _TINY, 1 - _TINY)
    gain = np.log(accuracy / ((1 - accuracy) / max(j - 1, 1)))[found.labeler]
    units = len(found.unit_task)
    evidence = np.bincount(found.unit * 3 + found.said, gain, units * 3).reshape(units, 3)
    return shares(np.log(np.maximum(np.array(shared["prevalence"]), _TINY)) + evidence)


def _nothing() -> Reliabilities:
    """Before anybody answered."""
    crowd = Crowd(
        *(np.zeros(0) for _ in range(4)),
        guess=np.array([0.5, 0.5, 0.0]),
        closeness=0.0,
        prior=NORMAL,
    )
    shared = {
        "model": GRADED,
        "guess": [0.5, 0.5, 0.0],
        "closeness": 0.0,
        "prior": rounded(NORMAL),
        "usual": _unseen(TYPICAL_SLOPE, SPREAD, 0.1, LAPSE, crowd),
        "trusted": _unseen(TYPICAL_SLOPE + 2 * SPREAD, SPREAD / 2, 0.1, LAPSE, crowd),
    }
    return Reliabilities(RELIABILITY.name, shared)


RELIABILITY = ConsensusMethod(
    name="reliability",
    title=gettext_noop("Weighed by reliability"),
    description=gettext_noop(
        "Learns from all answers how reliable each labeler is, and how hard each comparison is, "
        "and weighs what they say by that: an answer of somebody who is often right counts for "
        "more, one of somebody who guesses for nothing, and somebody who always says the opposite "
        "speaks for the other side. What it states as certain holds about that often."
    ),
    fit=fit,
    posterior=posterior,
)
