"""A project in which everything that people can write was written by an attacker."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from annotation import assigning, configuring, reporting, tasking
from annotation.candidates import Candidate
from annotation.gold import keeping_gold
from annotation.models import Task
from labelers.models import Project
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next
from tests.security.hostile import ALIVE, HOSTILE

FORMULA = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
def sign_in():
    """A browser of somebody: ``sign_in(person)``."""

    def made(person=None, **options) -> Client:
        # A failure of the server is an answer like any other here: what counts is who gets in.
        client = Client(raise_request_exception=False, **options)
        if person is not None:
            client.force_login(person)
        return client

    return made


@pytest.fixture
def hostile(project, admin, labeler, person_factory) -> SimpleNamespace:
    """A project with hostile prompts, responses, reasons, notes, names, tags and explanations."""
    Project.objects.filter(pk=project.pk).update(name=ALIVE[1][:120], description=HOSTILE)
    project.refresh_from_db()
    project.settings.overlap = 2
    project.settings.save()
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            Candidate(
                prompt=[{"role": "user", "content": f"{HOSTILE} {number}"}],
                responses=[
                    ([{"role": "assistant", "content": f"{HOSTILE} {number} {place}"}], FORMULA)
                    for place in "ab"
                ],
                tags=[ALIVE[0][:60], "=1+1"],
                language="en",
            )
            for number in range(4)
        ],
    )
    for name, answers in (("labeler", "ab"), ("second", "ba")):
        person = labeler if name == "labeler" else person_factory("-2+3", project, "labeler")
        for choice in answers:
            given = A_IS_BETTER if choice == "a" else B_IS_BETTER
            answer_next(person, project, given, reason=HOSTILE)
    configuring.publish_guidelines(project=project, text=HOSTILE, created_by=admin, note=ALIVE[1])
    task = Task.objects.filter(project=project).order_by("id").last()
    gold = keeping_gold.make(
        task=task, answer=A_IS_BETTER, explanation=HOSTILE[:1000], made_by=admin
    )
    held = assigning.next_assignment(project=project, person=labeler)
    if held:
        reporting.report(
            person=labeler, project=project, assignment_id=held.pk, reason="other", note=HOSTILE
        )
    return SimpleNamespace(project=project, admin=admin, labeler=labeler, gold=gold, task=task)
