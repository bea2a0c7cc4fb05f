"""Short questions with two answers made of phrases, whose planted quality differs by degrees.

`bench.planted_truth` judges them; nothing here knows what it counts. A small model can learn which
phrases are good from a thousand comparisons, and not from a few wrong ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.planted_truth import quality

THINGS = (
    "bicycle", "kettle", "garden", "letter", "soup", "window", "printer", "carpet", "lamp", "radio",
    "jacket", "clock", "camera", "piano", "fence", "mirror", "oven", "pillow", "ladder", "bucket",
)  # fmt: skip

LOOKS = (
    "old", "new", "small", "large", "heavy", "broken", "favourite", "grey", "wooden", "cheap",
    "plain", "round", "dusty", "green", "spare", "second", "last", "only",
)  # fmt: skip

PLACES = (
    "kitchen", "cellar", "attic", "hall", "office", "garage", "corner", "shed", "bedroom",
    "workshop", "school", "street", "yard", "shop", "lobby", "tent",
)  # fmt: skip

PHRASES = (
    "Check the {thing} for 10 minutes.", "First clean the {thing} with warm water.",
    "Turn it off and wait 5 minutes.", "Then press the red button twice.",
    "Cut the string so that it fits.", "Use 2 spoons, for example silver ones.",
    "If it is wet, dry it until evening.", "Ask your neighbour because he has tools.",
    "You will hear a click after that.", "Please keep your hands away from the {thing}.",
    "I hope your {thing} is well again soon.", "Write down each step before you begin.",
    "Put the parts on a table.", "Measure 30 centimetres from the door.",
    "Maybe it is broken.", "I guess nobody can say.", "Honestly, why bother with it.",
    "It might be old, who knows.", "I am not sure about a {thing}.", "Whatever, I cannot help.",
    "Generally it depends on certain things.", "Usually there are various kinds.",
    "Some are different in most cases.", "Often several things are normal.",
    "Obviously everyone knows that.", "I always had the best {thing} myself.",
    "Trust me, my own {thing} is famous.", "I once won a prize for mine.",
    "Of course I am the most proud of it.", "The {thing} is blue and stands here.",
    "There is weather outside today.", "A {thing} has a shape and a colour.",
    "People had one in the old times.", "It was made in a large factory.",
    "The second one is like the other.", "Some say that it sings at night.",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One question, its two answers and how good each truly is."""

    prompt: str
    answers: tuple[str, str]
    qualities: tuple[float, float]

    @property
    def difference(self) -> float:
        """By how much the first is better."""
        return self.qualities[0] - self.qualities[1]


def items(count: int, rng: random.Random) -> list[Item]:
    """Questions of a few thousand; answers of three phrases, never equally good.

    Nothing in a question names it alone: a model from scratch would learn by heart which number
    went with which label, before it learned anything of the answers.
    """
    made: list[Item] = []
    while len(made) < count:
        thing = rng.choice(THINGS)
        look, place = rng.choice(LOOKS), rng.choice(PLACES)
        prompt = f"What shall I do with my {look} {thing} in the {place}?"
        first, second = (
            " ".join(phrase.format(thing=thing) for phrase in rng.sample(PHRASES, 3))
            for _ in range(2)
        )
        qualities = quality(prompt, first), quality(prompt, second)
        if qualities[0] != qualities[1]:
            made.append(Item(prompt, (first, second), qualities))
    return made
