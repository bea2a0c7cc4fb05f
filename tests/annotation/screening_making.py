"""Short ways to a screened project with gold, and through its steps."""

from __future__ import annotations

from annotation import tasking
from annotation.candidates import Candidate, KnownAnswer
from annotation.entry import examining, hiring
from annotation.models import Assignment, Judgment, ScreeningPolicy
from labelers.models import Person, Project
from tests.annotation.making import submit

PLAIN = {
    "asks_survey": False,
    "good_accuracy": 0.85,
    "poor_accuracy": 0.65,
    "false_pass": 0.05,
    "false_fail": 0.025,
    "exam_least": 12,
    "exam_most": 80,
}


def screen(project: Project, **policy) -> ScreeningPolicy:
    """Put screening in force; without `policy` five training items and an exam of 12 to 80."""
    Project.objects.filter(pk=project.pk).update(is_screened=True)
    project.is_screened = True
    found = hiring.policy_of(project)
    for field, value in (PLAIN | policy).items():
        setattr(found, field, value)
    found.save()
    return found


def make_gold(project: Project, count: int, start: int = 1000, **fields) -> None:
    """Gold items: the first response is right, and the longest in every second."""
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[gold(start + number, **fields) for number in range(count)],
    )


def gold(number: int, explanation: str = "It answers what was asked.") -> Candidate:
    right, wrong = ("Short.", "A good deal longer.")[:: 1 if number % 2 else -1]
    return Candidate(
        prompt=[{"role": "user", "content": f"Known {number}?"}],
        responses=[
            ([{"role": "assistant", "content": f"{right} {number}"}], "model-0"),
            ([{"role": "assistant", "content": f"{wrong} {number}"}], "model-1"),
        ],
        gold=KnownAnswer([1, 2]),
        explanation=explanation,
    )


def expected(assignment: Assignment) -> dict:
    """The expected answer of an item, with a strength."""
    return {"choice": assignment.task.gold.answer["choice"], "strength": "better"}


def opposite(answer: dict) -> dict:
    return {**answer, "choice": "b" if answer["choice"] == "a" else "a"}


def answer_item(person: Person, project: Project, right: bool = True) -> Judgment | None:
    """Take the next item of training or exam and answer it; None when there is none."""
    item, _progress = examining.next_item(project=project, person=person)
    if item is None:
        return None
    answer = expected(item)
    return submit(person, project, item, answer if right else opposite(answer))


def answer_items(person: Person, project: Project, count: int = 1000, right: bool = True) -> int:
    """Answer up to `count` items; returns how many there were."""
    for done in range(count):
        if answer_item(person, project, right) is None:
            return done
    return count
