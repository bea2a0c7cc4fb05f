"""Second looks: one adjudicator per item, blind, beside the answers of labelers and never over."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotation import assigning, judging
from annotation.assigning import LeaseError
from annotation.consensus import aggregating
from annotation.models import Assignment, Judgment, ProjectSettings, Task
from annotation.review import adjudicating
from annotation.review.second_looks import Narrowing
from annotation.task_kinds.base import AnswerError
from labelers import qualifying
from labelers.models import AuditEvent, Qualification, Role
from labelers.roles import add_member
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks


@pytest.fixture
def disputed(project, person_factory):
    """Three items on which two labelers say opposite things."""
    return dispute(project, person_factory, 3)


def dispute(project, person_factory, count):
    ProjectSettings.objects.filter(project=project).update(overlap=2)
    make_tasks(project, count)
    project.tasks.update(overlap=2, free_slots=2)
    people = {
        person_factory(name, project, "labeler"): answer
        for name, answer in {"zenobia": A_IS_BETTER, "quentin": B_IS_BETTER}.items()
    }
    for person, answer in people.items():
        for _ in range(count):
            answer_next(person, project, answer, reason=f"because of {answer['choice']}")
    aggregating.refresh_consensus(project=project)
    return list(project.tasks.order_by("id"))


@pytest.fixture
def judge(project, person_factory):
    return person_factory("jun", project, "adjudicator")


def decide(person, project, opened, answer=A_IS_BETTER, **fields):
    values = {"reason": "A answers the question.", "client_id": uuid.uuid4(), **fields}
    return adjudicating.decide(
        person=person,
        project=project,
        submission=judging.Submission(opened.assignment.pk, answer=answer, **values),
    )


def test_an_item_is_opened_with_everything_said_and_why(project, disputed, judge):
    opened = adjudicating.claim(project=project, person=judge)
    assert (opened.assignment.purpose, opened.assignment.slot) == ("adjudication", None)
    assert [said.letter for said in opened.said] == ["A", "B"]
    assert {said.reason for said in opened.said} == {"because of a", "because of b"}
    assert opened.why[0] == "Labelers disagree: 100% of their pairs say different things."
    event = AuditEvent.objects.get(action="second_look.opened")
    assert (event.actor, event.subject) == (judge, f"task:{opened.assignment.task_id}")
    again = adjudicating.claim(project=project, person=judge)
    assert again == opened
    assert AuditEvent.objects.filter(action="second_look.opened").count() == 2


def test_a_decision_is_one_more_judgment(project, disputed, judge):
    opened = adjudicating.claim(project=project, person=judge)
    before = set(Judgment.objects.values_list("pk", "answer__choice", "is_current"))
    judgment = decide(judge, project, opened, B_IS_BETTER, seconds=12.5)
    task = Task.objects.get(pk=judgment.task_id)
    order = opened.assignment.display_order
    assert (judgment.standing, judgment.slot, judgment.seconds) == ("adjudication", None, 12.5)
    assert judgment.answer["choice"] == "ab"[order[1]]
    assert before < set(Judgment.objects.values_list("pk", "answer__choice", "is_current"))
    assert (task.counted, task.free_slots) == (2, 0)
    event = AuditEvent.objects.get(action="second_look.decided")
    assert event.detail == {"task": task.pk, "revision": 1}
    aggregating.refresh_consensus(project=project)
    assert task.consensus.judgments == 3


def test_sent_twice_it_is_stored_once_and_corrected_it_is_a_revision(project, disputed, judge):
    opened = adjudicating.claim(project=project, person=judge)
    client_id = uuid.uuid4()
    first = decide(judge, project, opened, client_id=client_id)
    assert decide(judge, project, opened, client_id=client_id) == first
    again = adjudicating.claim(project=project, person=judge, task_id=opened.assignment.task_id)
    assert again.assignment.draft["reason"] == "A answers the question."
    second = decide(judge, project, again, B_IS_BETTER)
    first.refresh_from_db()
    assert (second.revision, first.is_current, first.standing) == (2, False, "adjudication")
    Judgment.objects.filter(standing="adjudication").update(
        created_at=timezone.now() - timedelta(days=40)
    )
    with pytest.raises(LeaseError, match="no longer be corrected"):
        decide(judge, project, again)


def test_several_adjudicators_may_each_say_something(project, disputed, judge, person_factory):
    other = person_factory("kim", project, "adjudicator")
    opened = adjudicating.claim(project=project, person=judge)
    decide(judge, project, opened)
    task = opened.assignment.task_id
    assert adjudicating.claim(project=project, person=other).assignment.task_id != task
    seen = adjudicating.claim(project=project, person=other, task_id=task)
    assert [said.second_look for said in seen.said].count(True) == 1
    decide(other, project, seen, B_IS_BETTER)
    current = Judgment.objects.filter(task=task, is_current=True, standing="adjudication")
    assert current.count() == 2


def test_who_answered_as_labeler_is_left_out(project, disputed, judge):
    person = Judgment.objects.first().person
    add_member(project=project, person=person, role=Role.ADJUDICATOR)
    assert adjudicating.claim(project=project, person=person) is None
    with pytest.raises(LeaseError, match="as a labeler"):
        adjudicating.claim(project=project, person=person, task_id=disputed[0].pk)


def test_what_was_looked_at_is_no_labeling_work(project, disputed, judge):
    opened = adjudicating.claim(project=project, person=judge)
    project.tasks.update(overlap=3, free_slots=1, state="open")
    given = {opened.assignment.pk}
    for _ in range(2):
        given.add(assigning.next_assignment(project=project, person=judge, holding=list(given)).pk)
    assert len(given) == 3
    assert assigning.next_assignment(project=project, person=judge, holding=list(given)) is None
    with pytest.raises(LeaseError, match="second look"):
        judging.submit(
            person=judge,
            project=project,
            submission=judging.Submission(opened.assignment.pk, uuid.uuid4(), A_IS_BETTER),
        )
    Assignment.objects.filter(pk=opened.assignment.pk).update(state="expired")
    assert assigning.next_assignment(project=project, person=judge, holding=list(given)) is None


def test_a_labelers_item_is_not_decided_on(project, disputed, judge):
    lease = Assignment.objects.exclude(person=judge).first()
    with pytest.raises(LeaseError, match="not given to you for a second look"):
        adjudicating.decide(
            person=lease.person,
            project=project,
            submission=judging.Submission(lease.pk, uuid.uuid4(), A_IS_BETTER, reason="so it is"),
        )


def test_a_decision_has_a_reason_and_a_valid_answer(project, disputed, judge):
    opened = adjudicating.claim(project=project, person=judge)
    with pytest.raises(AnswerError, match="reason: say"):
        decide(judge, project, opened, reason="  ")
    with pytest.raises(AnswerError, match=r"answer\.choice"):
        decide(judge, project, opened, {"choice": "c"})
    assert not Judgment.objects.filter(standing="adjudication").exists()


def test_passed_over_it_is_not_offered_again(project, disputed, judge):
    seen = set()
    for _ in disputed:
        opened = adjudicating.claim(project=project, person=judge)
        seen.add(opened.assignment.task_id)
        adjudicating.pass_over(
            assignment_id=opened.assignment.pk, person=judge, project=project, reason="not my field"
        )
    assert seen == {task.pk for task in disputed}
    assert adjudicating.claim(project=project, person=judge) is None


def test_items_of_others_or_none_cannot_be_asked_for(project, disputed, judge, person_factory):
    other = person_factory("kim", project, "adjudicator")
    opened = adjudicating.claim(project=project, person=judge)
    with pytest.raises(LeaseError, match="Somebody else"):
        adjudicating.claim(project=project, person=other, task_id=opened.assignment.task_id)
    with pytest.raises(LeaseError, match="no such item"):
        adjudicating.claim(project=project, person=other, task_id=10**6)
    Assignment.objects.filter(pk=opened.assignment.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    task_id = opened.assignment.task_id
    taken = adjudicating.claim(project=project, person=other, task_id=task_id)
    assert taken.assignment.person == other


def test_the_queue_can_be_narrowed_when_claiming(project, disputed, judge):
    assert adjudicating.claim(project=project, person=judge, narrowing=Narrowing(tag="x")) is None


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_get_the_same_item(project, person_factory):
    dispute(project, person_factory, 4)
    people = [person_factory(f"adj{n}", project, "adjudicator") for n in range(6)]
    barrier = threading.Barrier(len(people))
    claimed = []

    def take(person):
        barrier.wait()
        opened = adjudicating.claim(project=project, person=person)
        claimed.append(opened and opened.assignment.task_id)
        connection.close()

    threads = [threading.Thread(target=take, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [task for task in claimed if task]
    assert len(claimed) == len(people)
    assert len(found) == len(set(found)) == 4


def test_nothing_is_opened_or_decided_while_one_or_the_project_is_paused(
    project, disputed, judge, admin
):
    opened = adjudicating.claim(project=project, person=judge)
    qualifying.record_stage(project=project, person=judge, stage="suspended", recorded_by=admin)
    for deed in (
        lambda: adjudicating.claim(project=project, person=judge),
        lambda: decide(judge, project, opened),
    ):
        with pytest.raises(LeaseError, match="suspended"):
            deed()
    Qualification.objects.all().delete()
    project.state = "paused"
    with pytest.raises(LeaseError, match="paused"):
        adjudicating.claim(project=project, person=judge)
