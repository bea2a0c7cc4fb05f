"""What a row of a preference file says, as the records that trainers read.

Each answer about the responses is a vote; a comparison's posterior is the share of the votes, since
nothing is known of who gave them. Records carry no judgments: a file names no labelers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from exports.records import STRENGTH_MARGINS, Comparison, PreferencePair, Ranking


def pairs_of(candidate: Candidate, name: str, project: str) -> Iterator[PreferencePair]:
    """The decided pairs; those of more than two responses share a rank group."""
    for criterion, answers in _by_criterion(candidate):
        group = _name(name, criterion)
        for comparison in _comparisons(len(candidate.responses), answers):
            better = comparison.winner
            if better is None:
                continue
            worse = comparison.j if better == comparison.i else comparison.i
            share = max(comparison.p_i, comparison.p_j) / (comparison.p_i + comparison.p_j)
            alone = len(candidate.responses) == 2
            strengths = Counter(known.strength for known in answers if known.strength)
            yield PreferencePair(
                **_common(candidate, name, project, criterion),
                id=group if alone else f"{group}-{comparison.i}-{comparison.j}",
                kind="pairwise" if alone else "ranking",
                response_sources=[candidate.responses[n][1] for n in (better, worse)],
                chosen=candidate.responses[better][0],
                rejected=candidate.responses[worse][0],
                strength=max(strengths, key=strengths.__getitem__) if strengths else None,
                strength_margin=comparison.margin,
                weight=share,
                rank_group=None if alone else group,
            )


def rankings_of(candidate: Candidate, name: str, project: str) -> Iterator[Ranking]:
    """All comparisons of the responses, ties among them; one record for each criterion."""
    for criterion, answers in _by_criterion(candidate):
        yield Ranking(
            **_common(candidate, name, project, criterion),
            id=_name(name, criterion),
            kind="ranking" if len(candidate.responses) > 2 else "pairwise",
            response_sources=[source for _, source in candidate.responses],
            responses=[messages for messages, _ in candidate.responses],
            comparisons=_comparisons(len(candidate.responses), answers),
            ranks=list(answers[0].ranks) if len(answers) == 1 else None,
        )


def _by_criterion(candidate: Candidate) -> Iterator[tuple[str, list[KnownAnswer]]]:
    found: dict[str, list[KnownAnswer]] = {}
    for known in candidate.known:
        if len(known.ranks) == len(candidate.responses):
            found.setdefault(known.criterion, []).append(known)
    yield from found.items()


def _comparisons(count: int, answers: Sequence[KnownAnswer]) -> list[Comparison]:
    made = []
    for i, j in combinations(range(count), 2):
        for_i = [known for known in answers if known.ranks[i] < known.ranks[j]]
        for_j = [known for known in answers if known.ranks[j] < known.ranks[i]]
        p_i, p_j = len(for_i) / len(answers), len(for_j) / len(answers)
        margins = [
            STRENGTH_MARGINS[known.strength]
            for known in (for_i if p_i >= p_j else for_j)
            if known.strength
        ]
        made.append(
            Comparison(
                i=i, j=j, p_i=p_i, p_j=p_j, p_tie=1 - p_i - p_j,
                margin=sum(margins) / len(margins) if margins else 0.0, n=len(answers),
            )
        )  # fmt: skip
    return made


def _common(candidate: Candidate, name: str, project: str, criterion: str) -> dict[str, Any]:
    return {
        "task": name,
        "project": project,
        "criterion": criterion,
        "language": candidate.language,
        "tags": list(candidate.tags),
        "prompt": candidate.prompt,
        "reference": candidate.reference,
        "judgments": [],
        "labeled_at": None,
    }


def _name(name: str, criterion: str) -> str:
    return f"{name}-{criterion}" if criterion else name
