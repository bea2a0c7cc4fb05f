"""Labelers kept out of training, so that a model can be measured on people it never learned from.

InstructGPT (2203.02155, section 4.1) asked whether its reward models know the taste of labelers
they were not trained on. Whoever is held out is chosen by a hash of the pseudonym, so the same
seed holds out the same people in every snapshot; labels are made again of the votes that remain.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from exports.record_parts import STRENGTH_MARGINS
from training.trainers.config_fields import ConfigError
from training.trainers.data.labelled_prompts import DataError, Labelled
from training.trainers.data.record_datasets import Example


def labelers_in(examples: Iterable[Example]) -> set[str]:
    """The pseudonyms of all who judged something in these examples."""
    return {
        vote.labeler for example in examples for one in example.comparisons for vote in one.votes
    }


def choose_labelers(
    names: Collection[str], held_out: float, seed: int, *, fold: int = 0
) -> frozenset[str]:
    """Who is held out: a share of the names where ``held_out`` is below 1, else that many.

    ``fold`` takes the next group as large, and the next, until everybody was held out once: a share
    of 1/k has k folds, as InstructGPT had five, or one a person where there are fewer people.
    Raises ConfigError where nobody can be held out, or nobody would be left.
    """
    if not held_out:
        return frozenset()
    size = held_out if held_out >= 1 else max(1, held_out * len(names))
    first, after = round(fold * size), round((fold + 1) * size)
    if after - first >= len(names):
        raise ConfigError(
            f"held_out_labelers is {held_out:g}, but the dataset names {len(names)} labelers: lower"
            " it, or export the judgments with their labelers."
        )
    if first >= len(names):
        raise ConfigError(
            f"labeler_fold is {fold}, but the {len(names)} labelers of the dataset are all held out"
            " by lower ones: lower it."
        )
    ordered = sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    return frozenset(ordered[first:after])


def without_labelers(
    examples: Sequence[Example], held_out: Collection[str]
) -> tuple[list[Example], dict[str, int]]:
    """The examples as the other labelers alone would have labelled them, and what that changed.

    A comparison that no held-out labeler judged stays as it is; of the others the label is made
    again by majority, or left out where nobody else judged it or the rest are split evenly. Raises
    DataError where nothing is left.
    """
    report = {
        "labelers": len(held_out),
        "judgments_left_out": 0,
        "comparisons_labelled_again": 0,
        "comparisons_left_out": 0,
        "prompts_left_out": 0,
    }
    if not held_out:
        return list(examples), report
    kept = []
    for example in examples:
        comparisons = []
        for one in example.comparisons:
            again = _labelled_again(one, held_out)
            lost = sum(vote.labeler in held_out for vote in one.votes)
            report["judgments_left_out"] += lost
            report["comparisons_left_out"] += again is None
            report["comparisons_labelled_again"] += again is not None and lost > 0
            if again is not None:
                comparisons.append(again)
        if comparisons:
            kept.append(replace(example, comparisons=comparisons))
        else:
            report["prompts_left_out"] += 1
    if not kept:
        raise DataError(
            "Nothing is left to train on without the held-out labelers: lower held_out_labelers."
        )
    return kept, report


def _labelled_again(one: Labelled, held_out: Collection[str]) -> Labelled | None:
    """The comparison by the votes of the others, None where they leave nothing to learn.

    Posteriors are the rule of succession, as in the majority of consensus: of n votes with w for
    the better side, p = (w + 1) / (n + 2). ``better`` stays the likelier side.
    """
    votes = tuple(vote for vote in one.votes if vote.labeler not in held_out)
    if len(votes) == len(one.votes):
        return one
    won = sum(vote.preference == 1 for vote in votes)
    lost = sum(vote.preference == 0 for vote in votes)
    ties = len(votes) - won - lost
    if not votes or (won == lost and not ties):
        return None
    better, worse = one.better, one.worse
    first_shown = one.first_shown
    if lost > won:
        better, worse, won, lost = worse, better, lost, won
        votes = tuple(replace(vote, preference=1 - vote.preference) for vote in votes)
        first_shown = None if first_shown is None else 1 - first_shown
    total = len(votes) + 2
    strengths = [vote.strength for vote in votes if vote.preference == 1 and vote.strength]
    return replace(
        one,
        better=better,
        worse=worse,
        p_better=(won + 1) / total,
        p_worse=(lost + 1) / total,
        p_tie=ties / total,
        margin=_margin(strengths),
        strength=_usual(strengths),
        first_shown=first_shown,
        votes=votes,
    )


def _margin(strengths: Sequence[str]) -> float:
    """The mean margin of the strengths given with votes for the winner."""
    known = [STRENGTH_MARGINS[name] for name in strengths if name in STRENGTH_MARGINS]
    return sum(known) / len(known) if known else 0.0


def _usual(strengths: Sequence[str]) -> str | None:
    """The most frequent strength, of equals the weaker, as exports name it."""
    given, weaker_last = Counter(strengths), list(STRENGTH_MARGINS)
    known = [name for name in given if name in STRENGTH_MARGINS]
    return max(known, key=lambda name: (given[name], weaker_last.index(name)), default=None)
