"""Gold is made, changed, affirmed, retired and brought back; counted answers stay counted."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation import assigning, configuring, queries
from annotation.gold import gold_proposals, keeping_gold
from annotation.models import Assignment, Gold, Task
from annotation.watch import voiding
from labelers.models import AuditEvent
from tests.annotation.gold.test_gold_proposals import unanimous_task
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks, submit


def make(task, answer=A_IS_BETTER, by=None, **fields):
    return keeping_gold.make(task=task, answer=answer, made_by=by, **fields)


@pytest.fixture
def task(project):
    return make_tasks(project)[0]


def test_an_admins_answer_becomes_gold(project, task, admin, labeler):
    configuring.publish_guidelines(project=project, text="x", created_by=admin, note="")
    gold = make(task, by=admin, explanation=" It is right. ")
    task.refresh_from_db()
    assert (task.is_gold, task.state) == (True, "open")
    assert (gold.answer, gold.explanation) == (A_IS_BETTER, "It is right.")
    assert (gold.origin, gold.created_by, gold.guideline_version) == ("admin", admin, 1)
    assert AuditEvent.objects.get(action="gold.made").detail["answer"] == A_IS_BETTER
    assert assigning.next_assignment(project=project, person=labeler) is None


@pytest.mark.parametrize(
    ("kind", "k", "answer"),
    [
        ("ranking", 4, {"ranks": [1, 2, 2, 4]}),
        ("best_of", 3, {"best": 2}),
        ("rating", 2, {"scores": [7, 2], "flags": [[], []]}),
        ("thumbs", 1, {"good": False}),
    ],
)
def test_every_kind_that_judges_can_have_gold(project_factory, kind, k, answer):
    project = project_factory(kind=kind, gold_rate=0)
    task = make_tasks(project, 1, k)[0]
    assert make(task, answer).answer == answer


@pytest.mark.parametrize("kind", ["demonstration", "prompt_writing"])
def test_where_people_write_an_item_becomes_an_exam_text(project_factory, kind):
    project = project_factory(kind=kind, gold_rate=0)
    task = make_tasks(project, 1, 0)[0]
    with pytest.raises(ValidationError, match="Labelers write here"):
        make(task, {"text": "x"})
    assert make(task, None).answer is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (TIE, "prefers nothing"),
        (None, "Give the answer"),
        ({"choice": "c", "strength": None}, "answer.choice"),
        ({"choice": "a", "strength": "better", "x": 1}, "answer.x"),
    ],
)
def test_an_answer_that_cannot_grade_is_refused(task, answer, said):
    with pytest.raises(ValidationError, match=said) as caught:
        make(task, answer)
    assert list(caught.value.message_dict) == ["answer"]


def test_what_is_gold_or_taken_out_is_not_made_gold(task):
    Task.objects.filter(pk=task.pk).update(state="retired")
    with pytest.raises(ValidationError, match="taken out"):
        make(task)
    Task.objects.filter(pk=task.pk).update(state="open")
    make(task)
    with pytest.raises(ValidationError, match="gold already"):
        make(task)


def test_counted_answers_stay_counted_and_later_ones_are_gold(project, crowd):
    (task,) = make_tasks(project)
    counted = answer_next(crowd[0], project, A_IS_BETTER)
    held = assigning.next_assignment(project=project, person=crowd[1])
    make(task)
    late = submit(crowd[1], project, held, B_IS_BETTER)
    counted.refresh_from_db()
    task.refresh_from_db()
    assert (counted.standing, counted.slot, late.standing, late.slot) == (
        "counted",
        1,
        "gold",
        None,
    )
    held_slots = Assignment.objects.filter(task=task, slot__isnull=False).count()
    assert (task.counted, task.free_slots, task.state, held_slots) == (1, 2, "open", 1)


def test_a_voided_answer_of_a_gold_item_can_be_counted_again(project, crowd):
    from annotation.watch import restoring

    task = unanimous_task(project, crowd)
    make(task)
    since = task.created_at
    made = voiding.void(project=project, person=crowd[0], since=since, reason="x", voided_by=None)
    assert restoring.restore(voiding=made, restored_by=None)["counted"] == 1
    task.refresh_from_db()
    assert (task.counted, task.state, task.is_gold) == (3, "open", True)


def test_a_change_affirms_and_is_written_down(task, admin):
    gold = make(task, explanation="old")
    before = gold.affirmed_at
    gold = keeping_gold.change(gold=gold, answer=B_IS_BETTER, explanation="new", changed_by=admin)
    assert (gold.answer, gold.explanation) == (B_IS_BETTER, "new")
    assert gold.affirmed_at > before
    event = AuditEvent.objects.get(action="gold.changed")
    assert event.detail["before"] == {"answer": A_IS_BETTER, "explanation": "old"}


def test_retired_gold_is_given_to_nobody_until_it_is_brought_back(project, task, admin, labeler):
    project.settings.gold_rate = 0.5
    project.settings.save()
    gold = keeping_gold.retire(gold=make(task), reason="Ambiguous", retired_by=admin)
    task.refresh_from_db()
    assert (task.state, gold.retired_by, gold.retired_reason) == ("retired", admin, "Ambiguous")
    assert not any(assigning.next_assignment(project=project, person=labeler) for _ in range(20))
    for deed in (
        lambda: keeping_gold.affirm(gold=gold, affirmed_by=admin),
        lambda: keeping_gold.retire(gold=gold, reason="x", retired_by=admin),
        lambda: keeping_gold.change(
            gold=gold, answer=A_IS_BETTER, explanation="", changed_by=admin
        ),
    ):
        with pytest.raises(ValidationError, match="bring it back"):
            deed()
    gold = keeping_gold.bring_back(gold=gold, brought_back_by=admin)
    task.refresh_from_db()
    assert (task.state, gold.retired_at, gold.retired_reason) == ("open", None, "")
    with pytest.raises(ValidationError, match="not retired"):
        keeping_gold.bring_back(gold=gold, brought_back_by=admin)


@pytest.mark.parametrize("reason", ["", "x" * 201])
def test_a_reason_is_needed(task, reason):
    gold = make(task)
    with pytest.raises(ValidationError) as caught:
        keeping_gold.retire(gold=gold, reason=reason, retired_by=None)
    assert list(caught.value.message_dict) == ["reason"]


def test_an_unanimous_consensus_is_proposed_and_confirmed_once(project, crowd, admin):
    strong = {"choice": "a", "strength": "significantly"}
    task = unanimous_task(project, crowd, (A_IS_BETTER, strong, strong))
    (found,) = gold_proposals.proposed(project, 10)
    assert (found.task, found.answer, len(found.judgments)) == (task, strong, 3)
    gold = keeping_gold.confirm(task=task, confirmed_by=admin)
    assert (gold.origin, gold.answer) == ("consensus", strong)
    assert gold_proposals.proposed(project, 10) == []
    task.refresh_from_db()
    assert (task.is_gold, task.counted, task.state) == (True, 3, "open")
    standing = queries.standing_of(project)
    assert (standing.tasks, standing.closed, standing.gold) == (1, 1, 1)
    assert (standing.slots, standing.counted, standing.share) == (3, 3, 1)


def test_what_was_dismissed_is_not_proposed_again_but_can_be_made(project, crowd, admin):
    task = unanimous_task(project, crowd)
    for _ in range(2):
        keeping_gold.dismiss(task=task, dismissed_by=admin)
    assert gold_proposals.proposed(project, 10) == []
    task.refresh_from_db()
    assert not task.is_gold
    with pytest.raises(ValidationError, match="not retired"):
        keeping_gold.bring_back(gold=Gold.objects.get(), brought_back_by=admin)
    assert make(task, by=admin).retired_at is None
    with pytest.raises(ValidationError, match="gold already"):
        keeping_gold.dismiss(task=task, dismissed_by=admin)


def test_correcting_a_counted_answer_of_what_became_gold_keeps_it_counted(crowd, project):
    task = unanimous_task(project, crowd)
    make(task)
    assignment = Assignment.objects.filter(task=task).first()
    corrected = submit(assignment.person, project, assignment, B_IS_BETTER)
    task.refresh_from_db()
    assert (corrected.standing, task.state, task.counted) == ("counted", "open", 3)
