"""What an exam was made of, and how others did on it."""

from __future__ import annotations

from annotation.entry import evidence
from annotation.models import Gold
from tests.annotation.making_exams import make_exam, make_gold


def test_the_evidence_of_an_exam(project, labeler, person_factory):
    tasks = make_gold(project, 3)
    Gold.objects.filter(task=tasks[1]).update(difficulty=0.5)
    exam = make_exam(labeler, tasks[:2], "rw")
    other = person_factory("bo", project, "labeler")
    make_exam(other, tasks, "rrr")
    first, second = evidence.items_of(exam)
    assert (first.answered, first.expected) == ("A: better", "A: better")
    assert (second.answered, second.is_wrong, second.difficulty) == (
        "B: slightly better",
        True,
        0.5,
    )
    assert (second.others.share, second.people) == (1.0, 1)
    assert not first.is_wrong
    told = evidence.as_json(second)
    assert (told["right"], told["judged"], told["seconds"], told["others"]) == (0, 1, 9.5, 1)
