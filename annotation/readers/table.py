"""Tables with a column for the prompt and one for each response, whatever they are called.

For spreadsheets and sets that no other format knows: columns are guessed by their names and can be
named. Messages may stand in a cell as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, Message
from annotation.readers.base import Reader, RowError, as_messages, clean_text, gettext_noop
from annotation.readers.columns import MOST_RESPONSES

PLACES = range(1, MOST_RESPONSES + 1)
TAKES = (
    *("prompt", "system"),
    *(f"response_{place}" for place in PLACES),
    *(f"source_{place}" for place in PLACES),
    *("language", "tags", "reference", "priority"),
)


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """The candidate that the known columns of a row describe; the others are left alone."""
    if not fields.get("prompt"):
        raise RowError("prompt", "is missing or empty; say which column holds the prompt.")
    prompt = messages_of(fields["prompt"], "prompt", "user")
    if fields.get("system"):
        prompt.insert(0, {"role": "system", "content": clean_text(fields["system"], "system")})
    responses = [
        (
            messages_of(fields[f"response_{place}"], f"response_{place}", "assistant"),
            clean_text(str(fields.get(f"source_{place}") or source), f"source_{place}")[:120],
        )
        for place in PLACES
        if fields.get(f"response_{place}") not in (None, "")
    ]
    reference = fields.get("reference")
    return Candidate(
        prompt,
        responses,
        language=clean_text(fields.get("language") or "", "language")[:16],
        tags=_tags(fields.get("tags")),
        priority=_number(fields.get("priority")),
        reference=None if reference in (None, "") else clean_text(reference, "reference"),
    )


def messages_of(value: Any, field: str, role: str) -> list[Message]:
    """Messages as they are, as JSON in a cell, or a text as one message of `role`."""
    if isinstance(value, str) and value.lstrip()[:2] in ("[{", "[ "):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return as_messages(value, field, role)
    messages = as_messages(value, field, role)
    if not messages:
        raise RowError(field, "has no messages; give at least one.")
    return messages


def _tags(value: Any) -> list[str]:
    """A list, or a cell with commas between."""
    if value is None:
        return []
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list):
        raise RowError("tags", "is not a list; give a list of texts.")
    return [tag[:60] for tag in (clean_text(tag, "tags").strip() for tag in given) if tag]


def _number(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) <= 1e9:
        raise RowError("priority", "is not a number; higher is asked earlier.")
    return number


TABLE = Reader(
    name="table",
    title=gettext_noop("Table"),
    description=gettext_noop(
        "a column for the prompt and one for each response, under any names; best for CSV"
    ),
    parse=parse,
    takes=TAKES,
    needs=("prompt", "response_1"),
)
