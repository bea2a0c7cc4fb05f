"""UltraFeedback: an instruction with the answers of several models, each with its scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from annotation.readers.base import Reader, RowError, clean_text, gettext_noop
from annotation.readers.columns import MOST_RESPONSES
from annotation.readers.scores import number_of, ranks_by


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """A prompt with its responses and, where each has a score, the ranks that the scores give."""
    instruction = clean_text(fields.get("instruction"), "instruction")
    given = fields.get("completions")
    if not isinstance(given, list) or not given:
        raise RowError("completions", "is not a list; give a list of responses.")
    if len(given) > MOST_RESPONSES:
        raise RowError(
            "completions", f"has {len(given)} entries; at most {MOST_RESPONSES} are kept."
        )
    responses, scores = [], []
    for index, one in enumerate(given):
        place = f"completions[{index}]"
        if not isinstance(one, Mapping):
            raise RowError(place, 'is not an object; give {"model": ..., "response": ...}.')
        text = clean_text(one.get("response"), f"{place}.response")
        model = clean_text(one.get("model") or source, f"{place}.model")[:120]
        responses.append(([{"role": "assistant", "content": text}], model))
        scores.append(_score(one))
    known = []
    if len(scores) > 1 and None not in scores:
        known = [KnownAnswer(ranks_by([score for score in scores if score is not None]))]
    origin = fields.get("source")
    return Candidate(
        [{"role": "user", "content": instruction}],
        responses,
        tags=[clean_text(origin, "source")[:60]] if origin else [],
        known=known,
    )


def _score(one: Mapping[str, Any]) -> float | None:
    """The finest score there is: the mean of the ratings, else the one over all."""
    fine = number_of(one.get("fine-grained_score"))
    if fine is not None:
        return fine
    annotations = one.get("annotations")
    if isinstance(annotations, Mapping):
        said = [a.get("Rating") for a in annotations.values() if isinstance(a, Mapping)]
        ratings = [number for number in map(number_of, said) if number is not None]
        if ratings and len(ratings) == len(said):
            return sum(ratings) / len(ratings)
    return number_of(one.get("overall_score"))


ULTRAFEEDBACK = Reader(
    name="ultrafeedback",
    title=gettext_noop("UltraFeedback"),
    description=gettext_noop(
        "an instruction and completions, each with its model and scores; JSONL or Parquet"
    ),
    parse=parse,
    takes=("instruction", "completions", "source"),
    needs=("instruction", "completions"),
)
