"""Which labels go into a snapshot: a short list of known filters, checked before anything is read.

What is not named here cannot be asked, so no filter ever reaches a query by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Self

MOST_WORDS = 50


class FiltersError(ValueError):
    """A filter that is unknown or out of range; the message names it and the remedy."""


@dataclass(frozen=True)
class Filters:
    """What has to hold for a label to be exported. The defaults export everything.

    ``min_judgments`` and ``languages``/``tags`` (any of them; empty is all) choose tasks.
    ``since`` (included) and ``until`` (excluded), ISO times in UTC, and ``include_imported`` choose
    judgments. ``min_weight`` and ``drop_negligible`` choose pairs: the posterior that the better
    one is better, and whether pairs of the weakest strength go, as in Bai et al. (2204.05862).
    """

    min_judgments: int = 1
    min_weight: float = 0.5
    drop_negligible: bool = False
    include_imported: bool = True
    since: str | None = None
    until: str | None = None
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Self:
        """The filters named in `given`, in one normal form.

        Raises:
            FiltersError: one is unknown or has a value that cannot be meant.
        """
        known = [field.name for field in fields(cls)]
        if not isinstance(given, Mapping):
            raise FiltersError("filters: give an object.")
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise FiltersError(f"{unknown[0]}: no such filter; known are {', '.join(known)}.")
        found = cls(**{name: _CLEANERS[name](name, value) for name, value in given.items()})
        if found.since and found.until and found.since >= found.until:
            raise FiltersError("until: give a time after since.")
        return found

    def as_dict(self) -> dict[str, Any]:
        """All filters by name, as JSON has them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise FiltersError(f"{name}: give a whole number from 1 to 1000.")
    return value


def _posterior(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value <= 1:
        raise FiltersError(f"{name}: give a number from 0.5 to 1.")
    return float(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise FiltersError(f"{name}: give true or false.")
    return value


def _time(name: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat()
    except (TypeError, ValueError, OverflowError) as error:
        raise FiltersError(f"{name}: give a date or time such as 2026-05-31T12:00.") from error


def _words(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST_WORDS:
        raise FiltersError(f"{name}: give a list of at most {MOST_WORDS} texts.")
    if not all(isinstance(word, str) and word and "\0" not in word for word in value):
        raise FiltersError(f"{name}: every entry is a text.")
    return tuple(sorted(set(value)))


_CLEANERS: dict[str, Callable[[str, Any], Any]] = {
    "min_judgments": _count,
    "min_weight": _posterior,
    "drop_negligible": _flag,
    "include_imported": _flag,
    "since": _time,
    "until": _time,
    "languages": _words,
    "tags": _words,
}
