"""Accord's own rows: a prompt, up to nine responses, and what is already known of them.

``{"prompt": text or messages, "responses": [{"messages" or "text", "source"}], "language", "tags",
"priority", "reference", "ranks": [..] or "preference": {"chosen": index, "strength"}, "labeler",
"reason", "criterion", "gold": {"ranks" or "chosen", "strength", "criterion", "explanation"}}``; all
but the prompt may be left out. ``ranks`` has one number per response, 1 is best, equal numbers are
ties. ``criterion`` names the one of the project's criteria that the answer is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer, Message
from annotation.readers.base import Reader, RowError, as_messages, clean_text
from annotation.task_kinds.base import STRENGTHS

FIELDS = frozenset(
    {"id", "prompt", "responses", "language", "tags", "priority", "reference"}
    | {"ranks", "preference", "labeler", "reason", "criterion", "gold"}
)
MAX_RESPONSES = 9


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """The candidate that a row of Accord's own format describes."""
    unknown = sorted(set(fields) - FIELDS)
    if unknown:
        raise RowError(unknown[0], f"is not a known field; known are {', '.join(sorted(FIELDS))}.")
    if not fields.get("prompt"):
        raise RowError("prompt", "is missing or empty; give a text or a list of messages.")
    responses = _responses(fields.get("responses") or [], source)
    gold, explanation = _gold(fields.get("gold"), len(responses))
    return Candidate(
        prompt=as_messages(fields["prompt"], "prompt", "user"),
        responses=responses,
        language=clean_text(fields.get("language") or "", "language")[:16],
        tags=_tags(fields.get("tags") or []),
        priority=_priority(fields.get("priority")),
        reference=_optional_text(fields, "reference"),
        known=_known(fields, len(responses)),
        gold=gold,
        explanation=explanation,
    )


def _responses(value: Any, source: str) -> list[tuple[list[Message], str]]:
    if not isinstance(value, list):
        raise RowError("responses", "is not a list; give a list of responses.")
    if len(value) > MAX_RESPONSES:
        raise RowError("responses", f"has {len(value)} entries; at most {MAX_RESPONSES} are kept.")
    responses = []
    for index, response in enumerate(value):
        place = f"responses[{index}]"
        if isinstance(response, str):
            response = {"text": response}
        if not isinstance(response, Mapping):
            raise RowError(place, 'is not an object; give {"text": ..., "source": ...}.')
        content = response.get("messages", response.get("text"))
        messages = as_messages(content, place, "assistant")
        if not messages:
            raise RowError(place, "has no messages; give at least one.")
        name = clean_text(response.get("source") or source, f"{place}.source")[:120]
        responses.append((messages, name))
    return responses


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise RowError("tags", "is not a list; give a list of texts.")
    return [clean_text(tag, "tags")[:60] for tag in value]


def _priority(value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        raise RowError("priority", "is not a number; higher is asked earlier.")
    return float(value)


def _optional_text(fields: Mapping[str, Any], name: str) -> str | None:
    return clean_text(fields[name], name) if fields.get(name) is not None else None


def _known(fields: Mapping[str, Any], k: int) -> list[KnownAnswer]:
    ranks, strength = _order(fields, "", k)
    if ranks is None:
        return []
    return [
        KnownAnswer(
            ranks,
            strength,
            (_optional_text(fields, "labeler") or "")[:120],
            _optional_text(fields, "reason") or "",
            _criterion(fields, ""),
        )
    ]


def _criterion(fields: Mapping[str, Any], prefix: str) -> str:
    criterion = fields.get("criterion")
    return "" if criterion is None else clean_text(criterion, f"{prefix}criterion")


def _gold(value: Any, k: int) -> tuple[KnownAnswer | None, str]:
    if value is None:
        return None, ""
    if not isinstance(value, Mapping):
        raise RowError("gold", 'is not an object; give {"chosen": index} or {"ranks": [...]}.')
    ranks, strength = _order(value, "gold.", k)
    if ranks is None:
        raise RowError("gold", "says nothing; give chosen or ranks.")
    answer = KnownAnswer(ranks, strength, criterion=_criterion(value, "gold."))
    return answer, _optional_text(value, "explanation") or ""


def _order(fields: Mapping[str, Any], prefix: str, k: int) -> tuple[list[int] | None, str | None]:
    """The ranks that `fields` give, as ``ranks`` or as a chosen one of two, and the strength."""
    preference = fields.get("preference") or ({} if not prefix else fields)
    if not isinstance(preference, Mapping):
        raise RowError(f"{prefix}preference", 'is not an object; give {"chosen": index}.')
    strength = preference.get("strength")
    if strength is not None and strength not in STRENGTHS:
        raise RowError(f"{prefix}strength", f"must be one of {', '.join(STRENGTHS)}.")
    if fields.get("ranks") is not None:
        return _ranks(fields["ranks"], f"{prefix}ranks", k), strength
    chosen = preference.get("chosen")
    if chosen is None:
        return None, None
    if k != 2 or isinstance(chosen, bool) or chosen not in (0, 1):
        raise RowError(f"{prefix}chosen", "must be 0 or 1, and the row must have two responses.")
    return ([1, 2] if chosen == 0 else [2, 1]), strength


def _ranks(value: Any, place: str, k: int) -> list[int]:
    if not isinstance(value, list) or len(value) != k:
        raise RowError(place, f"must be a list of {k} numbers, one per response.")
    if any(isinstance(rank, bool) or not isinstance(rank, int) or rank < 1 for rank in value):
        raise RowError(place, "must be whole numbers; 1 is best, equal numbers are ties.")
    return value


ACCORD = Reader(
    name="accord",
    title="Accord",
    description="a prompt with 0 to 9 responses per line, with optional ranks, preference or gold",
    parse=parse,
)
