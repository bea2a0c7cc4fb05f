"""The funnel: counts, hours and weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from annotation.entry import hiring
from annotation.entry.funnel import funnel_of
from annotation.models import Exam
from labelers import consenting, inviting
from labelers.models import Consent, Membership
from tests.annotation.making_exams import make_exam, make_gold

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)


def counts(project) -> dict[str, int]:
    return {step.name: step.count for step in funnel_of(project).steps}


def test_counts_hours_and_weeks(project, admin, person_factory):
    tasks = make_gold(project, 2)
    form = consenting.publish_form(project=project, text="I agree.", created_by=admin)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(4)]
    for n, person in enumerate(people[:3]):
        consenting.give_consent(project=project, person=person, version=form.version)
        Consent.objects.filter(person=person).update(given_at=MONDAY + timedelta(hours=n + 1))
    Membership.objects.filter(project=project).update(created_at=MONDAY)
    Membership.objects.filter(person=people[3]).update(created_at=MONDAY - timedelta(days=7))
    for person, rights in zip(people[:2], ("rr", "ww"), strict=True):
        exam = make_exam(person, tasks, rights)
        hiring.decide_exam(
            exam=exam, decided_by=admin, verdict="passed" if rights == "rr" else "failed"
        )
    Exam.objects.update(
        started_at=MONDAY + timedelta(hours=10),
        finished_at=MONDAY + timedelta(hours=12),
        decided_at=MONDAY + timedelta(hours=17),
    )
    make_exam(people[2], tasks, "rw")
    inviting.invite(project=project, role="labeler", created_by=admin, max_uses=3)
    inviting.invite(project=project, role="engineer", created_by=admin)
    found = funnel_of(project)
    assert counts(project) == {
        **{"invited": 4, "consented": 3, "surveyed": 0, "trained": 0, "examined": 3},
        **{"passed": 1, "failed": 1, "waiting": 1, "working": 0},
    }
    hours = {step.name: step.hours for step in found.steps}
    assert hours["consented"] == 2
    assert hours["waiting"] == 5
    assert hours["trained"] is None
    assert found.hours_in_all == 17
    assert found.open_places == 3
    assert [(w.week, w.came, w.examined, w.passed, w.failed, w.waiting) for w in found.weeks] == [
        ("2026-W46", 1, 0, 0, 0, 0),
        ("2026-W47", 3, 3, 1, 1, 1),
    ]


def test_stages_that_are_left_out_are_missing(project, admin):
    hiring.change_policy(
        project=project, changed_by=admin, asks_survey=False, training_items=0, has_exam=False
    )
    assert set(counts(project)) == {"invited", "passed", "failed", "working"}
