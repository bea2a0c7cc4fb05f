"""Comments on a task, and notes for labelers on their way into the guidelines."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation import configuring
from annotation.models import Guidelines
from annotation.review import commenting
from labelers.models import AuditEvent, Notice
from tests.annotation.making import make_tasks


@pytest.fixture
def task(project):
    return make_tasks(project)[0]


def say(task, person, text="Is this fair?", **fields):
    return commenting.comment(task=task, person=person, text=text, **fields)


def test_a_thread_grows_in_order(task, admin):
    first, second = say(task, admin), say(task, admin, " I think so.\r\nYes. ")
    assert list(commenting.thread_of(task)) == [first, second]
    assert second.text == "I think so.\nYes."
    event = AuditEvent.objects.filter(action="comment.added").last()
    assert (event.subject, event.detail["task"]) == (f"comment:{first.pk}", task.pk)


@pytest.mark.parametrize("text", ["", " \n", "x" * 5001, "a\0b"])
def test_bad_text_names_its_field(task, admin, text):
    with pytest.raises(ValidationError) as caught:
        say(task, admin, text)
    assert list(caught.value.message_dict) == ["text"]


def test_resolved_and_opened_again(task, admin, engineer):
    made = say(task, admin)
    for _ in range(2):
        commenting.resolve(comment=made, person=engineer)
    made.refresh_from_db()
    assert made.resolved_by == engineer
    assert made.resolved_at is not None
    for _ in range(2):
        commenting.reopen(comment=made, person=admin)
    made.refresh_from_db()
    assert (made.resolved_by, made.resolved_at) == (None, None)
    deeds = AuditEvent.objects.filter(subject=f"comment:{made.pk}").order_by("id")
    assert list(deeds.values_list("action", flat=True)) == [
        "comment.added",
        "comment.resolved",
        "comment.reopened",
    ]


def test_open_notes_are_those_for_labelers(project, task, admin, project_factory):
    say(task, admin)
    note = say(task, admin, for_labelers=True)
    done = say(task, admin, for_labelers=True)
    commenting.resolve(comment=done, person=admin)
    assert list(commenting.open_notes(project)) == [note]
    assert not commenting.open_notes(project_factory("other")).exists()


def test_a_change_of_guidelines_resolves_its_notes_and_tells_labelers(
    project, task, admin, labeler, engineer
):
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=admin)
    answered, waiting = (say(task, admin, for_labelers=True) for _ in range(2))
    made = commenting.publish_change(
        project=project,
        text="Be fair.",
        note="About fairness.",
        created_by=admin,
        after=1,
        notes=[answered.pk],
    )
    answered.refresh_from_db()
    assert (made.version, answered.guidelines, answered.resolved_by) == (2, made, admin)
    assert list(commenting.open_notes(project)) == [waiting]
    notice = Notice.objects.get()
    assert (notice.person, notice.kind) == (labeler, "note_for_labelers")
    assert notice.detail == {"note": "About fairness.", "version": 2}


def test_without_notes_it_is_publishing_and_nobody_is_told_twice(project, admin, labeler):
    commenting.publish_change(project=project, text="Be kind.", created_by=admin)
    assert not Notice.objects.exists()


def test_a_note_that_is_gone_publishes_nothing(project, task, admin, project_factory):
    note = say(task, admin, for_labelers=True)
    commenting.resolve(comment=note, person=admin)
    elsewhere = say(make_tasks(project_factory("other"))[0], admin, for_labelers=True)
    for wrong in (note, elsewhere):
        with pytest.raises(ValidationError) as caught:
            commenting.publish_change(
                project=project, text="Be fair.", created_by=admin, notes=[wrong.pk]
            )
        assert list(caught.value.message_dict) == ["notes"]
    assert not Guidelines.objects.exists()
