"""Snapshots of what people wrote, from answering to the files: edits, conversations and prompts."""

import pyarrow.parquet as pq
import pytest

from annotation.models import Judgment
from exports import voiding
from exports.dataset_dir import read_in_task_order, read_records, verify
from tests.annotation.making import answer_next, make_tasks
from tests.exports.making import assistant, user

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_edit_brings_a_demonstration_and_a_pair(project_factory, label, freeze):
    project = project_factory(
        "edits", kind="demonstration", gold_rate=0, kind_options={"edit": True}
    )
    label(project, [{"text": "Better."}, {"text": "Answer 0 to 2."}], k=1)
    snapshot = freeze(project)
    assert snapshot.counts["records"] == {"demonstration": 2, "preference": 1}
    assert snapshot.counts["left_out"] == {"unchanged": 1}
    assert snapshot.counts["strengths"] == {"none": 1}
    (pair,) = read_in_task_order(snapshot.path, "preference")
    assert (pair.chosen[0]["content"], pair.rejected[0]["content"]) == ("Better.", "Answer 0 to 1.")
    # What one task says stays in one split.
    splits = snapshot.counts["splits"]
    assert set(splits["preference"]) <= set(splits["demonstration"])
    assert verify(snapshot.path) == []


def test_two_people_bring_one_conversation(project_factory, person_factory, freeze):
    options = {"people": "two", "begins": "topic", "least": 2, "most": 5}
    project = project_factory("talks", kind="conversation", gold_rate=0, kind_options=options)
    make_tasks(project, 1, 0)
    ann, bob = (person_factory(name, project, "labeler") for name in ("ann", "bob"))
    turns = [user("a"), assistant("b"), user("c"), assistant("d")]
    for place, (person, turn) in enumerate(zip([ann, bob, ann, bob], turns, strict=True)):
        assert place == 0 or freeze(project, f"after {place}").state == "failed"
        answer_next(person, project, {"turns": [turn], "ended": place == 3})
    snapshot = freeze(project)
    assert snapshot.counts["records"] == {"demonstration": 1}
    assert snapshot.counts["left_out"] == {"followed": 3}
    assert (snapshot.counts["tasks"], snapshot.counts["used"]) == (4, 1)
    assert (snapshot.counts["judgments"], snapshot.counts["labelers"]) == (4, 2)
    (record,) = read_in_task_order(snapshot.path, "demonstration")
    assert record.topic == "Question 1?"
    assert record.prompt == turns[:1]
    assert record.completion == turns[1:]
    lineage = pq.read_table(snapshot.path / "lineage.parquet").to_pylist()
    assert [row["judgment"] for row in lineage] == [
        str(pk) for pk in Judgment.objects.order_by("id").values_list("pk", flat=True)
    ]
    # An earlier turn that is voided takes the conversation with it.
    first = Judgment.objects.order_by("id").first()
    Judgment.objects.filter(pk=first.pk).update(is_current=False, standing="voided", slot=None)
    assert voiding.note_voided() == 1
    failed = freeze(project, "voided")
    assert "1 with a voided turn" in failed.error


def test_prompts_about_one_topic_share_a_split(project_factory, label, freeze):
    project = project_factory("prompts", kind="prompt_writing", gold_rate=0)
    people = [[{"text": f"Prompt {person} to {n}"} for n in range(30)] for person in range(2)]
    label(project, *people, k=0)
    snapshot = freeze(project)
    assert snapshot.counts["records"] == {"prompt_only": 60}
    split_of_topic = {}
    for split in ("train", "validation", "test"):
        for record in read_records(snapshot.path, "prompt_only", split):
            assert split_of_topic.setdefault(record.topic, split) == split
    assert len(split_of_topic) == 30
    assert set(split_of_topic.values()) == {"train", "validation", "test"}
