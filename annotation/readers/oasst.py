"""OpenAssistant: a tree of messages per row, whose replies have ranks.

Every message of a prompter that was answered becomes a prompt (the thread up to it) with its
replies as responses. Rows of the flat export, one message without its replies, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer, Message
from annotation.readers.base import Reader, RowError, clean_text, gettext_noop
from annotation.readers.columns import MOST_RESPONSES
from annotation.readers.scores import number_of

ROLES = {"prompter": "user", "assistant": "assistant"}
MOST_OF_A_TREE = 1000


def parse(fields: Mapping[str, Any], source: str) -> list[Candidate]:
    """The prompts of a tree, from its first message on."""
    root = fields.get("prompt", fields)
    if not isinstance(root, Mapping) or "text" not in root:
        raise RowError("prompt", "is not a message; a row is a tree with its first message.")
    if not isinstance(root.get("replies"), list):
        raise RowError("prompt.replies", "is missing; give whole trees, not single messages.")
    if root.get("role") != "prompter":
        raise RowError("prompt.role", "must be prompter; a tree begins with a prompt.")
    found = list(_candidates(root, source))
    if len(found) > MOST_OF_A_TREE:
        raise RowError("prompt", f"has {len(found)} prompts; at most {MOST_OF_A_TREE} are kept.")
    return found


def _candidates(root: Mapping[str, Any], source: str) -> Iterator[Candidate]:
    waiting: list[tuple[Mapping[str, Any], list[Message], str]] = [(root, [], "prompt")]
    while waiting:
        node, thread, place = waiting.pop()
        thread = [*thread, _message(node, place)]
        replies = _replies(node, place)
        if thread[-1]["role"] == "user":
            answers = [(reply, at) for reply, at in replies if reply.get("role") == "assistant"]
            if answers or node is root:
                yield _candidate(node, thread, answers[:MOST_RESPONSES], source)
        waiting += [(reply, thread, at) for reply, at in reversed(replies)]


def _candidate(
    node: Mapping[str, Any],
    thread: list[Message],
    answers: list[tuple[Mapping[str, Any], str]],
    source: str,
) -> Candidate:
    responses = [
        (
            [_message(reply, place)],
            clean_text(reply.get("model_name") or source, f"{place}.model_name")[:120],
        )
        for reply, place in answers
    ]
    ranks = [number_of(reply.get("rank")) for reply, _place in answers]
    known = []
    if len(ranks) > 1 and None not in ranks:
        known = [KnownAnswer([1 + int(rank) for rank in ranks if rank is not None])]
    return Candidate(
        thread, responses, language=clean_text(node.get("lang") or "", "lang")[:16], known=known
    )


def _replies(node: Mapping[str, Any], place: str) -> list[tuple[Mapping[str, Any], str]]:
    """The replies that were not deleted, the best ranked first, each with where it stands."""
    given = node.get("replies") or []
    if not isinstance(given, list):
        raise RowError(f"{place}.replies", "is not a list; give a list of messages.")
    found = []
    for index, reply in enumerate(given):
        at = f"{place}.replies[{index}]"
        if not isinstance(reply, Mapping):
            raise RowError(at, "is not a message; give its text, role and replies.")
        if not reply.get("deleted"):
            found.append((reply, at))

    def rank(one: tuple[Mapping[str, Any], str]) -> float:
        number = number_of(one[0].get("rank"))
        return float("inf") if number is None else number

    return sorted(found, key=rank)


def _message(node: Mapping[str, Any], place: str) -> Message:
    role = node.get("role")
    if role not in ROLES:
        raise RowError(f"{place}.role", f"must be one of {', '.join(ROLES)}.")
    return {"role": ROLES[role], "content": clean_text(node.get("text"), f"{place}.text")}


OASST = Reader(
    name="oasst",
    title=gettext_noop("OpenAssistant"),
    description=gettext_noop("a tree of messages per line, with ranked replies"),
    parse=parse,
    takes=("prompt", "message_tree_id"),
    needs=("message_tree_id", "prompt"),
)
