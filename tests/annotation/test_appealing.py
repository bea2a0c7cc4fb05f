"""Every decision can be appealed once; reversing undoes it, and everybody is told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from annotation import appealing
from annotation.models import Appeal, Exam, Judgment, PayrollRow
from annotation.pay import closing, rating_work, settling
from annotation.watch import pausing, restoring, voiding
from labelers import qualifying
from labelers.models import AuditEvent, Notice, Project
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

LONG_AGO = timezone.now() - timedelta(days=2)


@pytest.fixture
def worked(project, admin, labeler):
    """Two paid answers."""
    rating_work.set_rate(
        project=project, set_by=admin, currency="USD", per_item=Decimal(1), holds_from=LONG_AGO
    )
    make_tasks(project, 2)
    for _ in range(2):
        answer_next(labeler, project, A_IS_BETTER)


def voided(project, admin, labeler):
    voiding.void(project=project, person=labeler, since=LONG_AGO, reason="Why", voided_by=admin)


def unpaid(project, admin, labeler):
    row = closing.close_period(project=project, closed_by=admin).rows.get()
    settling.refuse(row=row, refused_by=admin, reason="Why")


def suspended(project, admin, labeler):
    pausing.pause(project=project, person=labeler, paused_by=admin, reason="Why")


def declined(project, admin, labeler):
    Project.objects.filter(pk=project.pk).update(is_screened=True)
    project.refresh_from_db()
    exam = Exam.objects.create(
        project=project,
        person=labeler,
        number=1,
        verdict="failed",
        note="Why",
        finished_at=timezone.now(),
    )
    qualifying.record_stage(project=project, person=labeler, stage="declined", recorded_by=admin)
    assert exam.pk


def is_undone(about, project, labeler) -> bool:
    return {
        "voiding": Judgment.objects.filter(standing="counted").count() == 2,
        "payment": PayrollRow.objects.filter(state="approved").exists(),
        "pause": qualifying.may_work(project=project, person=labeler),
        "exam": qualifying.may_work(project=project, person=labeler),
    }[about]


DECIDING = {"voiding": voided, "payment": unpaid, "pause": suspended, "exam": declined}


def only(project, labeler) -> appealing.Decision:
    [decision] = appealing.decisions_of(person=labeler, project=project)
    return decision


@pytest.mark.parametrize("about", DECIDING)
@pytest.mark.parametrize("verdict", ["upheld", "reversed"])
def test_every_decision_can_be_appealed(project, admin, labeler, worked, about, verdict):
    DECIDING[about](project, admin, labeler)
    decision = only(project, labeler)
    assert (decision.about, decision.reason, decision.appeal) == (about, "Why", None)
    made = appealing.appeal(
        project=project, person=labeler, subject=decision.subject, text="It was right"
    )
    assert appealing.why(made) == "Why"
    assert appealing.open_count(project) == 1
    assert Notice.objects.filter(person=admin, kind="appeal_waits").count() == 1
    assert not is_undone(about, project, labeler)
    appealing.answer(appeal=made, answered_by=admin, verdict=verdict, text="Because")
    assert is_undone(about, project, labeler) == (verdict == "reversed")
    [told] = Notice.objects.filter(person=labeler, kind="appeal_answered")
    assert told.detail == {"verdict": verdict, "note": "Because"}
    assert AuditEvent.objects.filter(action__startswith="appeal.").count() == 2
    assert appealing.open_count(project) == 0


def test_once_and_never_again(project, admin, labeler, worked):
    voided(project, admin, labeler)
    subject = only(project, labeler).subject
    given = {"project": project, "person": labeler, "subject": subject, "text": "No"}
    made = appealing.appeal(**given)
    with pytest.raises(ValidationError, match="once"):
        appealing.appeal(**given)
    appealing.answer(appeal=made, answered_by=admin, verdict="upheld", text="x")
    with pytest.raises(ValidationError, match="already answered"):
        appealing.answer(appeal=made, answered_by=admin, verdict="reversed", text="x")
    assert only(project, labeler).appeal.state == "upheld"
    # Another pause is another decision.
    for _ in range(2):
        suspended(project, admin, labeler)
        pause = next(
            d for d in appealing.decisions_of(person=labeler, project=project) if d.about == "pause"
        )
        appealing.appeal(project=project, person=labeler, subject=pause.subject, text="No")
        pausing.resume(project=project, person=labeler, resumed_by=admin)
    assert Appeal.objects.count() == 3


def test_what_was_undone_meanwhile_is_not_undone_twice(project, admin, labeler, worked):
    voided(project, admin, labeler)
    made = appealing.appeal(
        project=project, person=labeler, subject=only(project, labeler).subject, text="No"
    )
    restoring.restore(voiding=made.voiding, restored_by=admin)
    done = appealing.answer(appeal=made, answered_by=admin, verdict="reversed", text="Right")
    assert done.state == "reversed"


def test_nobody_appeals_for_another(project, admin, labeler, worked, person_factory):
    voided(project, admin, labeler)
    other = person_factory("ben", project, "labeler")
    with pytest.raises(ValidationError, match="no such decision"):
        appealing.appeal(
            project=project, person=other, subject=only(project, labeler).subject, text="No"
        )


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "a\0b"])
def test_texts_are_checked(project, admin, labeler, worked, text):
    voided(project, admin, labeler)
    with pytest.raises(ValidationError):
        appealing.appeal(
            project=project, person=labeler, subject=only(project, labeler).subject, text=text
        )


def test_pages(client, project, admin, labeler, worked):
    voided(project, admin, labeler)
    client.force_login(labeler)
    work = reverse("work", args=[project.slug])
    assert "Hand the appeal in" in client.get(work).text
    given = {"subject": only(project, labeler).subject, "text": "<i>No</i>"}
    client.post(reverse("appeal", args=[project.slug]), given)
    assert "Waits for an answer" in client.get(work).text
    queue = reverse("appeals", args=[project.slug])
    assert client.get(queue).status_code == 403
    client.force_login(admin)
    assert "&lt;i&gt;No&lt;/i&gt;" in client.get(queue).text
    assert "1 appeal waits" in client.get(reverse("appeals-count", args=[project.slug])).text
    answer = reverse("appeal-answer", args=[project.slug, Appeal.objects.get().pk])
    assert "Say why" in client.post(answer, {"verdict": "upheld"}, follow=True).text
    client.post(answer, {"verdict": "reversed", "text": "Yes"})
    assert "No appeal waits" in client.get(queue).text


def test_the_api(client, project, admin, labeler, worked):
    voided(project, admin, labeler)
    client.force_login(labeler)
    own = reverse("api-own-appeals", args=[project.slug])
    [decision] = client.get(own).json()["results"]
    json = {"content_type": "application/json"}
    made = client.post(own, {"subject": decision["subject"], "text": "No"}, **json)
    assert made.status_code == 201
    assert (
        client.post(own, {"subject": decision["subject"], "text": "No"}, **json).status_code == 400
    )
    queue = reverse("api-appeals", args=[project.slug])
    assert client.get(queue).status_code == 403
    client.force_login(admin)
    [row] = client.get(queue).json()["results"]
    answer = reverse("api-appeal", args=[project.slug, row["id"]])
    done = client.post(answer, {"verdict": "reversed", "text": "Yes"}, **json).json()
    assert (done["state"], done["answer"]) == ("reversed", "Yes")
