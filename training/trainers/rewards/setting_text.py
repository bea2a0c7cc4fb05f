"""Settings that hold several things in a line: ``exact_answer=1, length(target=80)=0.2``.

Names with a weight and with settings of their own in brackets, or plain texts; what holds a comma,
a bracket, an equals sign or a space stands in quotes. Errors name place and remedy. No torch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from training.trainers.config_fields import ConfigError

_PIECE = re.compile(
    r"""\s*(?:(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<sign>[(),=])|(?P<word>[^\s(),="']+))""",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True)
class Named:
    """One name of a setting with its weight and its own settings as text. ``place`` is from 1."""

    name: str
    weight: float
    settings: dict[str, str]
    place: int


@dataclass(frozen=True)
class _Piece:
    kind: str
    text: str
    place: int


def parse_named(setting: str, text: str) -> list[Named]:
    """``name``, ``name=weight`` and ``name(key=value, ...)=weight`` with commas between them.

    A weight that is left out is 1. Raises ConfigError.
    """
    pieces = _Pieces(setting, text)
    found: list[Named] = []
    while not pieces.ended():
        name = pieces.take("word", "give a name, for example exact_answer=1")
        settings = _own_settings(pieces) if pieces.follows("(") else {}
        weight = _weight(pieces) if pieces.follows("=") else 1.0
        found.append(Named(name.text, weight, settings, name.place))
        pieces.end_of_part()
    return found


def parse_stop_strings(text: str) -> tuple[str, ...]:
    """The texts of the setting ``stop_strings``: ``</answer>, "\\n\\nUser:"``, each once."""
    pieces = _Pieces("stop_strings", text)
    found: list[str] = []
    while not pieces.ended():
        piece = pieces.text("put texts with spaces, commas or brackets in quotes")
        if not piece.text:
            raise pieces.error(piece.place, "an empty text stands everywhere, leave it out")
        found.append(piece.text)
        pieces.end_of_part()
    return tuple(dict.fromkeys(found))


def _own_settings(pieces: _Pieces) -> dict[str, str]:
    settings: dict[str, str] = {}
    while not pieces.follows(")"):
        key = pieces.take("word", "give a name and a value, for example target=80, or close with )")
        if key.text in settings:
            raise pieces.error(key.place, f"{key.text} stands there twice, keep one of the two")
        pieces.sign("=", f"give {key.text} a value, for example {key.text}=80")
        settings[key.text] = pieces.text("give a value; quote one with commas or brackets").text
        if not pieces.next_is(")"):
            pieces.sign(",", "put a comma between two values, or close the bracket with )")
    return settings


def _weight(pieces: _Pieces) -> float:
    piece = pieces.take("word", "give a weight, for example 0.5")
    try:
        weight = float(piece.text)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight):
        raise pieces.error(piece.place, "a weight is a number, for example 0.5")
    return weight


class _Pieces:
    """The pieces of one setting, read from the left."""

    def __init__(self, setting: str, text: str) -> None:
        self.setting, self.source = setting, text
        self.pieces = list(self._cut(text))
        self.at = 0

    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at == len(self.pieces)

    def next_is(self, sign: str) -> bool:
        """Whether this sign comes next; it stays."""
        return not self.ended() and self.pieces[self.at] == _Piece(
            "sign", sign, self.pieces[self.at].place
        )

    def follows(self, sign: str) -> bool:
        """Whether this sign comes next; it is taken then."""
        there = self.next_is(sign)
        self.at += there
        return there

    def sign(self, sign: str, remedy: str) -> None:
        """Take this sign, or refuse."""
        if not self.follows(sign):
            raise self.error(self._place(), remedy)

    def take(self, kind: str, remedy: str) -> _Piece:
        """Take a piece of this kind, or refuse."""
        if self.ended() or self.pieces[self.at].kind != kind:
            raise self.error(self._place(), remedy)
        self.at += 1
        return self.pieces[self.at - 1]

    def text(self, remedy: str) -> _Piece:
        """Take a word or a quoted text without its quotes, or refuse."""
        kind = "word" if self.ended() else self.pieces[self.at].kind
        piece = self.take("quoted" if kind == "quoted" else "word", remedy)
        if piece.kind == "word":
            return piece
        return _Piece("word", _unquoted(piece.text), piece.place)

    def end_of_part(self) -> None:
        """Take the comma that ends a part where another follows."""
        if not self.ended():
            self.sign(",", "put a comma between two of them")

    def error(self, place: int, remedy: str) -> ConfigError:
        """The sentence for what is wrong at a place, which is shown with what stands there."""
        there = self.source[place - 1 : place + 19] or "the end"
        return ConfigError(
            f"{self.setting} cannot be read at character {place} ({there!r}): {remedy}."
        )

    def _place(self) -> int:
        return len(self.source) + 1 if self.ended() else self.pieces[self.at].place

    def _cut(self, text: str) -> Iterator[_Piece]:
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _PIECE.match(text, at)
            if found is None:
                place = at + len(text[at:]) - len(text[at:].lstrip()) + 1
                raise self.error(place, "close the quotes")
            kind = str(found.lastgroup)
            yield _Piece(kind, found[kind], found.start(kind) + 1)
            at = found.end()


def _unquoted(text: str) -> str:
    r"""Without quotes; ``\n``, ``\t`` and ``\r`` become what they mean, any other stays as it is.

    So a regular expression needs no doubled backslashes; ``\"`` is a quote.
    """

    def meant(found: re.Match[str]) -> str:
        sign = found[1]
        return _ESCAPES.get(sign, sign if sign in "\"'" else found[0])

    return re.sub(r"\\(.)", meant, text[1:-1], flags=re.DOTALL)
