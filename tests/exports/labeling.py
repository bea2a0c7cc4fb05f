"""Labeled tasks as they are collected, made by hand, and what becomes of them."""

from annotation.task_kinds.catalog import TASK_KINDS
from exports.collecting import LabeledTask
from exports.filters import Filters
from exports.recording import records_of
from tests.exports.making import assistant, user


def labeled(*answers, kind, k, prompt=None, options=None, reason="", standing="counted", **fields):
    """A task of `kind` with `k` responses and these answers, by L-1, L-2, ... in turn; each saw the
    responses in reverse."""
    judgments = [
        {
            "id": number,
            "revision": 1,
            "standing": standing,
            "answer": answer,
            "reason": reason,
            "display_order": list(reversed(range(k))),
            "seconds": 2.0,
            "guideline_version": 1,
            "labeler": f"L-{number}",
            "followed": False,
        }
        for number, answer in enumerate(answers, 1)
    ]
    values = {
        "pk": 7,
        "kind": kind,
        "criterion": "",
        "language": "en",
        "tags": [],
        "prompt": [user("hi")] if prompt is None else prompt,
        "reference": None,
        "responses": [([assistant(f"r{place}")], f"m{place}") for place in range(k)],
        "judgments": judgments,
        "labeled_at": "2026-01-01T00:00:00+00:00",
        "options": TASK_KINDS[kind].clean_options(options or {}),
    }
    return LabeledTask(**{**values, **fields})


def recorded(made, **filters):
    """What becomes of a labeled task in the project p."""
    return records_of(made, project="p", filters=Filters.from_mapping(filters))
