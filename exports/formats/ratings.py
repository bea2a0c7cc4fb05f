"""Ratings: one JSON object per line with all responses of a prompt and what each was given.

``answers`` are the labelers' own: scores, flags and, where it was asked, ranks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import cast

from exports.formats.base import Format, Options, always_fits, line, never
from exports.records import Rating, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One rated prompt per line; see Format."""
    for record in records:
        rating = cast(Rating, record)
        yield line(
            {
                "prompt": rating.prompt,
                "responses": rating.responses,
                "response_sources": rating.response_sources,
                "scores": rating.scores,
                "flags": rating.flags,
                "low": rating.low,
                "high": rating.high,
                "answers": [
                    {"labeler": judgment.labeler, **json.loads(judgment.choice)}
                    for judgment in rating.judgments
                ],
            }
        )


RATINGS = Format(
    name="ratings",
    title="Ratings",
    description="JSON lines with all responses of a prompt, their mean scores and flags.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="rating",
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
