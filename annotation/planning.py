"""Which tasks a project's kind makes of one candidate, with what is known of each beforehand.

A candidate is laid out as the plain values of its rows: texts are hashed once, and everything can
be written to a file and read again. No Django and no database here: `storing` keeps what is laid
out, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from annotation import known_answers
from annotation.candidates import Candidate, KnownAnswer
from annotation.hashing import canonical, content_hash, digest_of
from annotation.known_answers import Asked


class ResponseLaid(NamedTuple):
    """A response: the name of its source, the hash of its messages, and these as JSON."""

    source: str
    digest: str
    messages: str


class KnownLaid(NamedTuple):
    """An answer known from elsewhere, as the task's kind says it, in canonical order.

    ``answer`` and ``shown`` are JSON, ``at`` is written as ISO 8601.
    """

    labeler: str
    answer: str
    shown: str
    reason: str
    seconds: float | None
    at: str | None


class TaskLaid(NamedTuple):
    """A task to be made: the places of its responses in canonical order, and what is known of it.

    Many rows of a file may lay out the same task, which is known by ``digest``. ``gold`` is JSON.
    """

    digest: str
    criterion: str
    priority: float
    is_gold: bool
    places: Sequence[int]
    gold: str | None
    explanation: str
    known: Sequence[KnownLaid]


class Laid(NamedTuple):
    """A candidate as the rows that it becomes.

    ``too_few`` says that it has fewer different responses than the kind compares; ``unfit`` is the
    number of its known answers that no task can hold.
    """

    digest: str
    messages: str
    language: str
    tags: Sequence[str]
    reference: str | None
    responses: Sequence[ResponseLaid]
    tasks: Sequence[TaskLaid]
    too_few: bool
    unfit: int


def laid_again(values: Sequence[Any]) -> Laid:
    """What was laid out, from the lists that JSON makes of it."""
    digest, messages, language, tags, reference, responses, tasks, too_few, unfit = values
    return Laid(
        digest,
        messages,
        language,
        tags,
        reference,
        [ResponseLaid(*response) for response in responses],
        [TaskLaid(*task[:7], [KnownLaid(*known) for known in task[7]]) for task in tasks],
        too_few,
        unfit,
    )


def lay_out(asked: Asked, candidate: Candidate, *, make_tasks: bool = True) -> Laid:
    """The rows that a candidate becomes in a project that asks so.

    Responses that read the same cannot be compared, so the first of them stands for all. The
    canonical order is that of the content hashes: it says nothing of where a response comes from.
    """
    messages = canonical(candidate.prompt)
    digest = digest_of(messages)
    responses = []
    for said, source in candidate.responses:
        text = canonical(said)
        responses.append(ResponseLaid(source, digest_of(text), text))
    tasks: list[TaskLaid] = []
    unfit = 0
    if make_tasks:
        tasks, held = _tasks(asked, candidate, digest, responses)
        unfit = len(candidate.known) - held if tasks else 0
    return Laid(
        digest,
        messages,
        candidate.language,
        candidate.tags,
        candidate.reference,
        responses,
        tasks,
        make_tasks and not tasks and bool(responses),
        unfit,
    )


def _tasks(
    asked: Asked, candidate: Candidate, prompt: str, responses: Sequence[ResponseLaid]
) -> tuple[list[TaskLaid], int]:
    """The tasks of a candidate, and how many of its known answers they hold."""
    places: dict[str, int] = {}
    for place, response in enumerate(responses):
        places.setdefault(response.digest, place)
    order = [places[digest] for digest in sorted(places)]
    if len(order) < asked.kind.min_responses:
        return [], 0
    held: set[int] = set()
    groups = known_answers.groups_of(asked, candidate, len(order))
    tasks = [
        _task(asked, candidate, prompt, responses, [order[at] for at in some], criterion, held)
        for some in groups
        for criterion in asked.criteria
    ]
    return tasks, len(held)


def _task(
    asked: Asked,
    candidate: Candidate,
    prompt: str,
    responses: Sequence[ResponseLaid],
    group: Sequence[int],
    criterion: str,
    held: set[int],
) -> TaskLaid:
    """The task about the responses of `group`, with what is known of them by that criterion."""
    is_gold, expected, explanation = _gold_of(asked, candidate, group, criterion)
    known = []
    for number, answer in enumerate(candidate.known):
        said = known_answers.said_of(asked, answer, group, criterion)
        if said is not None:
            held.add(number)
            known.append(_known(answer, said, group))
    digest = content_hash(
        [asked.kind.name, criterion, prompt, [responses[place].digest for place in group]]
    )
    return TaskLaid(
        digest,
        criterion,
        candidate.priority,
        is_gold,
        group,
        None if expected is None else canonical(expected),
        explanation,
        known,
    )


def _known(answer: KnownAnswer, said: dict[str, Any], group: Sequence[int]) -> KnownLaid:
    return KnownLaid(
        answer.labeler,
        canonical(said),
        canonical(known_answers.order_shown(answer, group)),
        answer.reason,
        answer.seconds,
        answer.at and answer.at.isoformat(),
    )


def _gold_of(
    asked: Asked, candidate: Candidate, group: Sequence[int], criterion: str
) -> tuple[bool, dict[str, Any] | None, str]:
    """Whether the task of `group` is gold, what is expected, and how it is explained.

    What people write is not right or wrong: such an answer is an example, and part of the
    explanation.
    """
    gold, explanation = candidate.gold, candidate.explanation
    if gold is None or gold.criterion != criterion:
        return False, None, ""
    expected = known_answers.said_of(asked, gold, group, criterion)
    if not known_answers.writes(asked.kind):
        return expected is not None, expected, explanation
    example = (expected or {}).get("text", "")
    return True, None, "\n\n".join(filter(None, (explanation, example)))
