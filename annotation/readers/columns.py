"""Columns of other people's files: which of them are meant by the names that a reader knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

MOST_RESPONSES = 9
_MEANT = {
    "prompt": ("prompt", "instruction", "question", "input", "query", "history", "text", "context"),
    "system": ("system", "system_prompt"),
    "language": ("language", "lang", "locale"),
    "tags": ("tags", "tag", "category", "categories", "topic"),
    "reference": ("reference", "ground_truth", "gold_answer", "target", "expected"),
    "completion": ("completion", "response", "output", "answer", "target"),
    "label": ("label", "good", "thumbs", "rating"),
    "chosen": ("chosen", "preferred", "winner", "better"),
    "rejected": ("rejected", "dispreferred", "loser", "worse"),
    "labeler": ("labeler", "annotator", "worker", "rater", "worker_id", "annotator_id", "user_id"),
    "first": ("first", "response_a", "response_1", "answer_a", "answer1", "model_a", "a"),
    "second": ("second", "response_b", "response_2", "answer_b", "answer2", "model_b", "b"),
}
_ONE = ("response", "answer", "output", "completion", "reply", "generation")
_MANY = re.compile(
    rf"^(?:{'|'.join(_ONE)}|candidate|prediction|text|human_ref)[ _-]?([0-9]|[a-i])$", re.I
)
_SOURCES = re.compile(r"^(?:model|source)[ _-]?([0-9]|[a-i])$", re.I)


def guess(names: Sequence[str], takes: Collection[str]) -> dict[str, str]:
    """For each field that a reader takes and no column is called by, the column that is meant.

    Fields are left out where nothing fits; no column is meant twice.
    """
    free = [name for name in names if name not in takes]
    found: dict[str, str] = {}
    for field in takes:
        if field in names:
            continue
        for name in _candidates(field, free):
            if name not in found.values():
                found[field] = name
                break
    return found


def _candidates(field: str, free: Sequence[str]) -> Iterable[str]:
    """The columns that `field` may mean, the likeliest first."""
    if (place := re.fullmatch(r"response_([1-9])", field)) is not None:
        responses = responses_in(free)
        at = int(place[1]) - 1
        yield from responses[at : at + 1]
        return
    if (place := re.fullmatch(r"source_([1-9])", field)) is not None:
        sources = [name for name in free if _SOURCES.match(name)]
        at = int(place[1]) - 1
        yield from sources[at : at + 1]
        return
    low = {name.lower().strip().replace(" ", "_").replace("-", "_"): name for name in free}
    for meant in _MEANT.get(field, ()):
        if meant in low:
            yield low[meant]


def responses_in(names: Iterable[str]) -> list[str]:
    """Columns that hold responses to one prompt, in their order; one alone if it is called so."""
    many = [name for name in names if _MANY.match(name)]
    if many:
        return sorted(many, key=lambda name: name.lower()[-1])[:MOST_RESPONSES]
    return [name for name in names if name.lower() in _ONE][:1]


def prompt_in(names: Collection[str]) -> str | None:
    """The column that holds the prompt."""
    return next((name for name in _MEANT["prompt"] if name in names), None)
