"""A project whose labelers are weighed, one of them by nobody's wish the opposite."""

from __future__ import annotations

from annotation import tasking
from annotation.candidates import Candidate
from annotation.consensus import aggregating
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next


def furnish_consensus(person_factory, project_factory, admin, count: int = 26) -> None:
    """The project `weighed`: three people about `count` pairs each."""
    project = project_factory("weighed", gold_rate=0, overlap=3, consensus_method="reliability")
    project.name = "Έργο στάθμης"
    project.save()
    for role in ("admin", "engineer"):
        project.memberships.create(person=admin, role=role)
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            Candidate(
                prompt=[{"role": "user", "content": f"Γιατί {number};"}],
                responses=[
                    ([{"role": "assistant", "content": f"Διότι {number} {side}."}], f"μ{side}")
                    for side in range(2)
                ],
                language="el",
            )
            for number in range(count)
        ],
    )
    for name, wrong in (("ρέα", 11), ("σόλων", 7), ("τίμων", 2)):
        person = person_factory(name, project, "labeler")
        for number in range(count):
            first = (number % 2 == 0) != (number % wrong == 1)
            answer = TIE if number % 13 == 5 else A_IS_BETTER if first else B_IS_BETTER
            answer_next(person, project, answer)
    aggregating.refresh_consensus(project=project)
