"""What a task kind is: how its answers are checked, turned and read as comparisons.

Every kind that judges several responses can be read as comparisons between two of them, and that
reading is all that agreement, consensus, gold and exports use; they know no kind by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STRENGTHS = ("significantly", "better", "slightly", "negligibly")
"""From strongest to weakest: Llama 2 (2307.09288, section 3.2.1)."""


class AnswerError(ValueError):
    """An answer that cannot be stored; the message names the field and the remedy."""


class OptionsError(ValueError):
    """Options of a kind that cannot be used; the message names the option and the remedy."""


@dataclass(frozen=True)
class Outcome:
    """What one answer says of responses ``i < j``: ``winner`` is i, j or None for a tie."""

    i: int
    j: int
    winner: int | None
    strength: str | None = None


Answer = dict[str, Any]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class TaskKind:
    """One kind of task, as functions on plain values.

    ``clean_answer(answer, k, options)`` returns the answer with nothing but known, valid fields or
    raises AnswerError. ``reorder(answer, order)`` turns an answer about positions on screen into
    one about canonical positions, where ``order[position on screen] = canonical position``.
    ``outcomes(answer, k)`` gives every comparison that the answer implies.
    ``from_ranks(ranks, strength)`` is the answer that says the same as `ranks` (1 is best, equal is
    a tie) with that strength where the kind has one.
    """

    name: str
    title: str
    min_responses: int
    max_responses: int
    default_options: Mapping[str, Any]
    clean_options: Callable[[Options], dict[str, Any]]
    clean_answer: Callable[[Mapping[str, Any], int, Options], Answer]
    reorder: Callable[[Answer, Sequence[int]], Answer]
    outcomes: Callable[[Answer, int], list[Outcome]]
    from_ranks: Callable[[Sequence[int], str | None], Answer]


def inverse(order: Sequence[int]) -> list[int]:
    """The order that undoes `order`."""
    undone = [0] * len(order)
    for position, canonical in enumerate(order):
        undone[canonical] = position
    return undone


def clean_flags(options: Options, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """`options` over `defaults`, refusing unknown names and anything that is not true or false.

    Raises:
        OptionsError: naming the option.
    """
    unknown = sorted(set(options) - set(defaults))
    if unknown:
        raise OptionsError(f"{unknown[0]}: no such option; known are {', '.join(defaults)}.")
    for name, value in options.items():
        if isinstance(defaults[name], bool) and not isinstance(value, bool):
            raise OptionsError(f"{name}: give true or false, not {value!r}.")
    return {**defaults, **options}


def refuse_unknown(answer: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise AnswerError when `answer` has a field that is not among `known`."""
    if not isinstance(answer, Mapping):
        raise AnswerError("answer: send an object.")
    unknown = sorted(set(answer) - set(known))
    if unknown:
        raise AnswerError(f"answer.{unknown[0]}: no such field; known are {', '.join(known)}.")
