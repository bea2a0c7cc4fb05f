"""Flat rows of judgments made elsewhere: one judgment per row, the item written out in each.

``{"prompt", "responses": [...] or "first" and "second", "labeler", "said": one word, or "chosen",
"ranks", "tie" or "answer"; "strength", "reason", "seconds", "at", "shown", "criterion", "language",
"tags"}``. Rows about the same prompt and responses come together as judgments of one item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, Message
from annotation.readers import said
from annotation.readers.accord import candidate_of, refuse_unknown, responses_of
from annotation.readers.base import Reader, RowError, gettext_noop

FIELDS = said.FIELDS | frozenset(
    {"id", "prompt", "responses", "first", "second", "first_source", "second_source", "said"}
    | {"language", "tags", "priority", "reference"}
)
# Each word with what it says; how many responses it is about.
WORDS: dict[str, tuple[dict[str, Any], int]] = {
    "first": ({"chosen": 0}, 2),
    "second": ({"chosen": 1}, 2),
    "tie": ({"tie": True}, 2),
    "both_bad": ({"answer": {"choice": "both_bad"}}, 2),
    "good": ({"answer": {"good": True}}, 1),
    "bad": ({"answer": {"good": False}}, 1),
}


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """An item with the one judgment that the row is."""
    refuse_unknown(fields, FIELDS)
    responses = _responses(fields, source)
    judgment = _with_words(fields, len(responses))
    return candidate_of(fields, responses, [said.judgment_of(judgment, "", len(responses))])


def _responses(fields: Mapping[str, Any], source: str) -> list[tuple[list[Message], str]]:
    """Those of ``responses``, or the two called ``first`` and ``second``."""
    if fields.get("responses") is not None:
        if fields.get("first") is not None or fields.get("second") is not None:
            raise RowError("first", "is given beside responses; give one or the other.")
        return responses_of(fields["responses"], source)
    given = [name for name in ("first", "second") if fields.get(name) is not None]
    if len(given) == 1:
        missing = "second" if given == ["first"] else "first"
        raise RowError(missing, "is missing; give both, or one response as responses.")
    return responses_of([_named(fields, name) for name in given], source)


def _named(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    form = "messages" if isinstance(fields[name], list) else "text"
    return {form: fields[name], "source": fields.get(f"{name}_source")}


def _with_words(fields: Mapping[str, Any], k: int) -> Mapping[str, Any]:
    """The fields with ``said`` put as the other fields would say it."""
    word = fields.get("said")
    if word is None:
        return fields
    if word not in WORDS:
        raise RowError("said", f"must be one of {', '.join(WORDS)}.")
    if (
        any(fields.get(name) for name in ("ranks", "answer", "tie"))
        or fields.get("chosen") is not None
    ):
        raise RowError("said", f"says more than one thing; give one of said, {said.WAYS}.")
    meant, responses = WORDS[word]
    if k != responses:
        raise RowError("said", f"{word} is about {responses} responses, and the row has {k}.")
    return {**fields, **meant}


JUDGMENTS = Reader(
    name="judgments",
    title=gettext_noop("Judgments"),
    description=gettext_noop(
        "one judgment per line, with its labeler, time and reason; JSONL or Parquet"
    ),
    parse=parse,
    takes=tuple(sorted(FIELDS)),
    needs=("prompt", "labeler"),
)
