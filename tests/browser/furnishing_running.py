"""A project with paid work, decisions, appeals, a crowd, and changes under way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

from django.utils import timezone

from annotation import appealing, changing_overlap, completing, going_on, tasking
from annotation.candidates import Candidate
from annotation.models import Judgment, Payroll, ProjectSettings
from annotation.pay import closing, rating_work, settling
from annotation.watch import pausing, voiding
from labelers import recognizing
from labelers.mailing import stopping
from labelers.models import Letter, Notice, Project
from tests.annotation.making import A_IS_BETTER, answer_next


def furnish_running(house: SimpleNamespace, person_factory) -> None:
    """A paid project with a refused and an open payment, appeals of three kinds, and a crowd."""
    now = timezone.now()
    project = Project.objects.create(name="Έργο αμοιβής", slug="paid")
    ProjectSettings.objects.create(project=project, kind="pairwise", gold_rate=0, overlap=3)
    project.memberships.create(person=house.admin, role="admin")
    project.memberships.create(person=house.labeler, role="labeler")
    people = [house.labeler, *(person_factory(f"π{n}", project, "labeler") for n in range(2))]
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[
            Candidate(
                prompt=[{"role": "user", "content": f"Τι κοστίζει {number};"}],
                responses=[
                    ([{"role": "assistant", "content": f"{number} {place}."}], f"μ{place}")
                    for place in range(2)
                ],
            )
            for number in range(4)
        ],
    )
    rate = {"currency": "USD", "cap_seconds": 90, "bonus_percent": Decimal(5)}
    for days, amount in ((-40, "0.125"), (2, "0.15")):
        rating_work.set_rate(
            project=project,
            set_by=house.admin,
            per_item=Decimal(amount),
            per_hour=Decimal(12),
            holds_from=now + timedelta(days=days),
            **rate,
        )
    for person in people:
        for _ in range(3):
            answer_next(person, project, A_IS_BETTER, seconds=40.0)
    Judgment.objects.filter(task__project=project).update(created_at=now - timedelta(days=3))
    payroll = closing.close_period(
        project=project, closed_by=house.admin, until=now - timedelta(days=1)
    )
    for row in payroll.rows.filter(person__in=people[:2]):
        settling.refuse(row=row, refused_by=house.admin, reason="διότι")
    voiding.void(
        project=project,
        person=people[1],
        since=now - timedelta(days=9),
        reason="διότι",
        voided_by=house.admin,
    )
    pausing.pause(project=project, person=people[1], paused_by=house.admin, reason="διότι")
    for decision in appealing.decisions_of(person=people[1], project=project):
        made = appealing.appeal(
            project=project, person=people[1], subject=decision.subject, text="όχι"
        )
    appealing.answer(appeal=made, answered_by=house.admin, verdict="upheld", text="ναι")
    _furnish_crowd(project, house, people)
    changing_overlap.change_overlap(project=project, overlap=5, changed_by=house.admin)
    for change in project.long_changes.all():
        going_on.go_on(change=change.pk)
    Project.objects.create(name="Έργο αρχείου", slug="old", state="archived").memberships.create(
        person=house.admin, role="admin"
    )
    ProjectSettings.objects.create(project=Project.objects.get(slug="old"), kind="pairwise")
    house.payroll = Payroll.objects.get(pk=payroll.pk)
    house.payment = payroll.rows.first()
    house.appeal = made
    house.stop = stopping.address_for(house.labeler, "pay").split("/")[-2]
    Letter.objects.create(
        person=house.labeler,
        notice=Notice.objects.filter(person=house.labeler).first(),
        due_at=now,
        state="sent",
        sent_at=now,
    )


def _furnish_crowd(project: Project, house: SimpleNamespace, people) -> None:
    recognizing.change_crowd_settings(
        project=project,
        changed_by=house.admin,
        gives_codes=True,
        wanted_items=3,
        return_url="https://app.prolific.com/submissions/complete?cc={code}",
    )
    for person in people:
        recognizing.note_worker(
            project=project, person=person, ids={"worker": "π-1", "study": "μ-1", "session": ""}
        )
    completing.give_code(project=project, person=house.labeler)
