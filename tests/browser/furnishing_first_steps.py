"""A labeler at every step of the way in, one project each: what the page of first steps shows."""

from __future__ import annotations

from django.utils import timezone

from annotation import configuring, tasking
from annotation.candidates import Candidate, KnownAnswer
from annotation.models import Exam, ScreeningProgress
from labelers import consenting, qualifying
from labelers.models import Project
from tests.annotation.screening_making import screen

QUIZ = [
    {"question": "Τι μετρά;", "choices": ["Αλήθεια", "Μήκος"], "right": 0, "explanation": "Όχι."}
]
ASKED = {"asks_survey": True, "asks_groups": True, "topics": ["δίκαιο", "ποίηση"], "quiz": QUIZ}
STEPS = ("consent", "about", "topics", "guidelines", "training", "exam")
ENDS = ("open", "failed", "borderline", "declined", "qualified")


def furnish_first_steps(house, project_factory) -> None:
    """Projects whose labeler is at the step, or at the end, that their slug names."""
    house.ways = [f"way-{name}" for name in (*STEPS, *ENDS)]
    for name in (*STEPS, *ENDS):
        project = project_factory(f"way-{name}", gold_rate=0)
        Project.objects.filter(pk=project.pk).update(name="Έργο")
        project.memberships.create(person=house.labeler, role="labeler")
        consenting.publish_form(project=project, text="Συμφωνώ **πάλι**.", created_by=house.admin)
        configuring.publish_guidelines(project=project, text="# Οδηγίες\n\nα", created_by=None)
        done = STEPS.index(name) if name in STEPS else len(STEPS) - 1
        behind = done > STEPS.index("training")
        screen(project, **ASKED, exam_least=2, training_items=0 if behind else 2)
        _add_gold(project)
        _walk(project, house.labeler, done)
        if name in ENDS:
            _end(project, house.labeler, name)


def _add_gold(project) -> None:
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            Candidate(
                prompt=[{"role": "user", "content": f"Ερώτηση {number};"}],
                responses=[
                    ([{"role": "assistant", "content": f"Απάντηση {number} {place}."}], "μ")
                    for place in range(2)
                ],
                language="el",
                gold=KnownAnswer([1, 2]),
                explanation="Λέει περισσότερα.",
            )
            for number in range(6)
        ],
    )


def _walk(project, person, done: int) -> None:
    """What is behind somebody who has `done` so many steps."""
    if done > 0:
        consenting.give_consent(project=project, person=person, version=1)
    ScreeningProgress.objects.create(
        project=project,
        person=person,
        survey_seen=done > 1,
        topics_seen=done > 2,
        quiz_passed=done > 3,
    )
    if done > 3:
        project.guidelines.get().reads.create(person=person)


def _end(project, person, name: str) -> None:
    verdict = {"declined": "failed", "qualified": "passed"}.get(name, name)
    Exam.objects.create(
        project=project,
        person=person,
        number=2 if name == "declined" else 1,
        verdict=verdict,
        finished_at=None if name == "open" else timezone.now(),
    )
    if name in ("declined", "qualified"):
        qualifying.record_stage(
            project=project, person=person, stage=name, recorded_by=None, reason="Διότι."
        )
