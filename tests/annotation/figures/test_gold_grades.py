"""Grades of answers to gold, against grading each judgment by itself."""

from __future__ import annotations

from annotation.candidates import KnownAnswer
from annotation.figures import gold_grades
from annotation.grading import Grade, grade_judgment
from annotation.models import Judgment
from tests.annotation.making import answer_next, make_tasks


def test_grades_are_those_of_each_judgment(project_factory, person_factory):
    project = project_factory(kind="ranking", kind_options={"k": 3}, gold_rate=0.5, overlap=9)
    make_tasks(project, 4, k=3, gold=KnownAnswer([1, 2, 3]))
    for name, ranks in {"aya": [1, 2, 3], "ben": [3, 1, 1]}.items():
        person = person_factory(name, project, "labeler")
        tasks = list(project.tasks.filter(is_gold=True))
        for task in tasks:
            Judgment.objects.create(
                task=task,
                person=person,
                standing="gold",
                answer={"ranks": ranks},
                display_order=[2, 0, 1],
                client_id=f"00000000-0000-0000-0000-{task.pk:06}{person.pk:06}",
            )
    found = gold_grades.read(project)
    graded = [
        grade_judgment(judgment)
        for judgment in Judgment.objects.select_related("task__gold").order_by("id")
    ]
    assert [Grade(*pair) for pair in zip(found.right, found.judged, strict=True)] == graded
    assert len(graded) == 8
    assert sum(grade.judged for grade in graded) == 4 * 3 + 4 * 2
    names = [found.labelers[n] for n in found.labeler]
    assert names == [f"p:{j.person_id}" for j in Judgment.objects.order_by("id")]


def test_ordinary_answers_have_no_grade(project, labeler):
    make_tasks(project)
    answer_next(labeler, project, {"choice": "a", "strength": "better"})
    found = gold_grades.read(project)
    assert len(found.right) == 0
    assert found.labelers == []
