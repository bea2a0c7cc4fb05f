"""Who may: members by role, strangers not even told, staff everywhere."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from labelers import roles
from labelers.models import Membership


def test_members_are_let_in_by_role_and_strangers_learn_nothing(labeler, admin, stranger):
    assert roles.find_project(admin, "essays", roles.MANAGING).slug == "essays"
    with pytest.raises(PermissionDenied, match="Admin"):
        roles.find_project(labeler, "essays", roles.MANAGING)
    with pytest.raises(Http404):
        roles.find_project(stranger, "essays", roles.ANY)
    with pytest.raises(Http404):
        roles.find_project(admin, "nowhere", roles.ANY)


def test_staff_hold_admin_everywhere(project, person_factory):
    root = person_factory("root", is_staff=True)
    assert roles.roles_in(root, project) == {"admin"}
    assert list(roles.projects_of(root)) == [project]


def test_one_person_may_hold_several_roles_each_once(project, labeler):
    for _ in range(2):
        roles.add_member(project=project, person=labeler, role="engineer")
    assert roles.roles_in(labeler, project) == {"labeler", "engineer"}
    assert Membership.objects.filter(person=labeler).count() == 2


def test_projects_of_a_person_are_listed_once(project, labeler, stranger):
    roles.add_member(project=project, person=labeler, role="engineer")
    assert list(roles.projects_of(labeler)) == [project]
    assert project not in roles.projects_of(stranger)
