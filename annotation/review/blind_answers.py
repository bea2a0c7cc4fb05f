"""What others said of an item, under letters: no name, no model, no order that tells of either.

Answers speak of the responses as the reader's own screen names them. Reading only; who may read it,
and that it is written down, is `annotation.review.adjudicating`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.crypto import salted_hmac

from annotation import judging, kind_words
from annotation.models import Assignment, Judgment, Task
from annotation.task_kinds.base import inverse

SALT = "annotation.blind_answers"


@dataclass(frozen=True)
class Said:
    """What one labeler answered, about the responses as this adjudicator sees them.

    ``letter`` stands for the labeler on this item only. ``own_letters`` says how this labeler's
    screen named the responses, in the order of the adjudicator's; empty where it is the same or
    not known. ``second_look`` is whether it is another adjudicator's decision.
    """

    letter: str
    answer: dict[str, Any]
    words: str
    reason: str
    own_letters: list[str]
    second_look: bool


def said_of(assignment: Assignment) -> list[Said]:
    """What labelers and other adjudicators said of the item, in an order that says nothing."""
    task = assignment.task
    heard = [
        *(Judgment.Standing.COUNTED, Judgment.Standing.SURPLUS),
        *(Judgment.Standing.IMPORTED, Judgment.Standing.ADJUDICATION),
    ]
    answers = task.judgments.filter(is_current=True, standing__in=heard).exclude(
        person=assignment.person_id
    )
    shuffled = sorted(answers, key=lambda judgment: _scattered(task, judgment))
    return [_said(place, judgment, assignment) for place, judgment in enumerate(shuffled)]


def _scattered(task: Task, judgment: Judgment) -> str:
    """By what labelers are put in order: the same each time for an item, and unlike on others."""
    who = judgment.person_id or judgment.imported_labeler
    return salted_hmac(SALT, f"{task.pk}:{who}", algorithm="sha256").hexdigest()


def _said(place: int, judgment: Judgment, assignment: Assignment) -> Said:
    order = inverse(assignment.display_order)
    answer = judging.kind_of(assignment.task).reorder(judgment.answer, order)
    return Said(
        letter=letters(place),
        answer=answer,
        words=kind_words.answer_in_words(answer),
        reason=judgment.reason,
        own_letters=_own_letters(judgment.display_order, assignment.display_order),
        second_look=judgment.standing == Judgment.Standing.ADJUDICATION,
    )


def letters(place: int) -> str:
    """A, B, ... Z, AA, AB, ...: how the labeler at `place` is called."""
    name = ""
    while place >= 0:
        place, last = divmod(place, 26)
        name = chr(ord("A") + last) + name
        place -= 1
    return name


def _own_letters(theirs: list[int], here: list[int]) -> list[str]:
    """By what letter their screen had each response that stands here, where that differs."""
    if theirs == here or len(theirs) != len(here):
        return []
    return [kind_words.letter(theirs.index(canonical)) for canonical in here]
