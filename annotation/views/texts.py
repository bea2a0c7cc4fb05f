"""The texts of a task as pages show them to admins: in canonical order, rendered and sieved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from annotation import kind_words
from annotation.models import Task
from annotation.rendering import render

ROLES = {
    "user": gettext_lazy("User"),
    "assistant": gettext_lazy("Assistant"),
    "system": gettext_lazy("System"),
}
Turns = list[tuple[Any, SafeString]]
"""Who speaks, and what they say as HTML."""


def texts_of(task: Task) -> dict[str, Any]:
    """``prompt`` as turns, ``responses`` as (letter, turns); see `annotation/item_texts.html`.

    Reads ``task.placed`` with its responses; prefetch ``placed__response`` for many tasks.
    """
    responses = [placed.response.messages for placed in task.placed.all()]
    return {
        "prompt": turns_of(task.prompt.messages),
        "responses": [
            (kind_words.letter(place), turns_of(turns)) for place, turns in enumerate(responses)
        ],
    }


def turns_of(messages: Sequence[dict[str, str]]) -> Turns:
    """A conversation as HTML."""
    # The renderer sieves what it returns.
    return [
        (ROLES.get(turn["role"], turn["role"]), mark_safe(render(turn["content"])))  # noqa: S308
        for turn in messages
    ]
