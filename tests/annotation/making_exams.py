"""Short ways to make gold, exams and texts for tests, past the pages that give them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.utils import timezone

from annotation.models import Assignment, Exam, Gold, Judgment, Task
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, make_tasks

GOLD_ANSWER = A_IS_BETTER


def make_gold(project, count: int, *, k: int = 2, answer=GOLD_ANSWER) -> list[Task]:
    """`count` gold tasks whose expected answer is `answer`; None where people write."""
    return as_gold(make_tasks(project, count, k)[-count:], answer)


def as_gold(tasks: Sequence[Task], answer=GOLD_ANSWER, explanation="A says more.") -> list[Task]:
    """Make gold of tasks."""
    for task in tasks:
        Task.objects.filter(pk=task.pk).update(is_gold=True, free_slots=0)
        Gold.objects.get_or_create(
            task=task, defaults={"answer": answer, "explanation": explanation}
        )
    return list(Task.objects.filter(pk__in=[task.pk for task in tasks]).order_by("id"))


def answer_gold(person, task, answer, *, purpose="exam", exam=None, seconds=9.5) -> Judgment:
    """An answer to a gold task, with its assignment."""
    order = list(range(task.placed.count()))
    Assignment.objects.create(
        task=task,
        person=person,
        purpose=purpose,
        exam=exam,
        state="answered",
        display_order=order,
        expires_at=timezone.now(),
    )
    return Judgment.objects.create(
        task=task,
        person=person,
        standing="gold" if purpose == "exam" else "practice",
        answer=answer,
        seconds=seconds,
        display_order=order,
        client_id=uuid.uuid4(),
    )


def make_exam(person, tasks: Sequence[Task], rights: str, verdict="borderline", **fields) -> Exam:
    """A finished exam; `rights` says of each task whether it was answered right (``rrw``)."""
    project = tasks[0].project
    number = Exam.objects.filter(project=project, person=person).count() + 1
    exam = Exam.objects.create(
        project=project,
        person=person,
        number=number,
        verdict=verdict,
        right=rights.count("r"),
        judged=len(rights),
        finished_at=None if verdict == "open" else timezone.now(),
        **fields,
    )
    for task, said in zip(tasks, rights, strict=True):
        answer_gold(person, task, A_IS_BETTER if said == "r" else B_IS_BETTER, exam=exam)
    return exam


def make_written_exam(person, tasks: Sequence[Task], text="Text") -> Exam:
    """An exam of texts that was handed in."""
    exam = Exam.objects.create(
        project=tasks[0].project,
        person=person,
        number=Exam.objects.filter(project=tasks[0].project, person=person).count() + 1,
        verdict="borderline",
        finished_at=timezone.now(),
    )
    for number, task in enumerate(tasks):
        answer_gold(person, task, {"text": f"{text} {number}."}, exam=exam)
    return exam
