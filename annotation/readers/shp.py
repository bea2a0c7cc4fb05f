"""SHP: a post and two comments on it, of which people preferred one (`labels` 1 means A)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from annotation.readers.base import Reader, RowError, clean_text, gettext_noop

SIDES = ("human_ref_A", "human_ref_B")


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """A pair with the side that had the higher score; the part of the forum becomes a tag."""
    texts = {name: clean_text(fields.get(name), name) for name in ("history", *SIDES)}
    label = fields.get("labels")
    if isinstance(label, bool) or str(label) not in ("0", "1"):
        raise RowError("labels", "must be 1 where A is preferred and 0 where B is.")
    responses = [([{"role": "assistant", "content": texts[side]}], source) for side in SIDES]
    domain = fields.get("domain")
    return Candidate(
        [{"role": "user", "content": texts["history"]}],
        responses,
        tags=[clean_text(domain, "domain")[:60]] if domain else [],
        known=[KnownAnswer([1, 2] if str(label) == "1" else [2, 1])],
    )


SHP = Reader(
    name="shp",
    title=gettext_noop("SHP"),
    description=gettext_noop(
        "columns history, human_ref_A, human_ref_B and labels; JSONL or Parquet"
    ),
    parse=parse,
    takes=("history", *SIDES, "labels", "domain"),
    needs=("history", *SIDES, "labels"),
)
