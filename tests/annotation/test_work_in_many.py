"""The list of one's projects: what each says alone, and nothing counted that is kept."""

from __future__ import annotations

from annotation import assigning, queries, work_counts, work_in_many
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks


def test_many_projects_say_what_each_says_alone(
    labeler, project_factory, django_assert_num_queries
):
    projects = [project_factory(f"p{number}", gold_rate=0) for number in range(4)]
    for number, project in enumerate(projects):
        make_tasks(project, number)
        if number > 1:
            answer_next(labeler, project, A_IS_BETTER)
        if number > 2:
            assigning.next_assignment(project=project, person=labeler)
    with django_assert_num_queries(7):
        found = work_in_many.work_by_project(labeler, projects)
    for project in projects:
        alone = queries.work_of(labeler, project)
        assert found[project.pk] == {name: alone[name] for name in found[project.pk]}
    # By now they are kept at the labeler's desks, so nothing is counted.
    with django_assert_num_queries(1):
        assert work_in_many.work_by_project(labeler, projects) == found
    assert work_in_many.work_by_project(labeler, []) == {}


def test_long_queues_are_not_counted_at_every_look(
    labeler, project, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(work_counts, "EXACT", 3)
    make_tasks(project, 8)
    # The first look finds out that it is long, the second counts for this labeler and keeps it.
    looks = [work_in_many.work_by_project(labeler, [project])[project.pk] for _ in range(2)]
    assert [look["left"] for look in looks] == [8, 8]
    with django_assert_num_queries(1):
        assert work_in_many.work_by_project(labeler, [project])[project.pk] == looks[1]
