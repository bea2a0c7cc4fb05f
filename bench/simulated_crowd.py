"""A planted crowd for screening and watching: good, mediocre, and four ways of cheating.

Everybody compares two responses. The honest are right with a fixed probability; cheaters choose at
random, by side, by length, or repeat somebody else's answers. No database and no browser.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

GOOD, MEDIOCRE = 30, 6
GOOD_ACCURACY, MEDIOCRE_ACCURACY = 0.85, 0.65


@dataclass(frozen=True)
class Item:
    """Two responses, 0 and 1: which one is right and which one is longer, and how hard it is."""

    number: int
    right: int
    longer: int
    difficulty: int = 1


@dataclass
class Labeler:
    """Somebody who is right with a probability; ``answers`` by the number of the item."""

    name: str
    group: str
    accuracy: float = 0.5
    answers: dict[int, int] = field(default_factory=dict)

    def answer(self, item: Item, left: int, rng: random.Random) -> int:
        """Choose 0 or 1, the response `left` standing on the left, and remember it."""
        chosen = self.choose(item, left, rng)
        self.answers[item.number] = chosen
        return chosen

    def choose(self, item: Item, left: int, rng: random.Random) -> int:
        """What they choose."""
        return item.right if rng.random() < self.accuracy else 1 - item.right


class AlwaysLeft(Labeler):
    """Takes the left one."""

    def choose(self, item: Item, left: int, rng: random.Random) -> int:
        """The one on the left."""
        return left


class AlwaysLongest(Labeler):
    """Takes the longer one."""

    def choose(self, item: Item, left: int, rng: random.Random) -> int:
        """The longer one."""
        return item.longer


@dataclass
class Copier(Labeler):
    """Repeats what ``whom`` said of an item; of others they know nothing and guess."""

    whom: Labeler | None = None

    def choose(self, item: Item, left: int, rng: random.Random) -> int:
        """The copied answer, or chance."""
        known = self.whom.answers.get(item.number) if self.whom else None
        return rng.randrange(2) if known is None else known


def crowd() -> list[Labeler]:
    """Thirty good, six mediocre, and four spammers; the copier comes last, after who is copied."""
    good = [Labeler(f"good {n}", "good", GOOD_ACCURACY) for n in range(GOOD)]
    mediocre = [Labeler(f"mediocre {n}", "mediocre", MEDIOCRE_ACCURACY) for n in range(MEDIOCRE)]
    spammers = [
        Labeler("random", "random"),
        AlwaysLeft("always left", "always left"),
        AlwaysLongest("always longest", "always longest"),
        Copier("copier", "copier", whom=good[0]),
    ]
    return [*good, *mediocre, *spammers]


def gold_pool(count: int, rng: random.Random) -> list[Item]:
    """Gold in which the longer response is right as often as not, evenly over difficulties."""
    balanced = [(n % 2, (n // 2) % 3) for n in range(count)]
    rng.shuffle(balanced)
    pool = []
    for number, (longer_is_right, difficulty) in enumerate(balanced):
        right = rng.randrange(2)
        longer = right if longer_is_right else 1 - right
        pool.append(Item(number, right, longer, difficulty))
    return pool


def work_items(count: int, rng: random.Random, first: int = 0) -> list[Item]:
    """Ordinary items, numbered from `first`."""
    return [
        Item(number, rng.randrange(2), rng.randrange(2), rng.randrange(3))
        for number in range(first, first + count)
    ]
