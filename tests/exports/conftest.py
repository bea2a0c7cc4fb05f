"""Labels to export: made through the same functions as the pages use."""

from __future__ import annotations

import pytest

from exports import snapshotting
from tests.annotation.making import answer_next, make_tasks


@pytest.fixture
def label(person_factory):
    """Make tasks in a project and let people answer all: `label(project, [answers of one], ...)`.

    Each list holds one labeler's answers in task order; None leaves the task to nobody.
    """

    def make(project, *answers, k=2, **fields):
        project.settings.overlap = max(1, len(answers))
        project.settings.save()
        tasks = make_tasks(project, len(answers[0]), k, **fields)
        for number, given in enumerate(answers):
            person = person_factory(f"{project.slug}-labeler-{number}", project, "labeler")
            for answer in given:
                answer_next(person, project, answer)
        return tasks

    return make


@pytest.fixture
def freeze():
    """Make a snapshot and build it here: `freeze(project, name="one", filters={...})`."""

    def make(project, name="first", **asked):
        snapshot = snapshotting.request_snapshot(
            project=project, created_by=None, name=name, **asked
        )
        return snapshotting.build_snapshot(snapshot_uid=snapshot.uid)

    return make


@pytest.fixture
def imported_pairs():
    """Import `count` pairs whose first response is preferred: `imported_pairs(project, 3)`."""
    from annotation import tasking
    from annotation.candidates import KnownAnswer
    from tests.annotation.making import candidate

    def make(project, count, **known):
        answer = KnownAnswer(ranks=[1, 2], **known)
        tasking.add_candidates(
            project=project,
            added_by=None,
            candidates=[candidate(number, known=[answer]) for number in range(1, count + 1)],
        )

    return make
