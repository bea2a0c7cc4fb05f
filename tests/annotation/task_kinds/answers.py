"""A random valid answer of every task kind, under its default options."""

from __future__ import annotations

import random

from annotation.task_kinds.base import STRENGTHS


def ranks(k: int, rng: random.Random) -> list[int]:
    drawn = [rng.randint(1, k) for _ in range(k)]
    return [1 + sum(other < rank for other in drawn) for rank in drawn]


def pairwise(k, rng):
    choice = rng.choice(["a", "b", "tie", "both_bad"])
    return {"choice": choice, "strength": rng.choice(STRENGTHS) if choice in "ab" else None}


def rating(k, rng):
    return {
        "scores": [rng.randint(1, 7) for _ in range(k)],
        "flags": [rng.sample(["Fails the task"], rng.randint(0, 1)) for _ in range(k)],
    }


def conversation(k, rng):
    turns = [
        {"role": role, "content": f"{role} says {rng.random()}"} for role in ("user", "assistant")
    ]
    return {"turns": turns, "ended": False}


ANSWERS = {
    "pairwise": pairwise,
    "ranking": lambda k, rng: {"ranks": ranks(k, rng)},
    "best_of": lambda k, rng: {"best": rng.choice([None, *range(k)])},
    "rating": rating,
    "thumbs": lambda k, rng: {"good": rng.random() < 0.5},
    "demonstration": lambda k, rng: {"text": f"Number {rng.random()}."},
    "prompt_writing": lambda k, rng: {"text": f"How much is {rng.random()}?"},
    "conversation": conversation,
}
