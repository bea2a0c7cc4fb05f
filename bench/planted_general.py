"""What a model of the bench knows besides: plain text, a skill, and how often people say what.

The labels never touch any of it, so what a policy loses here is the price of its alignment. Text is
made from a grammar, or taken from a folder of text files.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ANIMALS = (
    "fox", "owl", "bear", "crow", "hare", "wolf", "toad", "deer", "goat", "duck", "seal", "mole",
)  # fmt: skip
PLACES = ("hill", "lake", "wood", "field", "road", "barn", "shore", "cave")
SEASONS = ("spring", "summer", "autumn", "winter")
DEEDS = ("sleeps", "sings", "runs", "hides", "waits", "digs", "swims", "hunts", "eats", "hums")
LETTERS = "abcdefghijkl"
TOWNS = ("Arn", "Bex", "Cley", "Dorn", "Esk", "Frome", "Goole", "Hythe")
CHOICES = (("tea", "milk"), ("rice", "bread"), ("chess", "cards"), ("rain", "snow"))
SHORTEST_LINE, LONGEST_ANSWER = 8, 14

Turn = tuple[str, str]
"""A prompt and what follows it."""


@dataclass(frozen=True)
class Survey:
    """A question with two answers, and the share of people who give the first."""

    prompt: str
    options: tuple[str, str]
    share: float


def texts(
    count: int, rng: random.Random, folder: Path | None = None, *, held_out: bool = False
) -> list[Turn]:
    """Beginnings of plain text with what follows; of a folder every tenth line is held out."""
    if folder is None:
        return [_story(rng) for _ in range(count)]
    lines = [line.split() for file in sorted(folder.glob("*.txt")) for line in _lines(file)]
    usable = [words for words in lines if len(words) >= SHORTEST_LINE]
    usable = [w for number, w in enumerate(usable) if (number % 10 == 9) == held_out]
    if not usable:
        raise ValueError(
            f"{folder} has no text file with enough lines of {SHORTEST_LINE} words or more."
        )
    drawn = [rng.choice(usable) for _ in range(count)]
    return [(" ".join(words[:4]), " ".join(words[4:][:LONGEST_ANSWER])) for words in drawn]


def sortings(rng: random.Random) -> list[Turn]:
    """The skill: every way of giving three letters, in an order of the seed, with them sorted."""
    drawn = [
        (a, b, c) for a in LETTERS for b in LETTERS for c in LETTERS if len({a, b, c}) == 3
    ]  # fmt: skip
    rng.shuffle(drawn)
    return [(f"sort {' '.join(three)}", " ".join(sorted(three))) for three in drawn]


def surveys() -> list[Survey]:
    """What people in every town like, from half and half to nearly all."""
    asked = [(town, options) for town in TOWNS for options in CHOICES]
    shares = [0.04 + 0.92 * number / (len(asked) - 1) for number in range(len(asked))]
    order = random.Random(0).sample(shares, len(shares))
    return [
        Survey(f"{town}: {first} or {second}?", (first, second), share)
        for (town, (first, second)), share in zip(asked, order, strict=True)
    ]


def answered(asked: Sequence[Survey], each: int, rng: random.Random) -> list[Turn]:
    """What ``each`` people say to every question, in shares as near the true ones as can be."""
    turns = []
    for survey in asked:
        first = math.floor(survey.share * each + rng.random())
        turns += [(survey.prompt, survey.options[0])] * first
        turns += [(survey.prompt, survey.options[1])] * (each - first)
    return turns


def _story(rng: random.Random) -> Turn:
    animal, other = rng.sample(ANIMALS, 2)
    said = f"{rng.choice(DEEDS)} by the {rng.choice(PLACES)}"
    if rng.random() < 0.6:
        said += f" and {rng.choice(DEEDS)} in {rng.choice(SEASONS)}"
    if rng.random() < 0.4:
        said += f" while the {other} {rng.choice(DEEDS)}"
    return f"the {animal}", f"{said}."


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
