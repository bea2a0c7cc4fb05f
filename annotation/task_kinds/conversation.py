"""Conversation: one person writes both sides, or two people take turns, turn by turn.

For one person an answer is the whole conversation. For two it is the next turn, and the task that
asks the other person for the turn after it is made when the answer is stored
(`annotation.conversing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from annotation.task_kinds.base import (
    Answer,
    AnswerError,
    Options,
    OptionsError,
    TaskKind,
    by_itself,
    clean_text,
    refuse_unknown,
)
from annotation.task_kinds.options import Option, gettext_noop

ONE, TWO = "one", "two"
TOPIC, TURN = "topic", "turn"
SPEAKERS = ("user", "assistant")
MOST_TURNS = 40
OPTIONS = {
    "people": Option(
        ONE,
        gettext_noop("Who writes"),
        gettext_noop("one: both sides by the same person; two: two people take turns."),
        choices=(ONE, TWO),
    ),
    "begins": Option(
        TOPIC,
        gettext_noop("What an imported prompt is"),
        gettext_noop("topic: what to talk about; turn: the first turns of the conversation."),
        choices=(TOPIC, TURN),
    ),
    "least": Option(2, gettext_noop("Fewest turns"), low=1, high=MOST_TURNS),
    "most": Option(8, gettext_noop("Most turns"), low=1, high=MOST_TURNS),
}


def check_options(options: Options) -> None:
    """A conversation can be as long as it must be."""
    if options["most"] < options["least"]:
        raise OptionsError("most: make it at least as many as the fewest turns.")


def speaker_after(messages: Sequence[Mapping[str, str]]) -> str:
    """Whose turn it is after `messages`; a conversation begins with the user."""
    last = next((m["role"] for m in reversed(messages) if m["role"] in SPEAKERS), "assistant")
    return SPEAKERS[last == "user"]


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"turns": [{"role", "content"}, ...], "ended": bool}``; the two sides alternate.

    ``ended`` counts where two people take turns: whether this turn is meant to be the last.
    """
    refuse_unknown(answer, ("turns", "ended"))
    turns, ended = answer.get("turns"), answer.get("ended", False)
    one = options["people"] == ONE
    fewest, most = (options["least"], options["most"]) if one else (1, 1)
    if not isinstance(turns, list) or not fewest <= len(turns) <= most:
        asked = f"{fewest} to {most} turns" if one else "exactly one turn"
        raise AnswerError(f"answer.turns: write {asked}.")
    if not isinstance(ended, bool):
        raise AnswerError("answer.ended: give true or false.")
    cleaned = [_clean_turn(turn, number) for number, turn in enumerate(turns)]
    if any(first["role"] == second["role"] for first, second in pairwise(cleaned)):
        raise AnswerError("answer.turns: user and assistant take turns.")
    return {"turns": cleaned, "ended": ended}


def _clean_turn(turn: object, number: int) -> dict[str, str]:
    where = f"answer.turns[{number}]"
    if not isinstance(turn, Mapping) or turn.get("role") not in SPEAKERS:
        raise AnswerError(f'{where}: give {{"role": "user" or "assistant", "content": text}}.')
    refuse_unknown(turn, ("role", "content"))
    return {"role": turn["role"], "content": clean_text(turn.get("content"), f"{where}.content")}


def has_topic(options: Options) -> bool:
    """Whether an imported prompt says what to talk about."""
    return bool(options["begins"] == TOPIC)


CONVERSATION = TaskKind(
    name="conversation",
    title=gettext_noop("Conversation"),
    description=gettext_noop("Write a conversation, alone or in turns with somebody else."),
    min_responses=0,
    max_responses=0,
    options=OPTIONS,
    check_options=check_options,
    groups=by_itself,
    clean_answer=clean_answer,
    has_topic=has_topic,
)
