"""Which tasks a project's kind makes of one candidate, with what is known of each beforehand.

Nothing is stored here: `tasking` keeps what is planned, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from annotation import known_answers
from annotation.candidates import Candidate, KnownAnswer
from annotation.known_answers import Asked
from annotation.models import ProjectSettings, Prompt, Response, Task
from annotation.models.prompts import content_hash


@dataclass
class Known:
    """An answer known from elsewhere, as the task's kind says it, in canonical order."""

    source: KnownAnswer
    answer: dict[str, Any]
    shown: list[int]


@dataclass
class Plan:
    """A task to be made: its responses in canonical order and what is already known of it.

    Many rows of a file may plan the same task, which is known by ``content_hash``.
    """

    prompt: Prompt
    criterion: str
    priority: float
    content_hash: str
    is_gold: bool
    responses: list[Response]
    known: list[Known]
    gold: dict[str, Any] | None
    explanation: str


def plan(
    settings: ProjectSettings,
    asked: Asked,
    candidate: Candidate,
    prompt: Prompt,
    responses: list[Response],
) -> list[Plan]:
    """The tasks that the project's kind makes of one candidate.

    Responses that read the same cannot be compared, so the first of them stands for all. The
    canonical order is that of the content hashes: it says nothing of where a response comes from.
    """
    places: dict[str, int] = {}
    for place, response in enumerate(responses):
        places.setdefault(response.content_hash, place)
    order = [places[digest] for digest in sorted(places)]
    if len(order) < asked.kind.min_responses:
        return []
    groups = known_answers.groups_of(asked, candidate, len(order))
    return [
        _plan_one(
            settings, asked, candidate, prompt, responses, [order[at] for at in some], criterion
        )
        for some in groups
        for criterion in asked.criteria
    ]


def _plan_one(
    settings: ProjectSettings,
    asked: Asked,
    candidate: Candidate,
    prompt: Prompt,
    responses: Sequence[Response],
    group: Sequence[int],
    criterion: str,
) -> Plan:
    """The task about the responses of `group`, with what is known of them by that criterion."""
    chosen = [responses[place] for place in group]
    is_gold, expected, explanation = _gold_of(asked, candidate, group, criterion)
    known = [
        Known(answer, said, known_answers.order_shown(answer, group))
        for answer in candidate.known
        if (said := known_answers.said_of(asked, answer, group, criterion)) is not None
    ]
    digest = content_hash(
        [settings.kind, criterion, prompt.content_hash, [r.content_hash for r in chosen]]
    )
    return Plan(
        prompt=prompt,
        criterion=criterion,
        priority=candidate.priority,
        content_hash=digest,
        is_gold=is_gold,
        responses=chosen,
        known=known,
        gold=expected,
        explanation=explanation,
    )


def task_of(settings: ProjectSettings, planned: Plan, *, asked: bool) -> Task:
    """The task that is planned, not stored; who is not `asked` about it is not waited for."""
    overlap = settings.overlap if asked else 0
    return Task(
        project=settings.project,
        prompt=planned.prompt,
        kind=settings.kind,
        criterion=planned.criterion,
        content_hash=planned.content_hash,
        is_gold=planned.is_gold,
        priority=planned.priority,
        state=Task.State.OPEN if asked else Task.State.CLOSED,
        overlap=overlap,
        free_slots=overlap,
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
