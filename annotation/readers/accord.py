"""Accord's own rows: a prompt, up to nine responses, and what is already known of them.

``{"prompt": text or messages, "responses": [{"messages" or "text", "source"}], "language", "tags",
"priority", "reference", "ranks": [..] or "preference": {"chosen": index, "strength"}, "labeler",
"reason", "criterion", "judgments": [{"labeler", "ranks", "chosen", "tie" or "answer", "strength",
"reason", "seconds", "at", "criterion", "shown"}], "gold": {"ranks", "chosen" or "answer",
"strength", "criterion", "explanation"}}``; all but the prompt may be left out. ``ranks`` has one
number per response, 1 is best, equal numbers are ties. ``criterion`` names the one of the project's
criteria that the answer is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer, Message
from annotation.readers import said
from annotation.readers.base import Reader, RowError, as_messages, clean_text, gettext_noop

FIELDS = frozenset(
    {"id", "prompt", "responses", "language", "tags", "priority", "reference"}
    | {"ranks", "preference", "labeler", "reason", "criterion", "judgments", "gold"}
)
MAX_JUDGMENTS = 1000
MAX_RESPONSES = 9


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """The candidate that a row of Accord's own format describes."""
    refuse_unknown(fields, FIELDS)
    responses = responses_of(fields.get("responses") or [], source)
    gold, explanation = _gold(fields.get("gold"), len(responses))
    known = _known(fields, len(responses)) + _judgments(fields.get("judgments"), len(responses))
    return candidate_of(fields, responses, known, gold, explanation)


def candidate_of(
    fields: Mapping[str, Any],
    responses: list[tuple[list[Message], str]],
    known: list[KnownAnswer],
    gold: KnownAnswer | None = None,
    explanation: str = "",
) -> Candidate:
    """What the fields about the prompt say, with responses and answers."""
    if not fields.get("prompt"):
        raise RowError("prompt", "is missing or empty; give a text or a list of messages.")
    return Candidate(
        prompt=as_messages(fields["prompt"], "prompt", "user"),
        responses=responses,
        language=clean_text(fields.get("language") or "", "language")[:16],
        tags=_tags(fields.get("tags") or []),
        priority=_priority(fields.get("priority")),
        reference=said.optional_text(fields, "reference"),
        known=known,
        gold=gold,
        explanation=explanation,
    )


def refuse_unknown(fields: Mapping[str, Any], known: frozenset[str], place: str = "") -> None:
    """Raise RowError for a field that is not among `known`; Parquet has empty ones for all."""
    unknown = sorted(name for name in set(fields) - known if fields[name] is not None)
    if unknown:
        names = ", ".join(sorted(known))
        raise RowError(f"{place}{unknown[0]}", f"is not a known field; known are {names}.")


def responses_of(value: Any, source: str) -> list[tuple[list[Message], str]]:
    """Up to nine responses, each with the name of its source."""
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
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e9:
        raise RowError("priority", "is not a number; higher is asked earlier.")
    return float(value)


def _known(fields: Mapping[str, Any], k: int) -> list[KnownAnswer]:
    """The single answer that a row may hold beside its list of judgments."""
    preference = fields.get("preference") or {}
    if not isinstance(preference, Mapping):
        raise RowError("preference", 'is not an object; give {"chosen": index}.')
    ranks = _ranks({**preference, "ranks": fields.get("ranks")}, "", k)
    if ranks is None:
        return []
    return [
        KnownAnswer(
            ranks,
            said.strength_of(preference, ""),
            said.name_of(fields.get("labeler") or "", "labeler"),
            said.optional_text(fields, "reason") or "",
            said.optional_text(fields, "criterion") or "",
        )
    ]


def _judgments(value: Any, k: int) -> list[KnownAnswer]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RowError("judgments", "is not a list; give a list of judgments.")
    if len(value) > MAX_JUDGMENTS:
        raise RowError("judgments", f"has {len(value)} entries; at most {MAX_JUDGMENTS} are kept.")
    found = []
    for index, fields in enumerate(value):
        place = f"judgments[{index}]"
        if not isinstance(fields, Mapping):
            raise RowError(place, 'is not an object; give {"labeler": ..., "chosen": ...}.')
        refuse_unknown(fields, said.FIELDS, f"{place}.")
        found.append(said.judgment_of(fields, f"{place}.", k))
    return found


def _gold(value: Any, k: int) -> tuple[KnownAnswer | None, str]:
    """What is expected; where people write it may be an answer of null, with an explanation."""
    if value is None:
        return None, ""
    if not isinstance(value, Mapping):
        raise RowError("gold", 'is not an object; give {"chosen": index} or {"ranks": [...]}.')
    ranks = _ranks(value, "gold.", k)
    answer = None
    if value.get("answer") is not None:
        answer = said.answer_of(value["answer"], "gold.answer")
    elif ranks is None and "answer" not in value:
        raise RowError("gold", "says nothing; give chosen, ranks or answer.")
    expected = KnownAnswer(
        [] if answer is not None or ranks is None else ranks,
        said.strength_of(value, "gold."),
        criterion=said.optional_text(value, "criterion", "gold.") or "",
        answer=answer,
        field="gold.",
    )
    return expected, said.optional_text(value, "explanation", "gold.") or ""


def _ranks(fields: Mapping[str, Any], prefix: str, k: int) -> list[int] | None:
    """The ranks that `fields` give, as ``ranks`` or as a chosen one of two."""
    said.strength_of(fields, prefix)
    if fields.get("ranks") is not None:
        return said.ranks_of(fields["ranks"], f"{prefix}ranks", k)
    chosen = fields.get("chosen")
    if chosen is None:
        return None
    if k != 2 or isinstance(chosen, bool) or chosen not in (0, 1):
        raise RowError(f"{prefix}chosen", "must be 0 or 1, and the row must have two responses.")
    return [1, 2] if chosen == 0 else [2, 1]


ACCORD = Reader(
    name="accord",
    title=gettext_noop("Accord"),
    description=gettext_noop(
        "a prompt with 0 to 9 responses per line, with optional judgments or gold"
    ),
    parse=parse,
    takes=tuple(sorted(FIELDS)),
    needs=("prompt", "responses"),
)
