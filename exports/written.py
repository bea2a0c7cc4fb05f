"""Records of what people wrote: demonstrations, prompts and whole conversations.

Each judgment is a record of its own: texts have no consensus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.models import Judgment
from annotation.task_kinds.catalog import TASK_KINDS
from exports.collecting import LabeledTask
from exports.compared import refused_by
from exports.filters import Filters
from exports.records import WEIGHT_DECIMALS, Demonstration, Message, PreferencePair, PromptOnly
from exports.said import Recorded, Said

LABELER = "labeler"
"""What `response_sources` calls a person."""

WEIGHT_OF_AN_EDIT = round(2 / 3, WEIGHT_DECIMALS)
"""One vote for the edit by the rule of succession, as one vote counts in any other pair."""

_GONE = (Judgment.Standing.VOIDED, Judgment.Standing.WITHDRAWN)

Common = Mapping[str, Any]


def record_demonstrations(
    task: LabeledTask, common: Common, said: list[Said], filters: Filters, found: Recorded
) -> None:
    """What each labeler wrote; an edit that changed something is also preferred to what it was
    made from. See recording.Recorder."""
    for each in said:
        own = {**common, "id": f"{common['task']}-{each.values['id']}"}
        written = [{"role": "assistant", "content": each.values["answer"]["text"]}]
        found.records.append(
            Demonstration(
                **own,
                completion=written,
                topic=None,
                response_sources=[LABELER],
                judgments=[each.answer_view("edited" if task.responses else "written")],
            )
        )
        for original, source in task.responses:
            if text_of(written) == text_of(original):
                found.left_out.append("unchanged")
                continue
            pair = PreferencePair(
                **own,
                chosen=written,
                rejected=original,
                response_sources=[LABELER, source],
                judgments=[each.view("chosen", None, None)],
                strength=None,
                strength_margin=0.0,
                weight=WEIGHT_OF_AN_EDIT,
                rank_group=None,
            )
            reason = refused_by(pair, filters)
            if reason is None:
                found.records.append(pair)
            else:
                found.left_out.append(reason)


def record_prompts(
    task: LabeledTask, common: Common, said: list[Said], filters: Filters, found: Recorded
) -> None:
    """The prompt that each labeler wrote; see recording.Recorder."""
    topic = topic_of(task, task.prompt)
    for each in said:
        own = {
            "id": f"{common['task']}-{each.values['id']}",
            "prompt": [{"role": "user", "content": each.values["answer"]["text"]}],
            # What is known of the topic is no answer to what was written about it.
            "reference": None,
        }
        found.records.append(
            PromptOnly(
                **{**common, **own},
                topic=topic,
                response_sources=[],
                judgments=[each.answer_view("written")],
            )
        )


def record_conversations(
    task: LabeledTask, common: Common, said: list[Said], filters: Filters, found: Recorded
) -> None:
    """The whole conversation that each last turn ends; see recording.Recorder."""
    before = [Said(values) for values in task.earlier]
    turns_before = sum(len(each.values["answer"]["turns"]) for each in before)
    # The prompt of a later turn holds the earlier ones, after what was given at first.
    given, earlier = _cut(task.prompt, len(task.prompt) - turns_before)
    topic = topic_of(task, given)
    broken = any(turn.values["standing"] in _GONE for turn in before)
    for each in said:
        turns = [*earlier, *each.values["answer"]["turns"]]
        written = _cut_at_answer(given if topic is None else [], turns)
        if each.values["followed"]:
            found.left_out.append("followed")
        elif broken:
            found.left_out.append("voided_turn")
        elif written is None:
            found.left_out.append("no_answer")
        else:
            own = {
                "id": f"{common['task']}-{each.values['id']}",
                "prompt": written[0],
                "reference": task.reference if topic is None else None,
            }
            found.records.append(
                Demonstration(
                    **{**common, **own},
                    completion=written[1],
                    topic=topic,
                    response_sources=[LABELER],
                    judgments=[turn.answer_view("written") for turn in (*before, each)],
                )
            )


def topic_of(task: LabeledTask, given: Sequence[Message]) -> str | None:
    """What was to be written about, where `given` says that and is no turn of a conversation."""
    if not TASK_KINDS[task.kind].has_topic(task.options):
        return None
    return text_of(given)


def text_of(messages: Sequence[Message]) -> str:
    """The texts of `messages` without blank ends, a blank line between them."""
    return "\n\n".join(message["content"] for message in messages).strip()


def _cut(messages: list[Message], at: int) -> tuple[list[Message], list[Message]]:
    return messages[:at], messages[at:]


def _cut_at_answer(
    given: list[Message], turns: list[Message]
) -> tuple[list[Message], list[Message]] | None:
    """Prompt and completion: the completion begins with the first answer that was written to a
    user, and ends with the last one. None where nobody was answered."""
    whole = [*given, *turns]
    while len(whole) > len(given) and whole[-1]["role"] != "assistant":
        whole.pop()
    for at in range(len(given), len(whole)):
        asked = any(message["role"] == "user" for message in whole[:at])
        if asked and whole[at]["role"] == "assistant":
            return _cut(whole, at)
    return None
