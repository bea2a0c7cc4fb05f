"""The quiz about the guidelines: what its questions look like, and checking what an admin wrote.

A quiz is a list of ``{question, choices, right, explanation}``, right being the place of the right
choice from 0. Taking it is screening's part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_QUESTIONS = 30
CHOICES = (2, 8)
LONGEST = {"question": 1000, "choice": 300, "explanation": 1000}
"""In characters."""

Question = dict[str, Any]


def clean_quiz(given: object) -> list[Question]:
    """`given` with nothing but known, valid fields, texts without blank ends.

    Raises:
        ValidationError: under ``quiz``; every sentence names the question by its number from 1.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ValidationError({"quiz": _("Give a list of questions.")})
    if len(given) > MOST_QUESTIONS:
        raise ValidationError({"quiz": _("At most %d questions are asked.") % MOST_QUESTIONS})
    cleaned, problems = [], []
    for number, asked in enumerate(given, start=1):
        try:
            cleaned.append(_question(asked))
        except _Bad as bad:
            problems.append(_("Question {number}: {problem}").format(number=number, problem=bad))
    if problems:
        raise ValidationError({"quiz": problems})
    return cleaned


class _Bad(ValueError):
    """What is wrong with one question."""


def _question(asked: object) -> Question:
    if not isinstance(asked, Mapping):
        raise _Bad(_("give question, choices, right and explanation."))
    unknown = sorted(set(map(str, asked)) - {"question", "choices", "right", "explanation"})
    if unknown:
        raise _Bad(_("there is no field {name}; leave it out.").format(name=unknown[0][:80]))
    text = _text(asked.get("question"), LONGEST["question"])
    if not text:
        raise _Bad(_("question: write what is asked."))
    choices = _choices(asked.get("choices"))
    right = asked.get("right")
    if not isinstance(right, int) or isinstance(right, bool) or not 0 <= right < len(choices):
        raise _Bad(_("right: say which of the choices is right."))
    explanation = _text(asked.get("explanation") or "", LONGEST["explanation"])
    return {"question": text, "choices": choices, "right": right, "explanation": explanation}


def _choices(given: object) -> list[str]:
    fewest, most = CHOICES
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise _Bad(_("choices: give a list of texts."))
    choices = [_text(choice, LONGEST["choice"]) for choice in given]
    if not fewest <= len(choices) <= most or not all(choices):
        raise _Bad(_("choices: give {fewest} to {most} texts.").format(fewest=fewest, most=most))
    if len(set(choices)) < len(choices):
        raise _Bad(_("choices: two of them are the same; change one."))
    return choices


def _text(given: object, most: int) -> str:
    if not isinstance(given, str) or "\0" in given:
        raise _Bad(_("every text must be text without NUL characters."))
    text = given.strip()
    if len(text) > most:
        raise _Bad(_("a text has more than {most} characters; shorten it.").format(most=most))
    return text
