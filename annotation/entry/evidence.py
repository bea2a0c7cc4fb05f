"""What an exam was made of, item by item: asked, answered, expected, and how others did on it.

For an admin who decides; nothing of it is for candidates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from annotation import kind_words
from annotation.grading import Grade, grade_judgment
from annotation.models import Assignment, Exam, Judgment, Task

MOST_OTHERS = 5000
"""Of more answers by others the newest are enough for a share."""

COMPARABLE = (
    *(Judgment.Standing.GOLD, Judgment.Standing.PRACTICE),
    *(Judgment.Standing.COUNTED, Judgment.Standing.SURPLUS),
)


@dataclass(frozen=True)
class Item:
    """One item of an exam; answers are in words, in the canonical order of `texts_of`.

    ``expected`` is empty where people write. ``others`` is how everybody else did on it.
    """

    number: int
    task: Task
    judgment: Judgment
    answered: str
    expected: str
    grade: Grade
    others: Grade
    people: int

    @property
    def is_wrong(self) -> bool:
        """Whether something was judged against what was expected."""
        return self.grade.right < self.grade.judged

    @property
    def difficulty(self) -> float | None:
        """The log odds at which an average labeler fails it, where it is known."""
        found: float | None = self.task.gold.difficulty
        return found


def items_of(exam: Exam) -> list[Item]:
    """The answered items of `exam` in the order in which they were answered."""
    tasks = Assignment.objects.filter(exam=exam, state=Assignment.State.ANSWERED).values("task")
    answers = (
        Judgment.objects.filter(
            task__in=tasks, person=exam.person_id, is_current=True, task__gold__isnull=False
        )
        .select_related("task__gold", "task__prompt")
        .prefetch_related("task__placed__response")
        .order_by("created_at", "id")
    )
    found = list(answers)
    others = _others(exam, found)
    return [
        Item(
            number,
            judgment.task,
            judgment,
            answered=kind_words.answer_in_words(judgment.answer),
            expected=_expected(judgment.task),
            grade=grade_judgment(judgment),
            others=sum(others[judgment.task_id], start=Grade()),
            people=len(others[judgment.task_id]),
        )
        for number, judgment in enumerate(found, start=1)
    ]


def _expected(task: Task) -> str:
    answer = task.gold.answer
    return "" if answer is None else kind_words.answer_in_words(answer)


def _others(exam: Exam, answers: Iterable[Judgment]) -> dict[int, list[Grade]]:
    """By task: the grades of everybody else."""
    found: dict[int, list[Grade]] = defaultdict(list)
    rows = (
        Judgment.objects.filter(
            task__in=[answer.task_id for answer in answers],
            is_current=True,
            standing__in=COMPARABLE,
        )
        .exclude(person=exam.person_id)
        .select_related("task__gold")
        .order_by("-id")[:MOST_OTHERS]
    )
    for row in rows:
        grade = grade_judgment(row)
        if grade.judged:
            found[row.task_id].append(grade)
    return found


def as_json(item: Item) -> dict[str, Any]:
    """An item as the API gives it."""
    return {
        "number": item.number,
        "task": item.task.pk,
        "judgment": item.judgment.pk,
        "answer": item.judgment.answer,
        "expected": item.task.gold.answer,
        "right": item.grade.right,
        "judged": item.grade.judged,
        "seconds": item.judgment.seconds,
        "difficulty": item.difficulty,
        "others_right": item.others.right,
        "others_judged": item.others.judged,
        "others": item.people,
    }
