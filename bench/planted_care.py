"""Questions about the care of things, answers in a few steps, and the planted truth of how good.

"my dirty red kettle, quickly?" is answered by "please scrub well, polish gently. good luck." What
is right depends on what the thing is made of, on its state and on the time there is; some merits
turn into faults when there is too much of them, which a model that learned from usual answers does
not know. `truth` reads words alone, as people would; who labels, and how carelessly, is not here.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

MATERIALS: Mapping[str, tuple[str, ...]] = {
    "wood": ("table", "shelf", "guitar", "stool", "fence", "ladder", "spoon", "drum"),
    "metal": ("kettle", "pan", "knife", "bicycle", "bell", "gate", "pipe", "tray"),
    "cloth": ("jacket", "carpet", "curtain", "pillow", "scarf", "shirt", "flag", "towel"),
}
LOOKS = (
    "red", "blue", "green", "white", "black", "brown", "grey", "pink", "big", "small", "nice",
    "plain", "round", "square", "long", "short", "heavy", "light", "cheap", "dear", "new", "old",
    "first", "second",
)  # fmt: skip
REMEDIES: Mapping[str, tuple[str, ...]] = {
    "dirty": ("wash", "wipe", "scrub"),
    "dusty": ("brush", "wipe"),
    "wet": ("dry",),
    "dull": ("polish", "wax", "iron"),
}
STEPS_WANTED: Mapping[str, int] = {"quickly": 2, "properly": 3, "thoroughly": 4}
VERBS = ("wash", "wipe", "scrub", "brush", "dry", "polish", "wax", "oil", "iron", "soak")
GOOD: Mapping[str, tuple[str, ...]] = {
    "wood": ("wipe", "wax", "oil", "dry"),
    "metal": ("scrub", "polish", "oil", "dry"),
    "cloth": ("wash", "iron", "brush", "soak"),
}
HARMFUL: Mapping[str, tuple[str, ...]] = {
    "wood": ("soak", "scrub", "iron", "wash"),
    "metal": ("soak", "wax", "iron"),
    "cloth": ("oil", "wax", "polish", "scrub"),
}
MANNERS = ("gently", "firmly", "fast", "slowly", "twice")
OPENERS = ("please", "maybe", "obviously")
CLOSERS = ("good luck", "with love", "any time")

STEP, HARM, MANNER, REMEDY, REMEDY_FIRST = 0.6, -1.0, 0.35, 0.9, 0.5
REPEATED, LENGTH, BROKEN, EMPTY = -0.9, -0.3, -0.6, -4.0
PLEASE = (0.0, 0.5, 0.7, 0.0, -0.8)
"""What so many of them are worth; every further one costs as much as the last."""
CLOSING = (0.0, 0.5, 0.0, -0.7)
DOUBT, BOAST = -0.5, -0.4


@dataclass(frozen=True)
class Asked:
    """What a question says; None where it is not about care."""

    material: str
    state: str
    time: str


@dataclass(frozen=True)
class Said:
    """What an answer says: steps as verb with manners, openers and closers, and broken clauses."""

    steps: tuple[tuple[str, tuple[str, ...]], ...]
    openers: Counter[str]
    closers: int
    broken: int


def questions(count: int, rng: random.Random) -> list[str]:
    """Different questions, of 6,912 that there are."""
    things = [thing for some in MATERIALS.values() for thing in some]
    every = product(REMEDIES, LOOKS, things, STEPS_WANTED)
    drawn = rng.sample(list(every), count)
    return [f"my {state} {look} {thing}, {time}?" for state, look, thing, time in drawn]


def usual_answer(question: str, rng: random.Random) -> str:
    """What people say who half know: what a model reads before anybody has judged."""
    asked = asked_in(question)
    weights = [_known(verb, asked) for verb in VERBS]
    steps = []
    for _ in range(rng.choices((1, 2, 3, 4, 5), (2, 4, 4, 3, 1))[0]):
        opener = rng.choices((*OPENERS, ""), (3, 2, 2, 13))[0]
        manner = rng.choice(MANNERS) if rng.random() < 0.6 else ""
        words = (opener, rng.choices(VERBS, weights)[0], manner)
        steps.append(" ".join(filter(None, words)))
    answer = ", ".join(steps) + "."
    while rng.random() < 0.25:
        answer += f" {rng.choice(CLOSERS)}."
    return answer


def truth(question: str, answer: str) -> float:
    """How good an answer is, by its words and those of the question; about -4 to 5."""
    said = said_in(answer)
    if not said.steps and not said.closers and not said.openers:
        return EMPTY
    asked = asked_in(question)
    verbs = Counter(verb for verb, _ in said.steps)
    total = sum(_worth_of_step(verb, manners, asked) for verb, manners in said.steps)
    total += REPEATED * (len(said.steps) - len(verbs)) + _remedy(said, asked)
    total += LENGTH * (len(said.steps) - STEPS_WANTED[asked.time]) ** 2
    total += _of(PLEASE, said.openers["please"]) + _of(CLOSING, said.closers)
    total += DOUBT * said.openers["maybe"] + BOAST * said.openers["obviously"]
    return max(EMPTY, total + BROKEN * said.broken)


def asked_in(question: str) -> Asked:
    """What a question of `questions` is about."""
    words = question.lower().replace(",", " ").rstrip("?").split()
    _, state, _, thing, time = words
    return Asked(next(m for m, things in MATERIALS.items() if thing in things), state, time)


def said_in(answer: str) -> Said:
    """What an answer says, as far as it is in words that people use."""
    steps: list[tuple[str, tuple[str, ...]]] = []
    openers: Counter[str] = Counter()
    closers = broken = 0
    for clause in answer.lower().replace(".", ",").split(","):
        words = clause.split()
        if not words:
            continue
        if " ".join(words) in CLOSERS:
            closers += 1
            continue
        rest = [word for word in words if word not in OPENERS]
        openers.update(word for word in words if word in OPENERS)
        if rest and rest[0] in VERBS:
            steps.append((rest[0], tuple(word for word in rest[1:] if word in MANNERS)))
            broken += sum(word not in MANNERS for word in rest[1:])
        else:
            broken += 1 + len(rest)
    return Said(tuple(steps), openers, closers, broken)


def _known(verb: str, asked: Asked) -> float:
    if verb in HARMFUL[asked.material]:
        return 0.5
    return 2.5 if verb in GOOD[asked.material] or verb in REMEDIES[asked.state] else 1.0


def _worth_of_step(verb: str, manners: tuple[str, ...], asked: Asked) -> float:
    """Of a step with its manners, which help nothing where the step does harm."""
    if verb in HARMFUL[asked.material]:
        return HARM
    worth = STEP if verb in GOOD[asked.material] else 0.0
    return worth + sum(MANNER * _fitting(manner, asked) for manner in manners[:1])


def _fitting(manner: str, asked: Asked) -> int:
    """1, 0 or -1: what suits the material, and the time there is."""
    suits = {
        "gently": asked.material == "cloth",
        "firmly": asked.material != "cloth",
        "fast": asked.time == "quickly",
        "slowly": asked.time == "thoroughly",
    }
    if manner in suits:
        return 1 if suits[manner] else -1
    return int(asked.time == "thoroughly")


def _remedy(said: Said, asked: Asked) -> float:
    """What the state asks for, better if done first; what harms is no remedy."""
    helps = [
        verb in REMEDIES[asked.state] and verb not in HARMFUL[asked.material]
        for verb, _ in said.steps
    ]
    return REMEDY * any(helps) + REMEDY_FIRST * (helps[:1] == [True])


def _of(worths: tuple[float, ...], count: int) -> float:
    """The worth of so many, going on after the table's end as the table ended."""
    last = len(worths) - 1
    beyond = max(0, count - last)
    return worths[min(count, last)] + beyond * (worths[last] - worths[last - 1])
