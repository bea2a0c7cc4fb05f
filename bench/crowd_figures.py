"""The figures of one crowd: agreement, accuracy against gold, who is screened out, who is blind."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import krippendorff
import numpy as np

from annotation.stats.agreement import Resampling, krippendorff_alpha, percent_agreement
from annotation.stats.bootstrap import wilson_interval
from annotation.stats.dawid_skene import dawid_skene, one_coin
from bench.contract import report
from bench.crowd_files import Crowd

INTERVAL = Resampling(replicates=1000, seed=0)
CUT_OFF = 0.75
"""InstructGPT's soft cut-off for agreement in screening (2203.02155)."""

LEAST_ANSWERS = 10
BLIND = 0.05
"""A score below which answers hardly depend on the truth; one who is always right has 1."""


def agreement(name: str, crowd: Crowd) -> None:
    """Krippendorff's alpha with its interval, beside the package of that name."""
    arrays = (crowd.items, crowd.labelers, crowd.values)
    alpha = krippendorff_alpha(*arrays, metric="nominal", resampling=INTERVAL)
    percent = percent_agreement(*arrays)
    codes = {value: code for code, value in enumerate(np.unique(crowd.values))}
    _items, item = np.unique(crowd.items, return_inverse=True)
    value = np.array([codes[said] for said in crowd.values])
    counts = np.bincount(item * len(codes) + value, minlength=(item.max() + 1) * len(codes))
    report(
        f"alpha[{name}]",
        ours=alpha.value,
        unit="alpha",
        peer=float(
            krippendorff.alpha(
                value_counts=counts.reshape(-1, len(codes)), level_of_measurement="nominal"
            )
        ),
        peer_name="krippendorff",
        goal=None,
        detail=f"nominal, 95% {alpha.low:.3f} to {alpha.high:.3f}; {alpha.n_judgments} answers of "
        f"{len(np.unique(crowd.labelers))} labelers to {alpha.n_items} items; "
        f"percent agreement {percent.value:.3f}",
    )


def accuracy(name: str, crowd: Crowd, what: str) -> None:
    """Which share of the items with gold each way of aggregating gets right."""
    models = {
        "dawid_skene": dawid_skene(crowd.items, crowd.labelers, crowd.values, smoothing=1.0),
        "one_coin": one_coin(crowd.items, crowd.labelers, crowd.values),
    }
    majority, undecided = by_majority(crowd)
    known = [item for item in np.unique(crowd.items).tolist() if item in crowd.gold]
    by_votes = sum(majority.get(item) == crowd.gold[item] for item in known)
    # A tie of votes is decided by chance, so it counts as the share of the tied that is right.
    by_votes += sum(share for item, share in undecided.items() if item in crowd.gold)
    for method, model in models.items():
        best = model.categories[model.posterior.argmax(axis=1)]
        said = dict(zip(model.items.tolist(), best.tolist(), strict=True))
        right = sum(said[item] == crowd.gold[item] for item in known)
        low, high = wilson_interval(right, len(known))
        report(
            f"accuracy_{method}[{name}]",
            ours=right / len(known),
            unit="share",
            peer=by_votes / len(known),
            peer_name="majority",
            goal=None,
            detail=f"95% {low:.3f} to {high:.3f} on {len(known)} items, against {what}; "
            f"{model.iterations} iterations",
        )


def by_majority(crowd: Crowd) -> tuple[dict[Any, Any], dict[Any, float]]:
    """What most said of each item; where votes are tied, the share of the tied that is right."""
    values, value = np.unique(crowd.values, return_inverse=True)
    items, item = np.unique(crowd.items, return_inverse=True)
    votes = np.bincount(item * len(values) + value, minlength=len(items) * len(values))
    votes = votes.reshape(len(items), len(values))
    tied = votes == votes.max(axis=1, keepdims=True)
    decided: dict[Any, Any] = {}
    undecided: dict[Any, float] = {}
    for name, places in zip(items.tolist(), tied, strict=True):
        first = values[places].tolist()
        if len(first) == 1:
            decided[name] = first[0]
        elif crowd.gold.get(name) in first:
            undecided[name] = 1 / len(first)
    return decided, undecided


def screened(name: str, crowd: Crowd, model: Any) -> None:
    """Who would have been screened out at the cut-off, without gold and with it.

    A labeler is out when the whole interval of the estimated accuracy lies below the cut-off; gold
    is the check.
    """
    _labelers, labeler = np.unique(crowd.labelers, return_inverse=True)
    n = np.bincount(labeler)
    judged = n >= LEAST_ANSWERS
    out = (model.accuracy_high < CUT_OFF) & judged
    right, asked = by_gold(crowd, labeler, len(n))
    tested = asked >= LEAST_ANSWERS
    shares = right / np.maximum(asked, 1)
    check = "too little gold to check"
    if (out & tested).any() and (~out & tested).any():
        check = (
            f"of those with {LEAST_ANSWERS} gold items, the ones out had "
            f"{np.average(shares[out & tested]):.3f} of it right, the others "
            f"{np.average(shares[~out & tested]):.3f}"
        )
    report(
        f"screened_out[{name}]",
        ours=float(out.sum() / max(judged.sum(), 1)),
        unit="share of labelers",
        goal=None,
        detail=f"{out.sum()} of {judged.sum()} with {LEAST_ANSWERS} answers or more are below "
        f"{CUT_OFF} for certain, with {n[out].sum() / n.sum():.1%} of all answers; {check}",
    )


def spammers(name: str, crowd: Crowd) -> None:
    """Labelers whose answers hardly depend on the truth (Raykar and Yu 2012), found without gold.

    The score is the mean squared distance between the rows of a labeler's confusion matrix, 0 for
    one who answers blindly and 1 for one who is always right.
    """
    model = dawid_skene(crowd.items, crowd.labelers, crowd.values, smoothing=1.0)
    rows = model.confusion
    pairs = list(combinations(range(len(model.categories)), 2))
    score = sum(((rows[:, i] - rows[:, j]) ** 2).sum(axis=1) for i, j in pairs) / (2 * len(pairs))
    _labelers, labeler = np.unique(crowd.labelers, return_inverse=True)
    n = np.bincount(labeler)
    blind = (score < BLIND) & (n >= LEAST_ANSWERS)
    majority, _undecided = by_majority(crowd)
    most = np.array([majority.get(item) for item in crowd.items.tolist()])
    agrees = np.bincount(labeler, most == crowd.values) / n
    report(
        f"spammers[{name}]",
        ours=int(blind.sum()),
        unit="labelers",
        goal=None,
        higher_is_better=False,
        detail=f"of {(n >= LEAST_ANSWERS).sum()} with {LEAST_ANSWERS} answers or more, by "
        f"Dawid-Skene, score below {BLIND}; they gave {n[blind].sum() / n.sum():.1%} of all "
        f"answers and said what most said in "
        f"{np.average(agrees[blind], weights=n[blind]) if blind.any() else 0:.1%} of theirs, the "
        f"others in {np.average(agrees[~blind], weights=n[~blind]):.1%}",
    )


def by_gold(crowd: Crowd, labeler: np.ndarray, labelers: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each labeler was right on items with gold, and how many of them they answered."""
    expected = np.array([crowd.gold.get(item, "") for item in crowd.items.tolist()])
    known = expected != ""
    right = np.bincount(labeler[known], expected[known] == crowd.values[known], labelers)
    return right, np.bincount(labeler[known], minlength=labelers)
