"""Voiding frees what a labeler's answers held, undoing it takes no place that is taken."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, F, Q
from django.utils import timezone

from annotation import assigning, judging
from annotation.consensus import aggregating
from annotation.models import Assignment, Consensus, Judgment, Task, Voiding
from annotation.watch import restoring, voiding
from labelers.models import AuditEvent, Notice
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks, submit

LONG_AGO = timezone.now() - timedelta(days=9)


@pytest.fixture
def other(person_factory, project):
    return person_factory("bo", project, "labeler")


def void(project, person, since=LONG_AGO, reason="Answered without reading", by=None):
    return voiding.void(project=project, person=person, since=since, reason=reason, voided_by=by)


def restore(made, by=None):
    return restoring.restore(voiding=made, restored_by=by)


def assert_consistent(project):
    """What tasks count is what there is."""
    held = Count("assignments", filter=Q(assignments__slot__isnull=False), distinct=True)
    said = Count(
        "judgments",
        filter=Q(judgments__is_current=True, judgments__standing="counted"),
        distinct=True,
    )
    for task in project.tasks.annotate(held=held, said=said):
        assert task.counted == task.said
        assert task.free_slots == task.overlap - task.held
        assert not (task.state == "open" and task.counted == task.overlap and not task.is_gold)


def test_voided_answers_free_their_tasks_for_others_only(project, labeler, other, admin):
    make_tasks(project, 3)
    for _ in range(3):
        answer_next(labeler, project, A_IS_BETTER)
    made = void(project, labeler, by=admin)
    assert set(Judgment.objects.values_list("standing", "is_current", "slot", "voiding")) == {
        ("voided", False, None, made.pk)
    }
    assert set(project.tasks.values_list("state", "counted", "free_slots")) == {("open", 0, 1)}
    assert_consistent(project)
    assert assigning.next_assignment(project=project, person=labeler) is None
    assert answer_next(other, project, B_IS_BETTER).standing == "counted"
    event = AuditEvent.objects.get(action="judgments.voided")
    assert (event.actor, event.detail["judgments"], event.detail["reopened"]) == (admin, 3, 3)


def test_only_answers_since_then_are_voided(project, labeler):
    make_tasks(project, 2)
    early = answer_next(labeler, project, A_IS_BETTER)
    Judgment.objects.filter(pk=early.pk).update(created_at=LONG_AGO - timedelta(days=1))
    late = answer_next(labeler, project, A_IS_BETTER)
    found = voiding.preview(project=project, person=labeler, since=LONG_AGO)
    assert (found.judgments, found.reopened, found.first) == (1, 1, late.created_at)
    made = void(project, labeler)
    assert [judgment.pk for judgment in made.judgments.all()] == [late.pk]


def test_others_and_other_projects_stay_as_they_are(project, labeler, other, project_factory):
    elsewhere = project_factory("letters", gold_rate=0)
    elsewhere.memberships.create(person=labeler, role="labeler")
    for where in (project, elsewhere):
        make_tasks(where, 2)
        answer_next(labeler, where, A_IS_BETTER)
    kept = answer_next(other, project, A_IS_BETTER)
    void(project, labeler)
    kept.refresh_from_db()
    assert kept.standing == "counted"
    assert Judgment.objects.filter(task__project=elsewhere, standing="counted").count() == 1


def test_a_retired_task_stays_retired(project, labeler):
    make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    project.tasks.update(state="retired")
    made = void(project, labeler)
    assert project.tasks.get().state == "retired"
    restore(made)
    task = project.tasks.get()
    assert (task.state, task.counted) == ("retired", 1)


def test_surplus_and_gold_answers_are_voided_without_touching_slots(project, labeler, other):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    gold = answer_next(labeler, project, A_IS_BETTER)
    Task.objects.filter(pk=gold.task_id).update(is_gold=True, counted=0, free_slots=1, state="open")
    Assignment.objects.filter(task=gold.task_id).update(slot=None)
    Judgment.objects.filter(pk=gold.pk).update(standing="gold", slot=None)
    made = void(project, labeler)
    assert made.before["counts"] == {"judgments": 2, "counted": 1, "reopened": 1}
    assert_consistent(project)
    assert restore(made) == {"counted": 1, "surplus": 0, "other": 1, "left": 0}
    gold.refresh_from_db()
    assert (gold.standing, gold.is_current) == ("gold", True)
    assert_consistent(project)


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("reason", {"reason": "  "}),
        ("reason", {"reason": "x" * 1001}),
        ("since", {"since": timezone.now() + timedelta(days=1)}),
        ("since", {}),
    ],
)
def test_bad_input_names_its_field(project, labeler, field, fields):
    with pytest.raises(ValidationError) as caught:
        void(project, labeler, **fields)
    assert list(caught.value.message_dict) == [field]
    assert not Voiding.objects.exists()


def test_the_labeler_is_told_why(project, labeler, admin):
    make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    made = void(project, labeler, by=admin)
    restore(made, admin)
    said = Notice.objects.filter(person=labeler).order_by("id").values_list("kind", "detail")
    assert list(said) == [
        ("judgments_voided", {"count": 1, "note": "Answered without reading"}),
        ("judgments_restored", {"count": 1}),
    ]


def test_the_consensus_is_made_anew(project_factory, person_factory):
    project = project_factory(overlap=3, gold_rate=0)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(3)]
    make_tasks(project)
    for person in people[:2]:
        answer_next(person, project, A_IS_BETTER)
    aggregating.refresh_consensus(project=project)
    made = void(project, people[0])
    answer_next(people[2], project, B_IS_BETTER)
    # As many answers as before, the newer of them older than the consensus.
    Judgment.objects.update(created_at=LONG_AGO)
    aggregating.refresh_consensus(project=project)
    assert Consensus.objects.get().agreement == 0
    restore(made)
    aggregating.refresh_consensus(project=project)
    assert Consensus.objects.get().judgments == 3


def test_the_next_turn_of_a_voided_one_is_asked_of_nobody(project_factory, person_factory):
    project = project_factory(
        kind="conversation", kind_options={"people": "two", "most": 8}, gold_rate=0
    )
    one, two = (person_factory(name, project, "labeler") for name in ("ada", "bo"))
    make_tasks(project, k=0)

    def say(person, role):
        turn = {"turns": [{"role": role, "content": f"{role} says"}], "ended": False}
        return answer_next(person, project, turn)

    begin = conversation_role(project)
    other_role = {"user": "assistant", "assistant": "user"}[begin]
    first, second = say(one, begin), say(two, other_role)
    waiting = Task.objects.get(follows=second)
    made = void(project, one)
    waiting.refresh_from_db()
    assert (waiting.state, made.before["retired"]) == ("retired", [waiting.pk])
    second.refresh_from_db()
    first.task.refresh_from_db()
    assert (second.standing, first.task.state, first.task.counted) == ("counted", "open", 0)
    assert assigning.next_assignment(project=project, person=one) is None
    restore(made)
    waiting.refresh_from_db()
    assert waiting.state == "open"
    assert_consistent(project)


def conversation_role(project):
    from annotation import conversing
    from annotation.task_kinds.conversation import speaker_after

    task = project.tasks.get()
    options = conversing.options_of(project.settings)
    return speaker_after(conversing.messages_shown(task, options))


def test_a_thousand_answers_take_few_queries(project, labeler, django_assert_max_num_queries):
    tasks = make_tasks(project, 1000)
    fill(tasks, labeler)
    with django_assert_max_num_queries(25):
        made = void(project, labeler)
    assert made.before["counts"]["judgments"] == 1000
    with django_assert_max_num_queries(25):
        restore(made)
    assert_consistent(project)


def fill(tasks, person):
    """A counted answer of `person` to each of `tasks`, in bulk."""
    later = timezone.now() + timedelta(hours=1)
    Assignment.objects.bulk_create(
        Assignment(
            task=task,
            person=person,
            state="answered",
            slot=1,
            display_order=[0, 1],
            expires_at=later,
        )
        for task in tasks
    )
    Judgment.objects.bulk_create(
        Judgment(
            task=task,
            person=person,
            standing="counted",
            slot=1,
            answer=A_IS_BETTER,
            display_order=[0, 1],
            client_id=uuid.uuid4(),
        )
        for task in tasks
    )
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(
        counted=F("overlap"), free_slots=0, state="closed"
    )


@pytest.mark.django_db(transaction=True)
def test_voiding_while_answers_come_in_leaves_no_trace_of_either(project_factory, person_factory):
    project = project_factory(overlap=2, gold_rate=0)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(4)]
    make_tasks(project, 60)
    errors, made = [], []

    def work(person):
        try:
            while lease := assigning.next_assignment(project=project, person=person):
                submission = judging.Submission(lease.pk, uuid.uuid4(), A_IS_BETTER)
                judging.submit(person=person, project=project, submission=submission)
                if submission.client_id.int % 5 == 0:
                    judging.undo_last(person=person, project=project)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def undo_and_void():
        try:
            while any(thread.is_alive() for thread in threads[:-1]) and len(made) < 12:
                try:
                    made.append(void(project, people[0]))
                except ValidationError:
                    continue
                if len(made) % 3 == 0:
                    restore(made[-1])
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[person]) for person in people]
    threads.append(threading.Thread(target=undo_and_void))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert made
    assert_consistent(project)
    standing = Judgment.objects.filter(standing="voided")
    assert not standing.exclude(person=people[0]).exists()


def test_a_voided_answer_cannot_be_given_again(project, labeler, admin):
    make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    void(project, labeler, by=admin)
    with pytest.raises(assigning.LeaseError, match="voided"):
        submit(labeler, project, Assignment.objects.get(), B_IS_BETTER)
    assert Judgment.objects.count() == 1
