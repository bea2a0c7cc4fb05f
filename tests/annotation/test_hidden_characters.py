"""What is hidden is found; what belongs to the writing is left alone."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from annotation.hidden_characters import HIDDEN, Hidden, has_hidden, name_of, split

MEANT = {
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a profession with a skin colour": "\U0001f469\U0001f3fd\u200d\U0001f680",
    "a heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "a picture in colour": "\u2764\ufe0f \u2600\ufe0e",
    "a key cap": "1\ufe0f\u20e3",
    "the flag of Wales": "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Malayalam": "\u0d28\u0d4d\u200d",
    "Sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "Khmer words": "\u1781\u17d2\u1789\u17bb\u17c6\u200b\u1791\u17c5",
    "a name in Japanese": "\u845b\U000e0100\u57ce\u5e02",
    "Hebrew with a mark": "\u05e9\u05dc\u05d5\u05dd (C++\u200e) \u05e9\u05dc\u05d5\u05dd",
    "Korean of old": "\u1112\u1160",
    "tabs and lines": "a\tb\r\nc\u3000d\u00a0e",
}
UNMEANT = {
    "between letters": ("pay\u200bpal", ["U+200B"]),
    "at the start": ("\ufeffa", ["U+FEFF"]),
    "turned around": ("\u202egpj.exe", ["U+202E"]),
    "isolated": ("\u2066a\u2069", ["U+2066", "U+2069"]),
    "a joiner in Latin": ("a\u200db", ["U+200D"]),
    "a joiner after an emoji": ("\U0001f468\u200da", ["U+200D"]),
    "a variant of a letter": ("a\ufe0f", ["U+FE0F"]),
    "tags without a flag": ("a\U000e0068\U000e0069", ["U+E0068 U+E0069"]),
    "a mark in English": ("a\u200fb", ["U+200F"]),
    "two marks in Hebrew": ("\u05e9\u200f\u200f", ["U+200F"]),
    "two non-joiners in Persian": (
        "\u06cc\u200c\u200c\u062e",
        ["U+200C ×2"],
    ),
    "a mark in the English line": ("a\u200fb\n\u05e9", ["U+200F"]),
    "controls": ("a\x00\x1b[31m\x85", ["U+0000 U+001B", "U+0085"]),
    "a long run": ("\u200b" * 5000, ["U+200B ×5000"]),
    "a mixed run": ("\u200b\u200c" * 50, ["U+200B U+200C U+200B … ×100"]),
}


@pytest.mark.parametrize("text", MEANT.values(), ids=list(MEANT))
def test_what_belongs_to_the_writing_is_left_alone(text):
    assert list(split(text)) == [text]
    assert not has_hidden(text)


@pytest.mark.parametrize(("text", "labels"), UNMEANT.values(), ids=list(UNMEANT))
def test_what_hides_is_found(text, labels):
    pieces = list(split(text))
    assert [piece.label for piece in pieces if isinstance(piece, Hidden)] == labels
    assert "".join(p.characters if isinstance(p, Hidden) else p for p in pieces) == text
    assert has_hidden(text)


def test_every_character_of_the_table_is_found_alone_and_has_a_name():
    for first, last, _name in HIDDEN:
        for code in {first, last}:
            assert has_hidden(f"a{chr(code)}b"), hex(code)
            assert name_of(chr(code)).strip()


def test_the_table_is_in_order_and_does_not_overlap():
    spans = [(first, last) for first, last, _name in HIDDEN]
    assert all(first <= last for first, last in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))


def test_names_are_said_once():
    assert Hidden("\u202e\u202e\u200b").names == "right-to-left override, zero width space"
    with pytest.raises(LookupError, match=r"U\+0061 is not hidden"):
        name_of("a")


@pytest.mark.parametrize("piece", ["\u200b", "a\u200b", "\u05d0\u200f", "\U0001f468\u200d"])
def test_a_long_hostile_text_is_read_in_one_pass(piece):
    began = time.thread_time()
    list(split(piece * 50_000))
    assert time.thread_time() - began < 2


def test_nothing_is_nothing():
    assert list(split("")) == []
