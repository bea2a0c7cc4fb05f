"""What a task kind is: how its answers are checked, turned and read as comparisons.

Every kind that judges can be read as comparisons between two things, and that reading is all that
agreement, consensus, gold and exports use; they know no kind by name. A kind that only writes
(a demonstration, a prompt, a conversation) compares nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, TypeGuard

from annotation.task_kinds.options import Option, Options, OptionsError, clean_options, defaults_of

STRENGTHS = ("significantly", "better", "slightly", "negligibly")
"""From strongest to weakest: Llama 2 (2307.09288, section 3.2.1)."""

MAX_TEXT = 50_000
"""The longest text a labeler may write, in characters."""


UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, and halves of characters, as a browser makes them that cuts an emoji in two."""


class AnswerError(ValueError):
    """An answer that cannot be stored; the message names the field and the remedy."""


@dataclass(frozen=True)
class Outcome:
    """What one answer says of responses ``i < j``: ``winner`` is i, j or None for a tie."""

    i: int
    j: int
    winner: int | None
    strength: str | None = None


Answer = dict[str, Any]


def _no_outcomes(answer: Answer, k: int) -> list[Outcome]:
    return []


def _no_answer(ranks: Sequence[int], strength: str | None) -> Answer | None:
    return None


def _unturned(answer: Answer, order: Sequence[int]) -> Answer:
    return answer


def _no_topic(options: Options) -> bool:
    return False


def _nothing_to_check(options: Options) -> None:
    return None


@dataclass(frozen=True)
class TaskKind:
    """One kind of task, as functions on plain values.

    ``groups(n, options)`` says which of a prompt's n different responses each of its tasks shows;
    an empty group is a task without responses. ``clean_answer(answer, k, options)`` returns the
    answer with nothing but known, valid fields or raises AnswerError. ``reorder(answer, order)``
    turns an answer about positions on screen into one about canonical positions, where
    ``order[position on screen] = canonical position``. ``outcomes(answer, k)`` gives every
    comparison that the answer implies. ``from_ranks(ranks, strength)`` is the answer that says the
    same as `ranks` (1 is best, equal is a tie) with that strength where the kind has one, or None
    where it cannot say that. ``check_options(options)`` raises OptionsError where options that are
    right one by one do not go together. ``has_topic(options)`` is whether the prompt is a topic to
    write about and not a turn of a conversation. ``has_bar`` is whether responses are compared
    with the bar of being good enough, which then counts as one more thing behind them.
    """

    name: str
    title: str
    description: str
    min_responses: int
    max_responses: int
    groups: Callable[[int, Options], list[tuple[int, ...]]]
    clean_answer: Callable[[Mapping[str, Any], int, Options], Answer]
    options: Mapping[str, Option]
    reorder: Callable[[Answer, Sequence[int]], Answer] = _unturned
    outcomes: Callable[[Answer, int], list[Outcome]] = _no_outcomes
    from_ranks: Callable[[Sequence[int], str | None], Answer | None] = _no_answer
    check_options: Callable[[Options], None] = _nothing_to_check
    has_topic: Callable[[Options], bool] = _no_topic
    has_bar: bool = False

    @property
    def default_options(self) -> dict[str, Any]:
        """Every option as it stands when nobody sets it."""
        return defaults_of(self.options)

    def clean_options(self, given: Options) -> dict[str, Any]:
        """`given` over the defaults.

        Raises:
            OptionsError: naming the option and the remedy.
        """
        cleaned = clean_options(self.options, given)
        self.check_options(cleaned)
        return cleaned

    def compared(self, responses: int) -> int:
        """How many things the answers to a task with so many responses compare."""
        return responses + self.has_bar


def two_at_a_time(n: int, options: Options) -> list[tuple[int, ...]]:
    """Groups of a kind that compares every two responses."""
    return list(combinations(range(n), 2))


def one_at_a_time(n: int, options: Options) -> list[tuple[int, ...]]:
    """Groups of a kind that judges each response by itself."""
    return [(place,) for place in range(n)]


def all_together(n: int, options: Options) -> list[tuple[int, ...]]:
    """The one group of a kind that shows up to ``options["k"]`` responses."""
    return [tuple(range(min(n, options["k"])))]


def by_itself(n: int, options: Options) -> list[tuple[int, ...]]:
    """The one, empty group of a kind that needs no response."""
    return [()]


def inverse(order: Sequence[int]) -> list[int]:
    """The order that undoes `order`."""
    undone = [0] * len(order)
    for position, canonical in enumerate(order):
        undone[canonical] = position
    return undone


def turn(values: Sequence[Any], order: Sequence[int]) -> list[Any]:
    """`values`, one per position on screen, in canonical order."""
    return [values[position] for position in inverse(order)]


def refuse_unknown(answer: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise AnswerError when `answer` has a field that is not among `known`."""
    if not isinstance(answer, Mapping):
        raise AnswerError("answer: send an object.")
    unknown = sorted(set(answer) - set(known))
    if unknown:
        raise AnswerError(f"answer.{unknown[0]}: no such field; known are {', '.join(known)}.")


def is_whole(value: object) -> TypeGuard[int]:
    """Whether `value` is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def clean_text(value: object, field: str, least: int = 1) -> str:
    """`value` without blank ends.

    Raises:
        AnswerError: not a text, shorter than `least` characters, or too long.
    """
    if not isinstance(value, str):
        raise AnswerError(f"{field}: send a text.")
    text = value.strip()
    if len(text) < max(least, 1):
        raise AnswerError(f"{field}: write at least {max(least, 1)} characters.")
    if len(text) > MAX_TEXT:
        raise AnswerError(f"{field}: at most {MAX_TEXT:,} characters are kept; shorten it.")
    if UNSTORABLE.search(text):
        raise AnswerError(f"{field}: it contains a character that cannot be stored; remove it.")
    return text


__all__ = [
    "MAX_TEXT",
    "STRENGTHS",
    "Answer",
    "AnswerError",
    "Option",
    "Options",
    "OptionsError",
    "Outcome",
    "TaskKind",
    "all_together",
    "by_itself",
    "clean_text",
    "inverse",
    "is_whole",
    "one_at_a_time",
    "refuse_unknown",
    "turn",
    "two_at_a_time",
]
