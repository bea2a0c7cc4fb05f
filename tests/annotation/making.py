"""Short ways to make prompts, tasks and judgments for tests."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from annotation import assigning, judging, tasking
from annotation.candidates import Candidate
from annotation.models import Judgment, Task
from labelers.models import Person, Project


def candidate(number: int = 1, k: int = 2, **fields) -> Candidate:
    """A prompt with `k` different responses from the sources model-0, model-1, ..."""
    return Candidate(
        prompt=[{"role": "user", "content": f"Question {number}?"}],
        responses=[
            ([{"role": "assistant", "content": f"Answer {place} to {number}."}], f"model-{place}")
            for place in range(k)
        ],
        **fields,
    )


def make_tasks(project: Project, count: int = 1, k: int = 2, **fields) -> list[Task]:
    """`count` tasks of `k` responses each, in order."""
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[candidate(number, k, **fields) for number in range(1, count + 1)],
    )
    return list(project.tasks.order_by("id"))


def answer_next(person: Person, project: Project, answer: dict, **fields) -> Judgment:
    """Lease the next task and answer it in canonical terms, whatever order is on screen."""
    assignment = assigning.next_assignment(project=project, person=person)
    assert assignment is not None
    return submit(person, project, assignment, answer, **fields)


def submit(person, project, assignment, answer, **fields) -> Judgment:
    """Answer an assignment in canonical terms."""
    kind = judging.kind_of(assignment.task)
    shown = kind.reorder(answer, inverse(assignment.display_order))
    submission = judging.Submission(assignment.pk, uuid.uuid4(), shown, **fields)
    return judging.submit(person=person, project=project, submission=submission)


def inverse(order: Sequence[int]) -> list[int]:
    return [order.index(place) for place in range(len(order))]


A_IS_BETTER = {"choice": "a", "strength": "better"}
B_IS_BETTER = {"choice": "b", "strength": "slightly"}
TIE = {"choice": "tie", "strength": None}
