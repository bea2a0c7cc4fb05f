"""The items in dispute, worst first, some of every part."""

from __future__ import annotations

from annotation.figures import disagreeing, label_matrix
from annotation.models import Judgment
from tests.annotation.crowds import crowd_of
from tests.annotation.making import make_tasks


def imported(task, choices):
    for number, choice in enumerate(choices):
        Judgment.objects.create(
            task=task,
            imported_labeler=f"w{number}",
            standing="imported",
            answer={"choice": choice, "strength": None},
            display_order=[0, 1],
        )


def test_more_answers_that_part_in_the_middle_come_first(project):
    tasks = make_tasks(project, 4, language="ja", tags=["law"])
    for task, choices in zip(tasks, ("ab", "aabb", "aaab", "aa"), strict=True):
        imported(task, choices)
    found = disagreeing.items_of(label_matrix.read(project))
    # Pairs that differ over all pairs and one: 4 / 7, 3 / 7, 1 / 2; all the same is in no dispute.
    assert [item["task"] for item in found] == [tasks[1].pk, tasks[0].pk, tasks[2].pk]
    assert [item["answers"] for item in found] == [4, 2, 4]
    assert found[0]["agreement"] == round(2 / 6, 6)
    assert found[0]["language"] == "ja"
    assert found[0]["tags"] == ["law"]
    assert sorted(found[0]["sources"]) == ["model-0", "model-1"]


def test_some_of_every_part_are_kept(project_factory, person_factory, monkeypatch):
    project = project_factory(overlap=3, gold_rate=0)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]
    crowd_of(project, people, tasks=60, accuracy=0.6)
    matrix = label_matrix.read(project)
    everything = disagreeing.items_of(matrix)
    monkeypatch.setattr(disagreeing, "WORST", 2)
    monkeypatch.setattr(disagreeing, "WORST_OF_PART", 1)
    few = disagreeing.items_of(matrix)
    assert 2 <= len(few) < len(everything)
    assert few == [item for item in everything if item in few]
    assert {item["language"] for item in few} == {"en", "ja", "de"}
    assert {tag for item in few for tag in item["tags"]} >= {f"topic {n}" for n in range(4)}


def test_no_judgments_no_dispute(project):
    assert disagreeing.items_of(label_matrix.read(project)) == []
