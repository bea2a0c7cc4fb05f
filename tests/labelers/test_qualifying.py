"""How far a labeler has come: written down, and read back for many projects at once."""

from __future__ import annotations

from labelers import qualifying, roles
from labelers.qualifying import Standing


def record(project, person, stage, **fields):
    qualifying.record_stage(project=project, person=person, stage=stage, recorded_by=None, **fields)


def test_without_a_record_one_may_label_and_needs_nothing(project, labeler):
    standing = qualifying.standings_of(labeler, [project])[project.pk]
    assert standing == Standing()
    assert (standing.may_label, standing.title, standing.to_come) == (True, "", [])


def test_the_steps_to_come_are_those_after_the_stage(project, labeler):
    record(project, labeler, "training")
    standing = qualifying.standings_of(labeler, [project])[project.pk]
    assert standing.may_label == qualifying.may_work(project=project, person=labeler) is True
    assert (standing.title, standing.to_come) == ("In training", ["Examined", "Qualified"])
    record(project, labeler, "qualified")
    assert qualifying.standings_of(labeler, [project])[project.pk].to_come == []


def test_who_is_suspended_learns_why_and_whom_to_ask(project, labeler, admin, person_factory):
    person_factory("bea", project, "admin", "engineer")
    record(project, labeler, "suspended", reason="Too fast.")
    standing = qualifying.standings_of(labeler, [project])[project.pk]
    assert standing.may_label == qualifying.may_work(project=project, person=labeler) is False
    assert (standing.reason, standing.ask, standing.to_come) == ("Too fast.", ("ada", "bea"), [])


def test_many_projects_take_two_queries(labeler, project_factory, django_assert_num_queries):
    projects = [project_factory(f"p{number}") for number in range(5)]
    for project in projects[:3]:
        record(project, labeler, "suspended")
    with django_assert_num_queries(2):
        found = qualifying.standings_of(labeler, projects)
    assert [found[project.pk].may_label for project in projects] == [False] * 3 + [True] * 2


def test_roles_by_project_are_those_of_each(person_factory, project_factory):
    projects = [project_factory(f"p{number}") for number in range(3)]
    member = person_factory("aiko", projects[0], "labeler", "engineer")
    staff = person_factory("root", projects[1], "labeler", is_staff=True)
    for person in (member, staff):
        found = roles.roles_by_project(person, projects)
        assert found == {p.pk: roles.roles_in(person, p) for p in projects}


def screened(project):
    project.is_screened = True
    project.save()
    return project


def test_where_people_are_screened_only_the_qualified_work(project, labeler, admin, person_factory):
    screened(project)
    adjudicator = person_factory("ai", project, "adjudicator", "labeler")
    staff = person_factory("root", project, "labeler", is_staff=True)
    for person, may in ((labeler, False), (admin, True), (adjudicator, True), (staff, True)):
        assert qualifying.may_work(project=project, person=person) is may
        assert qualifying.standings_of(person, [project])[project.pk].may_label is may
    for stage, may, needs in (
        *(("training", False, "screening"), ("examined", False, "screening")),
        *(("qualified", True, ""), ("declined", False, "screening"), ("suspended", False, "")),
    ):
        record(project, labeler, stage)
        standing = qualifying.standings_of(labeler, [project])[project.pk]
        assert (standing.may_label, standing.needs) == (may, needs)
        assert qualifying.may_work(project=project, person=labeler) is may


def test_screened_projects_take_two_queries_more(
    labeler, project_factory, django_assert_num_queries
):
    projects = [screened(project_factory(f"p{number}")) for number in range(5)]
    with django_assert_num_queries(3):
        found = qualifying.standings_of(labeler, projects)
    assert {standing.needs for standing in found.values()} == {"screening"}
