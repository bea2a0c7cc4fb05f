"""Coarse groups: held under a key that the table alone leads nowhere from."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labelers.grouping import choose_groups, groups_of, own_groups
from labelers.models import AuditEvent, GroupMembership


def test_groups_are_found_by_those_who_have_the_secret(project, labeler, person_factory, settings):
    other = person_factory("bo", project, "labeler")
    choose_groups(project=project, person=labeler, groups={"age": "25-34", "gender": "woman"})
    choose_groups(project=project, person=other, groups={"gender": "man"})
    people = [labeler, other, person_factory("cy", project, "labeler")]
    found = groups_of(project=project, dimension="gender", people=people)
    assert found == {labeler.pk: "woman", other.pk: "man"}
    assert groups_of(project=project, dimension="age", people=people) == {labeler.pk: "25-34"}
    settings.SECRET_KEY = "another secret"
    assert groups_of(project=project, dimension="gender", people=people) == {}


def test_a_person_has_another_key_in_another_project(project, labeler, project_factory):
    other = project_factory("other")
    for made in (project, other):
        choose_groups(project=made, person=labeler, groups={"age": "60+"})
    keys = set(GroupMembership.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert all(str(labeler.pk) != key and len(key) == 64 for key in keys)


def test_choosing_again_replaces_and_nothing_withdraws(project, labeler):
    choose_groups(project=project, person=labeler, groups={"age": "25-34", "gender": "woman"})
    choose_groups(project=project, person=labeler, groups={"age": "35-44"})
    assert own_groups(project=project, person=labeler) == {"age": "35-44"}
    choose_groups(project=project, person=labeler, groups={})
    assert not GroupMembership.objects.exists()
    details = AuditEvent.objects.filter(action="groups.chosen").values_list("detail", flat=True)
    assert [*details] == [{}] * 3


@pytest.mark.parametrize(
    ("groups", "field"), [({"shoes": "42"}, "shoes"), ({"age": "31"}, "age"), ({"age": ""}, "age")]
)
def test_what_is_no_group_is_refused_and_nothing_changes(project, labeler, groups, field):
    choose_groups(project=project, person=labeler, groups={"gender": "man"})
    with pytest.raises(ValidationError) as refused:
        choose_groups(project=project, person=labeler, groups=groups)
    assert list(refused.value.message_dict) == [field]
    assert own_groups(project=project, person=labeler) == {"gender": "man"}
