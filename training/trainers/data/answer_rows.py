"""Rows of ``prompt, answer1, answer2``: the plainest file that a reward model can learn from.

``answer1`` is the better one unless ``preferred`` names the number of another, or says tie. More
answers may follow (``answer3`` and so on, the best first), and ``ranks`` may give each its rank. A
row may also say its ``criterion``, ``strength`` and ``language``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from annotation.readers.base import RowError, clean_text
from annotation.readers.columns import MOST_RESPONSES
from annotation.readers.table import messages_of
from annotation.task_kinds.base import STRENGTHS


def parse_answers(fields: Mapping[str, Any], source: str) -> Candidate:
    """The prompt, its answers and what the row says of them. Raises RowError."""
    if not fields.get("prompt"):
        raise RowError("prompt", "is missing or empty; give a text or messages.")
    names = [f"answer{n}" for n in range(1, MOST_RESPONSES + 1)]
    given = [name for name in names if fields.get(name) not in (None, "")]
    if given[:2] != names[:2] or given != names[: len(given)]:
        raise RowError("answer2", "answers must be there from answer1 on without a gap.")
    responses = [messages_of(fields[name], name, "assistant") for name in given]
    if any(response in responses[:place] for place, response in enumerate(responses)):
        raise RowError("answer2", "two answers are the same; remove the row.")
    known = KnownAnswer(
        ranks=_ranks(fields, len(given)),
        strength=_strength(fields.get("strength")),
        criterion=_text(fields, "criterion"),
    )
    return Candidate(
        messages_of(fields["prompt"], "prompt", "user"),
        [(response, source) for response in responses],
        language=_text(fields, "language")[:16],
        known=[known],
    )


def _ranks(fields: Mapping[str, Any], count: int) -> list[int]:
    ranks, preferred = fields.get("ranks"), fields.get("preferred")
    if ranks not in (None, ""):
        if preferred not in (None, ""):
            raise RowError("preferred", "is given beside ranks; give one or the other.")
        return _whole_numbers(ranks, count)
    if preferred in (None, ""):
        return list(range(1, count + 1))
    if count > 2:
        raise RowError("preferred", "is about two answers, and there are more; give ranks.")
    meant = {"1": [1, 2], "2": [2, 1], "tie": [1, 1], "answer1": [1, 2], "answer2": [2, 1]}
    word = str(preferred).strip().lower()
    if word not in meant:
        raise RowError("preferred", "must be 1, 2 or tie.")
    return meant[word]


def _whole_numbers(ranks: Any, count: int) -> list[int]:
    given: Sequence[Any] = ranks.split(",") if isinstance(ranks, str) else ranks
    try:
        found = [int(rank) for rank in given]
    except (TypeError, ValueError) as error:
        raise RowError("ranks", "must be whole numbers, 1 for the best.") from error
    if len(found) != count:
        raise RowError("ranks", "must have one number for each answer.")
    return found


def _strength(value: Any) -> str | None:
    if value in (None, ""):
        return None
    if value not in STRENGTHS:
        raise RowError("strength", f"must be one of {', '.join(STRENGTHS)}.")
    return str(value)


def _text(fields: Mapping[str, Any], name: str) -> str:
    return clean_text(fields.get(name) or "", name)
