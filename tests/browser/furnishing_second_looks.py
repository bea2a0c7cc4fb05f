"""Second looks, comments, opinions and biases in the house that the walk goes through."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

from annotation.consensus import aggregating
from annotation.models import Judgment
from annotation.review import adjudicating, commenting
from annotation.voices import populating
from labelers import grouping, surveying


def furnish_second_looks(house: SimpleNamespace, project, person_factory) -> None:
    """A disputed item with a thread and a note, somebody's decision, and people in groups."""
    disputed, *others = list(project.tasks.filter(is_gold=False).order_by("id"))[:3]
    for task in (disputed, *others):
        for number, choice in enumerate("ab"):
            Judgment.objects.create(
                task=task,
                imported_labeler=f"εργάτης {number}",
                standing="imported",
                answer={"choice": choice, "strength": "better"},
                reason="διότι",
                display_order=[0, 1],
            )
    aggregating.refresh_consensus(project=project)
    adjudicator = person_factory("κριτής", project, "adjudicator")
    opened = adjudicating.claim(project=project, person=adjudicator, task_id=others[0].pk)
    assert opened is not None
    house.comment = commenting.comment(task=disputed, person=house.admin, text="λ")
    commenting.comment(task=disputed, person=house.admin, text="μ", for_labelers=True)
    commenting.resolve(comment=house.comment, person=house.admin)
    house.disputed = disputed
    for value, count in {"woman": 5, "man": 6}.items():
        for number in range(count):
            surveying.keep_answers(project=project, answers={"gender": value, "age": "25-34"})
            person = person_factory(f"{'γα'[value == 'man']}{number}", project, "labeler")
            grouping.choose_groups(project=project, person=person, groups={"gender": value})
            for task in others:
                _say(task, person, "ab"[number % 2])
    populating.change_population(
        project=project, changed_by=house.admin, population={"gender": {"woman": 0.5, "man": 0.5}}
    )


def _say(task, person, choice) -> None:
    Judgment.objects.create(
        task=task,
        person=person,
        standing="surplus",
        answer={"choice": choice, "strength": "slightly"},
        client_id=uuid.uuid4(),
        display_order=[0, 1],
    )
