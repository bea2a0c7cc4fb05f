"""Label Studio: exported tasks (JSON) with pairwise or ranking annotations by people.

The prompt and the responses are found in ``data`` by the names of their fields; annotators are
known by their number, so that no e-mail address comes in as a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotation.candidates import Candidate, KnownAnswer, Message
from annotation.readers import said
from annotation.readers.base import Reader, RowError, as_messages, gettext_noop
from annotation.readers.columns import MOST_RESPONSES, prompt_in, responses_in
from annotation.readers.scores import number_of

SELECTED = {"left": [1, 2], "right": [2, 1]}


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """A task with the annotations that compare its responses; cancelled ones say nothing."""
    data = fields.get("data")
    if not isinstance(data, Mapping):
        raise RowError("data", "is missing; export the tasks as JSON from Label Studio.")
    prompt, responses, names = _item(data, source)
    known = list(_known(fields.get("annotations"), names))
    golden = next((answer for answer, is_gold in known if is_gold), None)
    return Candidate(
        prompt,
        responses,
        known=_first_of_each([answer for answer, _gold in known]),
        gold=golden and KnownAnswer(golden.ranks),
    )


def _item(
    data: Mapping[str, Any], source: str
) -> tuple[list[Message], list[tuple[list[Message], str]], list[str]]:
    """Prompt, responses, and the names by which annotations call the responses."""
    name = prompt_in(data)
    if name is None:
        raise RowError("data", "has no prompt; call its field prompt, question or instruction.")
    prompt = as_messages(data[name], f"data.{name}", "user")
    listed = next(
        (key for key, v in data.items() if isinstance(v, list) and v and _are_items(v)), None
    )
    if listed is not None:
        items = data[listed][:MOST_RESPONSES]
        texts = [_text_of(item) for item in items]
        names = [str(item.get("id", place)) for place, item in enumerate(items)]
        places = [f"data.{listed}[{place}]" for place in range(len(items))]
    else:
        names = responses_in([key for key in data if key != name])
        texts = [data[key] for key in names]
        places = [f"data.{key}" for key in names]
    responses = [
        (as_messages(text, place, "assistant"), source)
        for text, place in zip(texts, places, strict=True)
    ]
    return prompt, responses, names


def _are_items(values: Sequence[Any]) -> bool:
    return all(isinstance(value, Mapping) and _text_of(value) is not None for value in values)


def _text_of(item: Mapping[str, Any]) -> Any:
    return next(
        (item[key] for key in ("body", "text", "html", "value", "answer") if key in item), None
    )


def _known(given: Any, names: Sequence[str]) -> Iterator[tuple[KnownAnswer, bool]]:
    if given is None:
        return
    if not isinstance(given, list):
        raise RowError("annotations", "is not a list; export the tasks as JSON from Label Studio.")
    for index, annotation in enumerate(given):
        place = f"annotations[{index}]"
        if not isinstance(annotation, Mapping):
            raise RowError(place, "is not an object; export the tasks as JSON from Label Studio.")
        if annotation.get("was_cancelled"):
            continue
        for result in annotation.get("result") or []:
            ranks = _ranks(result, names, place) if isinstance(result, Mapping) else None
            if ranks is not None:
                yield _answer(annotation, ranks, place), bool(annotation.get("ground_truth"))
                break


def _answer(annotation: Mapping[str, Any], ranks: list[int], place: str) -> KnownAnswer:
    who = annotation.get("completed_by")
    number = who.get("id") if isinstance(who, Mapping) else who
    seconds = number_of(annotation.get("lead_time"))
    return KnownAnswer(
        ranks,
        labeler=said.name_of(f"annotator-{number}", f"{place}.completed_by") if number else "",
        seconds=seconds if seconds is not None and 0 <= seconds <= said.LONGEST else None,
        at=said.moment_of(annotation.get("created_at"), f"{place}.created_at"),
        field=f"{place}.",
    )


def _ranks(result: Mapping[str, Any], names: Sequence[str], place: str) -> list[int] | None:
    """What one result says of the responses; None where it is of a type that compares nothing."""
    value = result.get("value")
    if not isinstance(value, Mapping):
        return None
    if result.get("type") == "pairwise":
        selected = value.get("selected")
        if selected not in SELECTED or len(names) != 2:
            raise RowError(f"{place}.result", "must select left or right of two responses.")
        return SELECTED[selected]
    if result.get("type") == "ranker":
        return _ranker(value.get("ranker"), names, place)
    return None


def _ranker(given: Any, names: Sequence[str], place: str) -> list[int]:
    order = given
    if isinstance(given, Mapping):
        order = given.get("rank") or next(iter(given.values()), None)
    if not isinstance(order, list) or sorted(map(str, order)) != sorted(names):
        raise RowError(f"{place}.result", "must rank each of the responses once.")
    positions = {str(name): position for position, name in enumerate(order, 1)}
    return [positions[name] for name in names]


def _first_of_each(known: list[KnownAnswer]) -> list[KnownAnswer]:
    first: dict[str, KnownAnswer] = {}
    for answer in known:
        first.setdefault(answer.labeler, answer)
    return list(first.values())


LABEL_STUDIO = Reader(
    name="label_studio",
    title=gettext_noop("Label Studio"),
    description=gettext_noop("exported tasks with pairwise or ranking annotations; JSON or JSONL"),
    parse=parse,
    takes=("data", "annotations"),
    needs=("data", "annotations"),
)
