"""Which labels go into a snapshot: a short list of known filters, checked before anything is read.

What is not named here cannot be asked, so no filter ever reaches a query by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Self

from annotation.task_kinds.base import STRENGTHS

MOST_WORDS = 50
NO_STRENGTH = "none"
KNOWN_STRENGTHS = (*STRENGTHS, NO_STRENGTH)
"""What pairs can be chosen by; ``none`` where no strength was asked."""


class FiltersError(ValueError):
    """A filter that is unknown or out of range; the message names it and the remedy."""


@dataclass(frozen=True)
class Filters:
    """What has to hold for a label to be exported. The defaults export everything.

    ``min_judgments`` and ``languages``, ``tags``, ``criteria``, ``sources`` (any of them; empty is
    all; a source is where one of the responses comes from) choose tasks, as does ``min_agreement``,
    the share of labeler pairs who said the same: a task that one person judged has none.
    ``since`` (included) and ``until`` (excluded), ISO times in UTC, ``include_imported``,
    ``labelers`` and ``without_labelers`` (pseudonyms) choose judgments. ``min_weight``,
    ``strengths`` and ``drop_negligible`` choose pairs: the posterior that the better one is better,
    how much better, and whether pairs of the weakest strength go, as in Bai et al. (2204.05862).
    """

    min_judgments: int = 1
    min_weight: float = 0.5
    drop_negligible: bool = False
    include_imported: bool = True
    since: str | None = None
    until: str | None = None
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    labelers: tuple[str, ...] = ()
    without_labelers: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    min_agreement: float = 0.0

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
        both = sorted(set(found.labelers) & set(found.without_labelers))
        if both:
            raise FiltersError(f"without_labelers: {both[0]} is among labelers too; keep one.")
        return found

    def as_dict(self) -> dict[str, Any]:
        """The filters by name, as JSON has them; the later ones only where they are set.

        So the same labels and filters still give the bytes of snapshots made before there were
        more.
        """
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if name in FIRST or value
        }


FIRST = (
    *("min_judgments", "min_weight", "drop_negligible", "include_imported"),
    *("since", "until", "languages", "tags"),
)
"""The filters that every snapshot names."""


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        raise FiltersError(f"{name}: give a whole number from 1 to 1000.")
    return value


def _posterior(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value <= 1:
        raise FiltersError(f"{name}: give a number from 0.5 to 1.")
    return float(value)


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise FiltersError(f"{name}: give a number from 0 to 1.")
    return float(value)


def _strengths(name: str, value: Any) -> tuple[str, ...]:
    found = _words(name, value)
    unknown = sorted(set(found) - set(KNOWN_STRENGTHS))
    if unknown:
        raise FiltersError(f"{name}: choose among {', '.join(KNOWN_STRENGTHS)}.")
    return found


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
    "criteria": _words,
    "sources": _words,
    "labelers": _words,
    "without_labelers": _words,
    "strengths": _strengths,
    "min_agreement": _share,
}
