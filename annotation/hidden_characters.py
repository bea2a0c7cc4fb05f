"""Characters that a reader cannot see, found in text: they hide a word, turn its order or mark it.

The table says what is hidden. Where such a character belongs to the writing (an emoji family, a
Persian word, the variant of a Japanese name) it is left alone. How the others are shown is the
business of rendering.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

HIDDEN: tuple[tuple[int, int, str], ...] = (
    (0x0000, 0x0008, "control character"),
    (0x000B, 0x000C, "control character"),
    (0x000E, 0x001F, "control character"),
    (0x007F, 0x009F, "control character"),
    (0x00AD, 0x00AD, "soft hyphen"),
    (0x034F, 0x034F, "combining grapheme joiner"),
    (0x061C, 0x061C, "Arabic letter mark"),
    (0x115F, 0x1160, "Hangul filler"),
    (0x17B4, 0x17B5, "Khmer inherent vowel"),
    (0x180B, 0x180F, "Mongolian selector"),
    (0x200B, 0x200B, "zero width space"),
    (0x200C, 0x200C, "zero width non-joiner"),
    (0x200D, 0x200D, "zero width joiner"),
    (0x200E, 0x200E, "left-to-right mark"),
    (0x200F, 0x200F, "right-to-left mark"),
    (0x2028, 0x2028, "line separator"),
    (0x2029, 0x2029, "paragraph separator"),
    (0x202A, 0x202A, "left-to-right embedding"),
    (0x202B, 0x202B, "right-to-left embedding"),
    (0x202C, 0x202C, "pop directional formatting"),
    (0x202D, 0x202D, "left-to-right override"),
    (0x202E, 0x202E, "right-to-left override"),
    (0x2060, 0x2060, "word joiner"),
    (0x2061, 0x2065, "invisible operator"),
    (0x2066, 0x2066, "left-to-right isolate"),
    (0x2067, 0x2067, "right-to-left isolate"),
    (0x2068, 0x2068, "first strong isolate"),
    (0x2069, 0x2069, "pop directional isolate"),
    (0x206A, 0x206F, "deprecated format character"),
    (0x2800, 0x2800, "Braille blank"),
    (0x3164, 0x3164, "Hangul filler"),
    (0xFE00, 0xFE0F, "variation selector"),
    (0xFEFF, 0xFEFF, "byte order mark"),
    (0xFFA0, 0xFFA0, "Hangul filler"),
    (0xFFF0, 0xFFFB, "interlinear annotation"),
    (0x1BCA0, 0x1BCA3, "shorthand format control"),
    (0x1D159, 0x1D159, "musical null notehead"),
    (0x1D173, 0x1D17A, "musical format control"),
    (0xE0000, 0xE007F, "tag character"),
    (0xE0080, 0xE00FF, "unassigned invisible character"),
    (0xE0100, 0xE01EF, "variation selector"),
    (0xE01F0, 0xE0FFF, "unassigned invisible character"),
)
"""First and last code point, and what they are called. Tab and line ends are not hidden."""


def _class(*spans: tuple[int, int]) -> str:
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans) + "]"


_RUN = re.compile(_class(*((first, last) for first, last, _ in HIDDEN)) + "+")
# Of what most texts are made of only these; looking for all of them takes ten times as long.
_IN_ASCII = re.compile(_class(*((first, last) for first, last, _ in HIDDEN if last < 0xA0)))
_RIGHT_TO_LEFT = _class((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFC), (0x10800, 0x10FFF))
_HAS_RIGHT_TO_LEFT = re.compile(f"(?!\u061c){_RIGHT_TO_LEFT}")
# Arabic and its kin, the scripts of India, Tibet, Myanmar and Mongolia: letters there join.
_JOINING = _class((0x0620, 0x08FF), (0x0900, 0x109F), (0x1820, 0x18AA), (0xFB50, 0xFDFF))
_UNSPACED = _class((0x0E01, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17B3), (0x17B6, 0x17DD))
_IDEOGRAPH = _class((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFD))
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299\u2190-\u2bff"
    "\U0001f000-\U0001faff]"
)
_MEANT = re.compile(
    "|".join(
        (
            # Emoji: families and professions, pictures in colour or not, key caps, flags of lands.
            f"(?<={_PICTURE})[\ufe0e\ufe0f]?\u200d(?={_PICTURE})",
            f"(?<={_PICTURE})[\ufe00-\ufe0f]",
            "(?<=[0-9#*])[\ufe0e\ufe0f]",
            "(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f",
            # Letters: forms that join or do not, words that are not spaced, variants of ideographs.
            f"(?<={_JOINING})(?:\u200d|\u200c(?={_JOINING}))",
            f"(?<={_UNSPACED})\u200b(?={_UNSPACED})",
            f"(?<={_IDEOGRAPH})[\ufe00-\ufe02\U000e0100-\U000e01ef]",
            "(?<=[\u1820-\u18aa])[\u180b-\u180f]",
            "(?<=[\u2801-\u28ff])\u2800(?=[\u2801-\u28ff])",
            "(?<=[\u1100-\u115e])\u1160|\u115f(?=[\u1161-\u11a7])",
        )
    )
)
_MARKS = "\u200e\u200f\u061c"
_NAMED_IN_A_RUN = 3


@dataclass(frozen=True)
class Hidden:
    """Hidden characters that follow one another."""

    characters: str

    @property
    def label(self) -> str:
        """What stands in their place: the code points, of a long run the first ones and a count."""
        codes = [f"U+{ord(character):04X}" for character in self.characters[:_NAMED_IN_A_RUN]]
        count = len(self.characters)
        if count > 1 and self.characters == self.characters[0] * count:
            return f"{codes[0]} ×{count}"
        return " ".join(codes) + (f" … ×{count}" if count > _NAMED_IN_A_RUN else "")

    @property
    def names(self) -> str:
        """What they are called, each name once."""
        # Of a run as long as the text a few names say enough.
        return ", ".join(dict.fromkeys(map(name_of, self.characters[:64])))


def name_of(character: str) -> str:
    """What a hidden character is called. Raises LookupError for one that is not hidden."""
    code = ord(character)
    for first, last, name in HIDDEN:
        if first <= code <= last:
            return unicodedata.name(character, name).lower() if first == last else name
    raise LookupError(f"U+{code:04X} is not hidden.")


def split(text: str) -> Iterator[str | Hidden]:
    """The text in pieces: what can be seen, and what is hidden and not meant to be there."""
    if (_IN_ASCII if text.isascii() else _RUN).search(text) is None:
        if text:
            yield text
        return
    seen = 0
    for start, end in _unmeant(text):
        if start > seen:
            yield text[seen:start]
        yield Hidden(text[start:end])
        seen = end
    if seen < len(text):
        yield text[seen:]


def has_hidden(text: str) -> bool:
    """Whether the text holds a hidden character that is not meant to be there."""
    return any(isinstance(piece, Hidden) for piece in split(text))


def _unmeant(text: str) -> Iterator[tuple[int, int]]:
    """Where hidden characters stand that do not belong to the writing, as stretches."""
    line_end, line_is_right_to_left = -1, False
    for run in _RUN.finditer(text):
        begin, end = run.span()
        if begin > line_end:
            line_start = text.rfind("\n", 0, begin) + 1
            line_end = text.find("\n", begin)
            line_end = len(text) if line_end < 0 else line_end
            found = _HAS_RIGHT_TO_LEFT.search(text, line_start, line_end)
            line_is_right_to_left = found is not None
        at = begin
        while at < end:
            at = _after_meant(text, at, end, line_is_right_to_left)
            start = at
            while at < end and _after_meant(text, at, end, line_is_right_to_left) == at:
                at += 1
            if at > start:
                yield start, at


def _after_meant(text: str, at: int, end: int, line_is_right_to_left: bool) -> int:
    """Where the meant characters from `at` on end; `at` itself when it is not meant.

    A single mark of direction is meant in a line that has letters written from right to left.
    """
    if found := _MEANT.match(text, at):
        return found.end()
    alone = text[at - 1 : at] not in _MARKS or at == 0
    return at + (line_is_right_to_left and text[at] in _MARKS and alone)
