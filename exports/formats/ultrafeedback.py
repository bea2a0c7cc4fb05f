"""Pairs in the columns of UltraFeedback as it is used for DPO: whole conversations with scores.

After Cui et al. (2310.01377), in the binarized form of the H4 team. Scores are the posteriors that
each side is the better one, so the two of a pair add up to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from exports.formats.base import Format, Options, always_fits, line, never
from exports.records import WEIGHT_DECIMALS, PreferencePair, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One pair per line; see Format."""
    for record in records:
        pair = cast(PreferencePair, record)
        asked = [turn["content"] for turn in pair.prompt if turn["role"] == "user"]
        yield line(
            {
                "prompt": asked[-1] if asked else "",
                "prompt_id": pair.task,
                "chosen": [*pair.prompt, *pair.chosen],
                "rejected": [*pair.prompt, *pair.rejected],
                "messages": [*pair.prompt, *pair.chosen],
                "score_chosen": pair.weight,
                "score_rejected": round(1 - pair.weight, WEIGHT_DECIMALS),
            }
        )


ULTRAFEEDBACK = Format(
    name="ultrafeedback",
    title="UltraFeedback",
    description="JSON lines with whole conversations, chosen and rejected, and their scores.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="preference",
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
