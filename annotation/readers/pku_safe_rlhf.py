"""PKU-SafeRLHF: a prompt with two responses, which of them is better, and which is safer.

The two are different questions, so each is a format of its own: import the file once into a project
that asks what is better and once into one that asks what is safer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from annotation.readers.base import Reader, RowError, clean_text, gettext_noop

PLACES = (0, 1)


def _by(field: str) -> Callable[[Mapping[str, Any], str], Candidate]:
    def parse(fields: Mapping[str, Any], source: str) -> Candidate:
        chosen = fields.get(field)
        if isinstance(chosen, bool) or str(chosen) not in ("0", "1"):
            raise RowError(field, "must be 0 or 1, and the row must have two responses.")
        responses = []
        for place in PLACES:
            name = f"response_{place}"
            text = clean_text(fields.get(name), name)
            model = clean_text(fields.get(f"{name}_source") or source, f"{name}_source")
            responses.append(([{"role": "assistant", "content": text}], model[:120]))
        return Candidate(
            [{"role": "user", "content": clean_text(fields.get("prompt"), "prompt")}],
            responses,
            tags=_tags(fields),
            known=[KnownAnswer([1, 2] if str(chosen) == "0" else [2, 1])],
        )

    return parse


def _tags(fields: Mapping[str, Any]) -> list[str]:
    """What kinds of harm the responses were said to do, and whether one is unsafe."""
    found = set()
    for place in PLACES:
        if fields.get(f"is_response_{place}_safe") is False:
            found.add("unsafe")
        harms = fields.get(f"response_{place}_harm_category")
        if isinstance(harms, Mapping):
            found |= {str(name)[:60] for name, holds in harms.items() if holds is True}
    return sorted(found)


_FIELDS = ("prompt", "response_0", "response_1")
PKU_SAFE_RLHF = Reader(
    name="pku_safe_rlhf",
    title=gettext_noop("PKU-SafeRLHF: better"),
    description=gettext_noop(
        "columns prompt, response_0, response_1 and better_response_id; JSONL or Parquet"
    ),
    parse=_by("better_response_id"),
    takes=(*_FIELDS, "better_response_id"),
    needs=(*_FIELDS, "better_response_id"),
)
PKU_SAFE_RLHF_SAFER = Reader(
    name="pku_safe_rlhf_safer",
    title=gettext_noop("PKU-SafeRLHF: safer"),
    description=gettext_noop(
        "columns prompt, response_0, response_1 and safer_response_id; JSONL or Parquet"
    ),
    parse=_by("safer_response_id"),
    takes=(*_FIELDS, "safer_response_id"),
    needs=(*_FIELDS, "safer_response_id"),
)
