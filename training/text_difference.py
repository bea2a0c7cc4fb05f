"""Which words of a text an earlier one did not have, so that a reader finds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_WORDS = 800
LEAST_ALIKE = 0.3
"""Share of common words below which nearly everything is new, and marks would say nothing."""

# As words are counted in figures of diversity; what stands between words goes with them.
_WORDS = re.compile(r"[぀-ヿ㐀-鿿豈-﫿]|[^\W぀-ヿ㐀-鿿豈-﫿]+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text, and whether an earlier text lacks it."""

    text: str
    is_new: bool


def marked(before: str, after: str) -> list[Piece]:
    """``after`` in pieces, new ones told apart; one piece where marks would not help."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if before == after or max(len(old), len(new)) > MOST_WORDS:
        return [Piece(after, is_new=False)]
    if _likeness(old, new) < LEAST_ALIKE:
        return [Piece(after, is_new=False)]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    pieces = []
    for kind, _i, _j, start, end in matcher.get_opcodes():
        if end > start:
            pieces.append(Piece("".join(new[start:end]), is_new=kind != "equal"))
    return pieces


def _likeness(old: list[str], new: list[str]) -> float:
    """The share of words in common; the spaces between them are alike in all texts."""
    before, after = ([word for word in words if not word.isspace()] for words in (old, new))
    return SequenceMatcher(None, before, after, autojunk=False).ratio()
