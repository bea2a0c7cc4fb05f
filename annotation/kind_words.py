"""Task kinds in words, beyond their titles: what they are for, their options, an answer said back.

An answer is read by its fields, which kinds share, so that a new kind is in words without a line
here where it says nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotation.task_kinds.catalog import TASK_KINDS

EXCERPT = 100

DESCRIPTIONS = {name: gettext_lazy(kind.description) for name, kind in TASK_KINDS.items()}

CHOICES = {
    "significantly": gettext_lazy("significantly better"),
    "better": gettext_lazy("better"),
    "slightly": gettext_lazy("slightly better"),
    "negligibly": gettext_lazy("negligibly better or unsure"),
    "one": gettext_lazy("one person"),
    "two": gettext_lazy("two people in turns"),
    "topic": gettext_lazy("a topic"),
    "turn": gettext_lazy("the first turns"),
}
"""The values that an option offers to choose among."""


def choice_in_words(value: str) -> str:
    """One of the values of an option or an answer."""
    return str(CHOICES.get(value, value))


def letter(position: int) -> str:
    """How the labeling page names the response at `position` on screen."""
    return chr(ord("A") + position)


def excerpt(text: str, most: int = EXCERPT) -> str:
    """The beginning of `text` on one line."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else line[: most - 1] + "…"


def answer_in_words(answer: Mapping[str, Any]) -> str:
    """An answer about positions on screen, on one line."""
    said = (say(answer) for field, say in SAYING.items() if field in answer)
    return " · ".join(filter(None, said)) or "–"


def _choice(answer: Mapping[str, Any]) -> str:
    choice = answer["choice"]
    if choice == "tie":
        return _("Equally good")
    if choice == "both_bad":
        return _("Both bad")
    side = choice.upper()
    strength = answer.get("strength")
    return f"{side}: {choice_in_words(strength)}" if strength else _("%s is better") % side


def _ranks(answer: Mapping[str, Any]) -> str:
    places: dict[int, list[str]] = {}
    for position, rank in enumerate(answer["ranks"]):
        places.setdefault(rank, []).append(letter(position))
    return " > ".join(" = ".join(places[rank]) for rank in sorted(places))


def _best(answer: Mapping[str, Any]) -> str:
    best = answer["best"]
    return _("None is good") if best is None else _("%s is the best") % letter(best)


def _scores(answer: Mapping[str, Any]) -> str:
    return ", ".join(f"{letter(p)} {score}" for p, score in enumerate(answer["scores"]))


def _turns(answer: Mapping[str, Any]) -> str:
    count = len(answer["turns"])
    return ngettext("%(count)d turn", "%(count)d turns", count) % {"count": count}


SAYING: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "choice": _choice,
    "best": _best,
    "scores": _scores,
    "ranks": _ranks,
    "good": lambda answer: _("Good") if answer["good"] else _("Bad response"),
    "text": lambda answer: excerpt(answer["text"]),
    "turns": _turns,
}
