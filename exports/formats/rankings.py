"""Rankings: one JSON object per line with all responses of a prompt and what was said of them.

``pairs`` are the non-tied ones of all C(K, 2), as places in ``responses``; they carry the same
``rank_group`` as the pairs of the preference formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from exports.formats.base import Format, Options, always_fits, line, never
from exports.records import WEIGHT_DECIMALS, Ranking, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One ranking per line; see Format."""
    for record in records:
        ranking = cast(Ranking, record)
        yield line(
            {
                "rank_group": ranking.task,
                "prompt": ranking.prompt,
                "responses": ranking.responses,
                "response_sources": ranking.response_sources,
                "ranks": ranking.ranks,
                "pairs": pairs_of(ranking),
                "comparisons": [vars(comparison) for comparison in ranking.comparisons],
            }
        )


def pairs_of(ranking: Ranking) -> list[dict[str, Any]]:
    """``{"chosen", "rejected", "weight", "margin"}`` for every two places that do not tie."""
    pairs = []
    for comparison in ranking.comparisons:
        best = comparison.winner
        if best is None:
            continue
        other = comparison.j if best == comparison.i else comparison.i
        won, lost = comparison.p_i, comparison.p_j
        if best == comparison.j:
            won, lost = lost, won
        weight = round(won / (won + lost), WEIGHT_DECIMALS)
        margin = comparison.margin
        pairs.append({"chosen": best, "rejected": other, "weight": weight, "margin": margin})
    return pairs


RANKINGS = Format(
    name="rankings",
    title="Rankings",
    description="JSON lines with all responses of a prompt, their ranks and every comparison.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="ranking",
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
