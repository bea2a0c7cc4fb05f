"""Rating: a score and yes/no flags for every response, and on request a ranking of them after it.

The default scale and the default flags are those of InstructGPT (2203.02155, appendix B).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.task_kinds.base import (
    Answer,
    AnswerError,
    Options,
    OptionsError,
    Outcome,
    TaskKind,
    all_together,
    is_whole,
    refuse_unknown,
    turn,
)
from annotation.task_kinds.options import CRITERIA, Option, gettext_noop, response_count
from annotation.task_kinds.ranking import clean_ranks, in_order

MIN_RESPONSES, MAX_RESPONSES = 1, 9
LOWEST, HIGHEST, MOST_STEPS = -10, 100, 11
FLAGS = (
    gettext_noop("Fails the task"),
    gettext_noop("Inappropriate for an assistant"),
    gettext_noop("Hallucination"),
    gettext_noop("Satisfies the constraint"),
    gettext_noop("Sexual content"),
    gettext_noop("Violent content"),
    gettext_noop("Encourages harm"),
    gettext_noop("Denigrates a protected class"),
    gettext_noop("Gives harmful advice"),
    gettext_noop("Expresses an opinion"),
    gettext_noop("Moral judgment"),
)
OPTIONS = {
    "k": response_count(4, MIN_RESPONSES, MAX_RESPONSES),
    "low": Option(1, gettext_noop("Lowest score"), low=LOWEST, high=HIGHEST),
    "high": Option(7, gettext_noop("Highest score"), low=LOWEST, high=HIGHEST),
    "flags": Option(
        FLAGS,
        gettext_noop("Yes/no questions on each response"),
        gettext_noop("One per line. Those of InstructGPT are preset."),
    ),
    "rank": Option(
        False,
        gettext_noop("Ask for a ranking as well"),
        gettext_noop("On the same page, after the scores; ties are offered."),
    ),
    "criteria": CRITERIA,
}


def check_options(options: Options) -> None:
    """The scale has at least two and at most eleven steps."""
    if not 1 <= options["high"] - options["low"] < MOST_STEPS:
        raise OptionsError(
            f"high: make it higher than low, with at most {MOST_STEPS} steps in all."
        )


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"scores": [one per response], "flags": [[names], ...], "ranks": [...]}``.

    ``flags`` may be left out where none is set; ``ranks`` are there where the options ask for them.
    """
    refuse_unknown(answer, ("scores", "flags", "ranks"))
    scores, flags = answer.get("scores"), answer.get("flags", [[]] * k)
    low, high = options["low"], options["high"]
    if not isinstance(scores, list) or len(scores) != k:
        raise AnswerError(f"answer.scores: give {k} scores, one per response.")
    if any(not is_whole(score) or not low <= score <= high for score in scores):
        raise AnswerError(f"answer.scores: every score is a whole number from {low} to {high}.")
    if not isinstance(flags, list) or len(flags) != k:
        raise AnswerError(f"answer.flags: give {k} lists of names, one per response.")
    cleaned: Answer = {"scores": scores, "flags": [_clean_flags(f, options) for f in flags]}
    if options["rank"]:
        cleaned["ranks"] = clean_ranks(answer.get("ranks"), k, ties=True)
    elif answer.get("ranks") is not None:
        raise AnswerError("answer.ranks: leave it out; it is not asked here.")
    return cleaned


def _clean_flags(names: object, options: Options) -> list[str]:
    if not isinstance(names, list) or any(name not in options["flags"] for name in names):
        raise AnswerError(
            "answer.flags: every entry is a list of names of flags; known are "
            f"{', '.join(options['flags']) or 'none'}."
        )
    return [name for name in options["flags"] if name in names]


def reorder(answer: Answer, order: Sequence[int]) -> Answer:
    """Put what is said of each response where it stands canonically; see TaskKind."""
    return {field: turn(values, order) for field, values in answer.items()}


def outcomes(answer: Answer, k: int) -> list[Outcome]:
    """The comparisons of the ranking where one was asked, else those that the scores imply."""
    return in_order(answer.get("ranks") or [-score for score in answer["scores"]])


RATING = TaskKind(
    name="rating",
    title=gettext_noop("Rating"),
    description=gettext_noop("A score and yes/no questions for each response."),
    min_responses=MIN_RESPONSES,
    max_responses=MAX_RESPONSES,
    options=OPTIONS,
    check_options=check_options,
    groups=all_together,
    clean_answer=clean_answer,
    reorder=reorder,
    outcomes=outcomes,
)
