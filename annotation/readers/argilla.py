"""Argilla: records with fields, and people's responses to questions that compare them.

Reads records as ``Record.to_dict`` writes them (version 2) and those of version 1. A ranking
question orders the responses; a label question names the better one. Suggestions are nobody's
answers and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from annotation.readers import said
from annotation.readers.base import Reader, RowError, as_messages, clean_text, gettext_noop
from annotation.readers.columns import prompt_in, responses_in

FIRST = {"first", "a", "1", "left", "response-a", "response_a", "chosen"}
SECOND = {"second", "b", "2", "right", "response-b", "response_b", "rejected"}
TIES = {"tie", "equal", "both", "draw", "same"}


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """A record with what people said of its responses."""
    given = fields.get("fields")
    if not isinstance(given, Mapping):
        raise RowError("fields", "is missing; give records as Argilla exports them.")
    name = prompt_in(given)
    if name is None:
        raise RowError("fields", "has no prompt; call its field prompt, question or instruction.")
    names = responses_in([key for key in given if key != name])
    if not names and {"chosen", "rejected"} <= set(given):
        names = ["chosen", "rejected"]
    responses = [
        (as_messages(given[key], f"fields.{key}", "assistant"), _source(fields, key, source))
        for key in names
    ]
    known: dict[str, KnownAnswer] = {}
    for who, question, value in _said(fields.get("responses")):
        place = f"responses.{question}"
        ranks = _ranks(value, names)
        if ranks is not None:
            labeler = said.name_of(who, f"{place}.user_id")
            known.setdefault(labeler, KnownAnswer(ranks, labeler=labeler, field=f"{place}."))
    return Candidate(
        as_messages(given[name], f"fields.{name}", "user"), responses, known=list(known.values())
    )


def _source(fields: Mapping[str, Any], key: str, source: str) -> str:
    """The model that a response is of, where the metadata name it."""
    metadata = fields.get("metadata")
    named = (
        metadata.get(f"{key}_model", metadata.get(f"{key}-model"))
        if isinstance(metadata, Mapping)
        else None
    )
    return clean_text(named or source, f"metadata.{key}_model")[:120]


def _said(given: Any) -> Iterator[tuple[str, str, Any]]:
    """Who said what to which question, in either version's form."""
    if given is None:
        return
    if isinstance(given, Mapping):
        for question, answers in given.items():
            for answer in answers if isinstance(answers, list) else []:
                if isinstance(answer, Mapping) and answer.get("status", "submitted") == "submitted":
                    yield (
                        str(answer.get("user_id") or "annotator"),
                        str(question),
                        answer.get("value"),
                    )
        return
    if not isinstance(given, list):
        raise RowError("responses", "is not what Argilla exports; give records with responses.")
    for answer in given:
        values = answer.get("values") if isinstance(answer, Mapping) else None
        if isinstance(values, Mapping) and answer.get("status", "submitted") == "submitted":
            for question, inner in values.items():
                value = inner.get("value") if isinstance(inner, Mapping) else inner
                yield str(answer.get("user_id") or "annotator"), str(question), value


def _ranks(value: Any, names: Sequence[str]) -> list[int] | None:
    """The ranks that an answer gives; None where it compares nothing."""
    if isinstance(value, list) and value and len(value) == len(names):
        if all(isinstance(one, Mapping) for one in value):
            ranked = {str(one.get("value")): one.get("rank") for one in value}
        else:
            ranked = {str(one): position for position, one in enumerate(value, 1)}
        ranks = [ranked.get(name) for name in names]
        if all(isinstance(rank, int) and rank >= 1 for rank in ranks):
            return [int(rank or 1) for rank in ranks]
    if isinstance(value, str) and len(names) == 2:
        word = value.strip().lower()
        if value == names[0] or word in FIRST:
            return [1, 2]
        if value == names[1] or word in SECOND:
            return [2, 1]
        if word in TIES:
            return [1, 1]
    return None


ARGILLA = Reader(
    name="argilla",
    title=gettext_noop("Argilla"),
    description=gettext_noop("records with fields and the responses of people; JSON or JSONL"),
    parse=parse,
    takes=("fields", "responses", "metadata"),
    needs=("fields", "responses"),
)
