"""What Accord makes of real crowds: import, agreement, accuracy, who would be screened out.

`./run bench real_crowds FOLDER` (or ACCORD_DATA) reads public sets that are no part of Accord; a
set that is not there is left out with a line on standard error.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau, spearmanr

from annotation.stats.agreement import implied_agreement, kendall_tau_b
from annotation.stats.dawid_skene import one_coin
from bench import crowd_files
from bench.contract import progress, report
from bench.crowd_figures import INTERVAL, accuracy, agreement, screened, spammers
from bench.crowd_files import Rankings
from bench.crowd_import import imported

# The gold of the last one names items that its labels do not have. The crowd beside it, from
# CrowdFlower, is left out: every label of an item in its file is the same.
CROWDS = {
    "AdultContent2": "AdultContent2.gold.txt",
    "BarzanMozafari": "BarzanMozafari.evaluation.txt",
    "CopyrightInfringement": "CopyrightInfringement.gold.txt",
    "HITspam-UsingMTurk": "",
}


def main() -> None:
    """Measure what is there and report."""
    folder = crowd_files.data_folder()
    sets: dict[str, Callable[[Path], None]] = {
        "ukpconvarg1_pairs": arguments,
        "wmt12_rankings": translations,
        "get_another_label": crowds,
    }
    for name, study in sets.items():
        if (folder / name).is_dir():
            study(folder / name)
        else:
            progress(f"{name} is left out: {folder / name} is no folder; name one or ACCORD_DATA")


# ---------------------------------------------------------------------------- pairs of arguments


def arguments(folder: Path) -> None:
    """16,927 pairs of arguments and 3,815 workers: UKPConvArg1."""
    imported(folder)
    progress("agreement on arguments")
    crowd, competence = crowd_files.arguments(folder)
    agreement("arguments", crowd)
    progress("Dawid-Skene on arguments")
    accuracy("arguments", crowd, "the labels released with the set, which a model (MACE) made")
    model = one_coin(crowd.items, crowd.labelers, crowd.values)
    ours = dict(zip(model.labelers.tolist(), model.accuracy.tolist(), strict=True))
    both = [name for name in ours if name in competence]
    report(
        "arguments_workers_like_published",
        ours=float(spearmanr([ours[n] for n in both], [competence[n] for n in both]).statistic),
        unit="Spearman's rho",
        goal=None,
        detail=f"our one-coin accuracy of {len(both)} workers beside their released competence",
    )
    screened("arguments", crowd, model)
    spammers("arguments", crowd)


# ------------------------------------------------------------------------------------ rankings


def translations(folder: Path) -> None:
    """12,339 rankings of five translations, ties allowed: WMT 2012."""
    for pair, rankings in crowd_files.translations(folder).items():
        progress(f"rankings of {pair}")
        arrays = (rankings.items, rankings.labelers, rankings.ranks)
        tau = kendall_tau_b(*arrays, resampling=INTERVAL)
        agreed = implied_agreement(*arrays, resampling=INTERVAL)
        counted = implied_agreement(*arrays, ties="count")
        judges = len(np.unique(rankings.labelers))
        report(
            f"wmt12_tau_b[{pair}]",
            ours=tau.value,
            unit="tau-b",
            peer=tau_by_scipy(rankings),
            peer_name="scipy.stats.kendalltau, pair by pair",
            goal=None,
            detail=f"95% {tau.low:.3f} to {tau.high:.3f}; {tau.n_items} items ranked twice or "
            f"more, {judges} judges; left out: {rankings.repeated} second rankings by the same "
            f"judge, {rankings.partial} with a rank left blank",
        )
        report(
            f"wmt12_implied_agreement[{pair}]",
            ours=agreed.value,
            unit="share",
            goal=None,
            detail=f"95% {agreed.low:.3f} to {agreed.high:.3f}, ties dropped; {counted.value:.3f} "
            f"with ties as a third answer; kappa {implied_kappa(rankings):.3f}",
        )


def tau_by_scipy(rankings: Rankings) -> float:
    """The mean over items of the mean tau-b of its pairs of judges, by scipy."""
    means = []
    for item in np.unique(rankings.items):
        rows = rankings.ranks[rankings.items == item]
        told = rows[rows.min(axis=1) < rows.max(axis=1)]
        pairs = [kendalltau(*two).statistic for two in combinations(told, 2)]
        if pairs:
            means.append(np.mean(pairs))
    return float(np.mean(means))


def implied_kappa(rankings: Rankings) -> float:
    """Agreement on implied comparisons corrected for chance, as the workshops on translation do.

    ``(P(A) - P(E)) / (1 - P(E))``, P(E) from the share of ties in all comparisons.
    """
    same = compared = 0
    signs: list[np.ndarray] = []
    by_item: dict[Any, list[np.ndarray]] = {}
    for item, ranks in zip(rankings.items, rankings.ranks, strict=True):
        sign = np.array([np.sign(b - a) for a, b in combinations(ranks, 2)])
        by_item.setdefault(item, []).append(sign)
        signs.append(sign)
    for told in by_item.values():
        for first, second in combinations(told, 2):
            same += int((first == second).sum())
            compared += len(first)
    tie = float((np.concatenate(signs) == 0).mean())
    # Which of two comes first is arbitrary, so better and worse are equally likely.
    chance = tie**2 + 2 * ((1 - tie) / 2) ** 2
    return (same / compared - chance) / (1 - chance)


# ------------------------------------------------------------------------- crowds with spammers


def crowds(folder: Path) -> None:
    """Four crowds with spammers, three of them with gold: Get-Another-Label."""
    for name, gold in CROWDS.items():
        progress(f"the crowd of {name}")
        crowd = crowd_files.crowd(folder, name, gold)
        agreement(name, crowd)
        if crowd.gold:
            accuracy(name, crowd, "gold")
        screened(name, crowd, one_coin(crowd.items, crowd.labelers, crowd.values))
        spammers(name, crowd)


if __name__ == "__main__":
    main()
