r"""When a response ends by what it says: at a stop string, or behind a filled ``\boxed{}``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training.trainers.rewards.answers import end_of_filled_box

BYTES_PER_CHARACTER = 4
"""A character may be as many tokens."""


@dataclass(frozen=True)
class Stops:
    """``strings`` end a response before themselves, ``at_box`` behind the first filled box."""

    strings: tuple[str, ...] = ()
    at_box: bool = False

    def end(self, text: str) -> int | None:
        """Where a text ends, or None where nothing in it says so; the earliest end counts."""
        ends = [place for stop in self.strings if (place := text.find(stop)) >= 0]
        if self.at_box and (box := end_of_filled_box(text)) is not None:
            ends.append(box)
        return min(ends, default=None)

    def reached(self, tokens: Sequence[int], tokenizer: Any) -> bool:
        """Whether the last of the tokens ends the text.

        Only as much of it is decoded as a stop string can take; a box may begin anywhere.
        """
        if not (self.strings or self.at_box):
            return False
        if self.at_box and "}" in tokenizer.decode(tokens[-1:]):
            return self.end(text_of(tokens, tokenizer)) is not None
        longest = max(map(len, self.strings), default=0)
        tail = tokens[-BYTES_PER_CHARACTER * (longest + 1) :]
        seen = text_of(tail, tokenizer)
        if not any(stop in seen for stop in self.strings):
            return False
        return self.end(text_of(tokens, tokenizer)) is not None


def text_of(tokens: Sequence[int], tokenizer: Any) -> str:
    """What tokens say, without special ones."""
    text: str = tokenizer.decode(list(tokens), skip_special_tokens=True)
    return text
