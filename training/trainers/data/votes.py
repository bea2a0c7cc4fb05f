"""What each labeler said of one comparison: the judgments of a record, read as votes.

Records carry every labeler's judgment beside the label they make together; evaluation measures
against each, and labels can be made again without some of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

AGREEMENTS = (
    "all agree", "two thirds or more", "less than two thirds", "one judgment", "no judgment",
)  # fmt: skip
"""How far the labelers of a comparison agree with its label, from the clearest to the least."""

_PREFERENCES = {"chosen": 1.0, "rejected": 0.0, "tie": 0.5, "both_bad": 0.5}


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One labeler on one comparison: ``preference`` 1 for its better side, 0 for the worse, 0.5."""

    labeler: str
    preference: float
    strength: str | None = None


def votes_of_pair(judgments: Iterable[Mapping[str, Any]] | None) -> tuple[Vote, ...]:
    """The votes of a preference record's judgments; an answer of another kind is none."""
    return tuple(
        Vote(
            labeler=judgment["labeler"],
            preference=_PREFERENCES[judgment["choice"]],
            strength=judgment["strength"],
        )
        for judgment in judgments or ()
        if judgment["choice"] in _PREFERENCES
    )


def votes_of_ranking(
    judgments: Iterable[Mapping[str, Any]] | None, better: int, worse: int
) -> tuple[Vote, ...]:
    """The votes of a ranking's judgments on two of its responses.

    A response with a rank is above one without (the best of several); two without were not compared
    by that labeler, who has no vote then.
    """
    votes = []
    for judgment in judgments or ():
        ranks = _ranks(judgment["choice"])
        if max(better, worse) >= len(ranks):
            continue
        preference = _preference(ranks[better], ranks[worse])
        if preference is not None:
            vote = Vote(
                labeler=judgment["labeler"], preference=preference, strength=judgment["strength"]
            )
            votes.append(vote)
    return tuple(votes)


def agreement_of(votes: Sequence[Vote]) -> str:
    """Which of `AGREEMENTS` the labelers of a comparison show with its better side."""
    unanimous, most, divided, single, silent = AGREEMENTS
    if len(votes) < 2:
        return single if votes else silent
    share = sum(vote.preference for vote in votes) / len(votes)
    if share == 1:
        return unanimous
    return most if share >= 2 / 3 else divided


def _ranks(choice: str) -> list[int | None]:
    try:
        return [int(rank) if rank.strip() else None for rank in choice.split(",")]
    except ValueError:
        return []


def _preference(better: int | None, worse: int | None) -> float | None:
    if better is None and worse is None:
        return None
    if better is None or worse is None:
        return float(worse is None)
    return 0.5 if better == worse else float(better < worse)
