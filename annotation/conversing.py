"""Conversations that two people write together: whose turn it is, and the task that asks for it.

A turn is an answer, and the next turn a task of its own that follows it, kept for the other person.
Who has not taken their turn for a day loses it to anybody but the one who waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.models import Judgment, ProjectSettings, Prompt, Task
from annotation.models.prompts import Message, content_hash
from annotation.task_kinds.base import AnswerError
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.task_kinds.conversation import CONVERSATION, SPEAKERS, TWO, speaker_after

RESERVED_FOR = timedelta(days=1)
"""How long the next turn waits for the person whose turn it is."""

SOONER = 1.0
"""Somebody waits for the answer, so a begun conversation is asked before a new one."""


class TurnTaken(Exception):
    """The other person has gone on from a turn, so it stays as it is; the message says so."""


def messages_shown(task: Task, options: Mapping[str, Any]) -> list[Message]:
    """The prompt of `task` as people see it: what only says what to write about is a ``topic``."""
    messages: list[Message] = task.prompt.messages
    if not TASK_KINDS[task.kind].has_topic(options):
        return messages
    if task.follows_id is None:
        return [{**message, "role": "topic"} for message in messages]
    return [{**messages[0], "role": "topic"}, *messages[1:]]


def check_speaker(task: Task, answer: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Raise AnswerError when the first turn of `answer` is the other side's."""
    if task.kind != CONVERSATION.name:
        return
    expected = speaker_after(messages_shown(task, options))
    if answer["turns"][0]["role"] != expected:
        raise AnswerError(f"answer.turns[0].role: it is the turn of the {expected}.")


def ask_for_next_turn(judgment: Judgment, task: Task, options: Mapping[str, Any]) -> Task | None:
    """Make the task of the turn after `judgment`, unless the conversation is over.

    Called in the transaction of the answer. The partner is who wrote the turn before, if any.
    """
    if task.kind != CONVERSATION.name or options["people"] != TWO:
        return None
    said = [*_from_topic(messages_shown(task, options)), *judgment.answer["turns"]]
    turns = sum(message["role"] in SPEAKERS for message in said)
    over = judgment.answer["ended"] and turns >= options["least"]
    if over or turns >= options["most"]:
        return None
    digest = content_hash(said)
    prompt, _created = Prompt.objects.get_or_create(
        project=task.project,
        content_hash=digest,
        defaults={
            "messages": said,
            "language": task.prompt.language,
            "tags": task.prompt.tags,
            "reference": task.prompt.reference,
        },
    )
    before = Judgment.objects.filter(pk=task.follows_id).only("person_id").first()
    return Task.objects.create(
        project=task.project,
        prompt=prompt,
        kind=task.kind,
        # Two answers may read the same; each goes on by itself.
        content_hash=content_hash([task.kind, digest, judgment.pk]),
        priority=task.priority + (SOONER if task.follows_id is None else 0),
        overlap=1,
        free_slots=1,
        is_covered=task.is_covered,
        follows=judgment,
        not_for=judgment.person,
        reserved_for=before and before.person,
    )


def _from_topic(messages: list[Message]) -> list[Message]:
    """`messages` with their topic, if they have one, as one system message in front."""
    topic = "\n\n".join(m["content"] for m in messages if m["role"] == "topic")
    turns = [m for m in messages if m["role"] != "topic"]
    return [{"role": "system", "content": topic}, *turns] if topic else turns


@transaction.atomic
def withdraw_next_turn(judgment: Judgment) -> None:
    """Remove the task that goes on from `judgment`, so that the turn may change.

    Raises:
        TurnTaken: somebody has it on their screen already, or has answered it.
    """
    following = Task.objects.select_for_update(of=("self",)).filter(follows=judgment)
    if any(task.assignments.exists() for task in following):
        raise TurnTaken(_("The other person has already gone on from this turn, so it stays."))
    for task in following:
        task.delete()


def options_of(settings: ProjectSettings) -> dict[str, Any]:
    """Every option of the project's kind, with its default where nobody set it."""
    kind = TASK_KINDS[settings.kind]
    return {**kind.default_options, **settings.kind_options}
