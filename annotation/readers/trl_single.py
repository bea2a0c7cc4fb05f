"""TRL's columns that hold one response or none: unpaired, prompt-completion, prompt-only.

Each in the standard form (texts) and the conversational one (messages); a conversation without a
prompt column is cut before its last assistant turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer, Message
from annotation.readers.base import Reader, RowError, as_messages, gettext_noop

TRUE = ("true", "1", "yes", "good", "up")
FALSE = ("false", "0", "no", "bad", "down")


def unpaired(fields: Mapping[str, Any], source: str) -> Candidate:
    """One response that somebody found good or bad."""
    prompt, completion = _parts(fields)
    good = _truth(fields.get("label"))
    return Candidate(
        prompt, [(completion, source)], known=[KnownAnswer(answer={"good": good}, field="label.")]
    )


def prompt_completion(fields: Mapping[str, Any], source: str) -> Candidate:
    """One response of which nothing is said."""
    prompt, completion = _parts(fields)
    return Candidate(prompt, [(completion, source)])


def prompt_only(fields: Mapping[str, Any], source: str) -> Candidate:
    """A prompt alone."""
    prompt = as_messages(fields.get("prompt"), "prompt", "user")
    if not prompt or not any(message["content"].strip() for message in prompt):
        raise RowError("prompt", "is missing or empty; give a text or a list of messages.")
    return Candidate(prompt)


def _parts(fields: Mapping[str, Any]) -> tuple[list[Message], list[Message]]:
    """Prompt and completion, or a whole conversation cut before its last assistant turn."""
    if fields.get("completion") is not None:
        prompt = as_messages(fields.get("prompt"), "prompt", "user")
        completion = as_messages(fields["completion"], "completion", "assistant")
        if not prompt or not completion:
            raise RowError("completion", "has no messages; give at least one.")
        return prompt, completion
    if fields.get("messages") is None:
        raise RowError("completion", "is missing; give prompt and completion, or messages.")
    messages = as_messages(fields["messages"], "messages", "user")
    if len(messages) < 2 or messages[-1]["role"] != "assistant":
        raise RowError("messages", "must end with the assistant's answer to something.")
    return messages[:-1], messages[-1:]


def _truth(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise RowError("label", "must be true for a good response and false for a bad one.")


TRL_UNPAIRED = Reader(
    name="trl_unpaired",
    title=gettext_noop("TRL unpaired"),
    description=gettext_noop(
        "columns prompt, completion and label (good or bad), or messages and label"
    ),
    parse=unpaired,
    takes=("prompt", "completion", "messages", "label"),
    needs=("label",),
)
TRL_PROMPT_COMPLETION = Reader(
    name="trl_prompt_completion",
    title=gettext_noop("TRL prompt and completion"),
    description=gettext_noop(
        "columns prompt and completion, or messages that end with the assistant"
    ),
    parse=prompt_completion,
    takes=("prompt", "completion", "messages"),
    needs=("prompt", "completion"),
)
TRL_PROMPT_ONLY = Reader(
    name="trl_prompt_only",
    title=gettext_noop("TRL prompts alone"),
    description=gettext_noop("a column prompt, as a text or as messages; others are left alone"),
    parse=prompt_only,
    takes=("prompt",),
    needs=("prompt",),
)
