"""What a row says of judgments made elsewhere: who said what, when, how fast and why.

Shared by the readers whose rows hold judgments. What only the project's kind can tell (whether it
can hold an answer at all) is checked when the row is matched with the project.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from annotation.candidates import KnownAnswer
from annotation.readers.base import RowError, clean_text
from annotation.task_kinds.base import STRENGTHS

FIELDS = frozenset(
    {"labeler", "ranks", "chosen", "answer", "tie", "strength", "reason", "seconds", "at"}
    | {"criterion", "shown"}
)
MOST_NAME = 120
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = 366 * 86400.0
WAYS = "ranks, chosen, tie, answer"


def judgment_of(fields: Mapping[str, Any], place: str, k: int) -> KnownAnswer:
    """One judgment about `k` responses; `place` is where the row holds it, "" or ``judgments[3].``.

    Raises:
        RowError: naming the field and the remedy.
    """
    ranks, answer = said(fields, place, k)
    return KnownAnswer(
        ranks,
        strength_of(fields, place) if ranks else None,
        labeler_of(fields, place),
        optional_text(fields, "reason", place) or "",
        optional_text(fields, "criterion", place) or "",
        answer,
        _seconds(fields.get("seconds"), f"{place}seconds"),
        moment_of(fields.get("at"), f"{place}at"),
        _order(fields.get("shown"), f"{place}shown", k),
        place,
    )


def said(
    fields: Mapping[str, Any], place: str, k: int
) -> tuple[list[int], Mapping[str, Any] | None]:
    """What a judgment says: ranks, or an answer in the kind's own form. Exactly one of them."""
    ways = [name for name in ("ranks", "chosen", "answer") if fields.get(name) is not None]
    ways += ["tie"] if fields.get("tie") else []
    if len(ways) != 1:
        problem = "says more than one thing" if ways else "says nothing"
        raise RowError(f"{place}{ways[1] if ways else 'chosen'}", f"{problem}; give one of {WAYS}.")
    if "ranks" in ways:
        return ranks_of(fields["ranks"], f"{place}ranks", k), None
    if "answer" in ways:
        return [], answer_of(fields["answer"], f"{place}answer")
    if "tie" in ways:
        if fields["tie"] is not True:
            raise RowError(f"{place}tie", "must be true or left out.")
        return [1] * k, None
    return chosen_of(fields["chosen"], f"{place}chosen", k)


def chosen_of(value: Any, place: str, k: int) -> tuple[list[int], Mapping[str, Any] | None]:
    """The ranks that choosing one of two gives; of more it says only which one is the best."""
    if isinstance(value, bool) or value not in range(k) or k < 2:
        raise RowError(place, f"must be the place of one of the responses, 0 to {max(k - 1, 0)}.")
    if k == 2:
        return ([1, 2] if value == 0 else [2, 1]), None
    return [], {"best": int(value)}


def ranks_of(value: Any, place: str, k: int) -> list[int]:
    """One whole number per response."""
    if not isinstance(value, list) or len(value) != k:
        raise RowError(place, f"must be a list of {k} numbers, one per response.")
    if any(isinstance(rank, bool) or not isinstance(rank, int) or rank < 1 for rank in value):
        raise RowError(place, "must be whole numbers; 1 is best, equal numbers are ties.")
    return value


def answer_of(value: Any, place: str) -> Mapping[str, Any]:
    """An answer in the form that the project's kind has, as an object or as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (json.JSONDecodeError, RecursionError):
            value = None
    if not isinstance(value, Mapping):
        raise RowError(place, "is not an object; give the answer as the project's kind stores it.")
    return value


def strength_of(fields: Mapping[str, Any], place: str) -> str | None:
    """How much better, where it is said."""
    strength = fields.get("strength")
    if strength is not None and strength not in STRENGTHS:
        raise RowError(f"{place}strength", f"must be one of {', '.join(STRENGTHS)}.")
    return strength


def labeler_of(fields: Mapping[str, Any], place: str) -> str:
    """The name of who said it."""
    if not fields.get("labeler"):
        raise RowError(f"{place}labeler", "is missing; name who said it.")
    return name_of(fields["labeler"], f"{place}labeler")


def name_of(value: Any, place: str) -> str:
    """A name whole or not at all: two labelers must not become one by being cut short."""
    name = clean_text(value, place)
    if not name.isprintable():
        raise RowError(place, "contains a line break or another control character; remove it.")
    if len(name) > MOST_NAME:
        raise RowError(place, f"has {len(name)} characters; at most {MOST_NAME} are kept.")
    return name


def optional_text(fields: Mapping[str, Any], name: str, place: str = "") -> str | None:
    """A text that may be left out."""
    return clean_text(fields[name], f"{place}{name}") if fields.get(name) is not None else None


def _seconds(value: Any, place: str) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 <= value <= LONGEST:
        raise RowError(place, "must be a number of seconds, 0 or more.")
    return float(value)


def moment_of(value: Any, place: str) -> datetime | None:
    """A time with its zone, where one is given."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise RowError(place, "is not a time; write it like 2026-01-31T16:59:52Z.")
    if value.tzinfo is None:
        raise RowError(place, "has no time zone; write it like 2026-01-31T16:59:52Z.")
    # A clock may go a little fast; later than that is a mistake.
    if not EARLIEST <= value <= datetime.now(UTC) + timedelta(days=1):
        raise RowError(place, "is before 1970 or in the future; give when it was said.")
    return value


def _order(value: Any, place: str, k: int) -> list[int]:
    if value is None:
        return []
    if not isinstance(value, list) or sorted(map(str, value)) != sorted(map(str, range(k))):
        raise RowError(place, f"must hold each number from 0 to {max(k - 1, 0)} once, as shown.")
    return value


__all__ = [
    "FIELDS",
    "answer_of",
    "chosen_of",
    "judgment_of",
    "labeler_of",
    "moment_of",
    "name_of",
    "optional_text",
    "ranks_of",
    "said",
    "strength_of",
]
