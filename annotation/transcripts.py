"""Transcripts as HH-RLHF writes them: one text of Human and Assistant turns.

Reading and writing undo each other exactly, so that what came in as such a file can go out again
byte by byte. Files, rows and what a pair is worth are other modules' business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Message = dict[str, str]

SPEAKERS = {"user": "Human", "assistant": "Assistant"}
"""The name that a transcript gives to each role. There is none for ``system``."""

ROLES = {speaker: role for role, speaker in SPEAKERS.items()}
TURN = re.compile(r"\n\n(Human|Assistant):")


class TranscriptError(ValueError):
    """A text or conversation that cannot be turned into the other; the message has the remedy."""


def parse_transcript(text: str) -> list[Message]:
    """The turns of `text`, in order; `format_transcript` of them is `text` again.

    A turn starts with a blank line, ``Human:`` or ``Assistant:`` and one space; what follows up to
    the next such start is its content, unchanged: it may be empty, begin with more spaces, or hold
    blank lines. A role may speak twice.

    Raises:
        TranscriptError: `text` has no turn, something before its first turn, or a start without
            the space.
    """
    if not isinstance(text, str):
        raise TranscriptError(
            f"A transcript is a text, not {type(text).__name__}: write it as one."
        )
    starts = list(TURN.finditer(text))
    if not starts:
        raise TranscriptError(
            'There is no turn: begin each one with a blank line and "Human: " or "Assistant: ".'
        )
    if starts[0].start() > 0:
        raise TranscriptError(
            f'There is text before the first turn ("{_beginning(text[: starts[0].start()])}"): '
            'put "\\n\\nHuman: " before it or take it out.'
        )
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return [_turn(text, start, end) for start, end in zip(starts, ends, strict=True)]


def format_transcript(messages: Sequence[Message]) -> str:
    """The text of `messages`; `parse_transcript` of it gives `messages` again.

    Raises:
        TranscriptError: there are no messages, a role that a transcript has no name for, or a
            content that would be read as further turns.
    """
    if not messages:
        raise TranscriptError("A conversation without messages has no transcript: leave it out.")
    return "".join(_text_of(message) for message in messages)


def split_pair(
    chosen: Sequence[Message], rejected: Sequence[Message]
) -> tuple[list[Message], list[Message], list[Message]]:
    """What both conversations share, and where each goes from there: (prompt, tail, tail).

    The shared part ends where both go on with an assistant's turn, so a conversation that ends
    where the other one continues, or that parts at a human turn, is cut before the turn that led
    there. Joined again, prompt and tail are the conversation.

    Raises:
        TranscriptError: there is no such place.
    """
    at = 0
    for ours, theirs in zip(chosen, rejected, strict=False):
        if ours != theirs:
            break
        at += 1
    while at > 0 and not (_answers(chosen, at) and _answers(rejected, at)):
        at -= 1
    if at == 0:
        raise TranscriptError(
            "chosen and rejected share no human turn that an assistant answers in both: "
            "make them begin with the same conversation."
        )
    return list(chosen[:at]), list(chosen[at:]), list(rejected[at:])


def _turn(text: str, start: re.Match[str], end: int) -> Message:
    if text[start.end() : start.end() + 1] != " ":
        raise TranscriptError(
            f'There is no space after "{start[1]}:" at character {start.start()}: put exactly one.'
        )
    return {"role": ROLES[start[1]], "content": text[start.end() + 1 : end]}


def _text_of(message: Message) -> str:
    role, content = message["role"], message["content"]
    if role not in SPEAKERS:
        raise TranscriptError(
            f"A Human/Assistant transcript has no place for a {role} message: "
            "take it out or use a format with roles."
        )
    if inner := TURN.search(content):
        raise TranscriptError(
            f'A {role} message holds "{inner[1]}:" after a blank line, which would be read as a '
            "new turn: change it or use a format with roles."
        )
    return f"\n\n{SPEAKERS[role]}: {content}"


def _answers(messages: Sequence[Message], at: int) -> bool:
    return at < len(messages) and messages[at]["role"] == "assistant"


def _beginning(text: str) -> str:
    shown = text.strip()[:40]
    return shown.replace("\n", " ")
