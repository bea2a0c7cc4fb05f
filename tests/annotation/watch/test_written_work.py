"""What labelers wrote: read per labeler, own words only, again only when there is more."""

from __future__ import annotations

import uuid

import pytest

from annotation.models import Judgment
from annotation.watch import written_work
from tests.annotation.making import A_IS_BETTER, make_tasks

pytestmark = pytest.mark.django_db
MACHINE = "Certainly! Here's a breakdown:\n- **Plan** your week in advance, and rest well.\n" * 2


def write(person, task, answer, **fields):
    fields = {"display_order": [], "standing": "surplus"} | fields
    return Judgment.objects.create(
        task=task, person=person, answer=answer, client_id=uuid.uuid4(), **fields
    )


def names(project, person):
    return {s["name"]: s for s in written_work.signals_of(project=project, person=person.pk)}


def test_demonstrations_are_read_and_edits_are_no_texts_of_their_own(
    project_factory, person_factory
):
    project = project_factory("texts", kind="demonstration", gold_rate=0)
    writer, editor = (person_factory(n, project, "labeler") for n in ("wu", "ed"))
    for task in make_tasks(project, 6, k=1):
        write(writer, task, {"text": MACHINE}, pasted=200)
        write(editor, task, {"text": MACHINE}, display_order=[0])
    found = names(project, writer)
    assert found["machine_look"]["value"] == 1.0
    assert found["repeated"]["counts"]["largest_group"] == 6
    assert found["pasting"]["raised"]
    assert "machine_look" not in names(project, editor)


def test_only_those_who_wrote_are_read_and_a_word_more_is_no_reason(project, labeler):
    tasks = make_tasks(project, 33)
    assert written_work.writers(project) == {}
    write(labeler, tasks[0], A_IS_BETTER, display_order=[0, 1])
    assert written_work.writers(project) == {}
    marks = []
    for task in tasks[1:]:
        write(labeler, task, A_IS_BETTER, display_order=[0, 1], reason="διότι είναι σαφής")
        marks.append(written_work.writers(project)[labeler.pk].mark)
    assert len(set(marks[:19])) == 19
    assert len(set(marks[19:29])) == 1
    assert marks[28] != marks[29]


def test_the_words_of_a_conversation_are_all_turns():
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert written_work.written_text({"turns": turns, "ended": True}) == "a\nb"
