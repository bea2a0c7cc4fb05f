"""Who has read which guidelines, and what changed between two versions."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation import configuring, guiding
from annotation.guiding import Line
from annotation.models import GuidelinesRead
from labelers.models import AuditEvent


@pytest.fixture
def publish(project, admin):
    def make(text, note="", **fields):
        return configuring.publish_guidelines(
            project=project, text=text, note=note, created_by=admin, **fields
        )

    return make


def test_without_guidelines_nothing_is_unread(project, labeler):
    assert guiding.unread_change(labeler, project) is None


def test_the_first_version_is_unread_but_no_change(project, labeler, publish):
    publish("Be kind.")
    unread = guiding.unread_change(labeler, project)
    assert (unread.version, unread.since, unread.is_change) == (1, None, False)
    guiding.read_guidelines(project=project, person=labeler, version=1)
    assert guiding.unread_change(labeler, project) is None


def test_a_later_version_is_a_change_for_those_who_read_one_before(
    project, labeler, publish, person_factory
):
    publish("Be kind.")
    guiding.read_guidelines(project=project, person=labeler, version=1)
    publish("Be kind and brief.", "Length counts now.")
    publish("Be kind, brief and right.", "Truth counts now.")
    unread = guiding.unread_change(labeler, project)
    assert (unread.version, unread.note, unread.since) == (3, "Truth counts now.", 1)
    assert unread.is_change
    newcomer = person_factory("bo", project, "labeler")
    assert not guiding.unread_change(newcomer, project).is_change


def test_whoever_publishes_has_read_it(project, admin, publish):
    publish("Be kind.")
    assert guiding.unread_change(admin, project) is None


def test_reading_is_written_down_once_and_only_of_versions_that_are_there(
    project, labeler, publish, stranger
):
    publish("Be kind.")
    for _ in range(2):
        guiding.read_guidelines(project=project, person=labeler, version=1)
    assert GuidelinesRead.objects.filter(person=labeler).count() == 1
    assert AuditEvent.objects.filter(action="guidelines.read", actor=labeler).count() == 1
    with pytest.raises(ValidationError, match="no such version"):
        guiding.read_guidelines(project=project, person=labeler, version=2)
    elsewhere = stranger.memberships.first().project
    with pytest.raises(ValidationError, match="no such version"):
        guiding.read_guidelines(project=elsewhere, person=stranger, version=1)


def test_many_projects_take_two_queries(labeler, project_factory, admin, django_assert_num_queries):
    projects = [project_factory(f"p{number}") for number in range(5)]
    for number, project in enumerate(projects[:4]):
        for version in range(1, 3):
            configuring.publish_guidelines(project=project, text=f"Text {version}", created_by=None)
        if number < 2:
            guiding.read_guidelines(project=project, person=labeler, version=number + 1)
    with django_assert_num_queries(2):
        found = guiding.unread_changes(labeler, projects)
    since = [getattr(found.get(project.pk), "since", "read") for project in projects]
    assert since == [1, "read", None, None, "read"]


def test_a_difference_shows_changed_lines_and_what_stands_around_them():
    before = "\n".join("abcdefghij")
    after = before.replace("e", "E\nnew")
    assert guiding.difference(before, after) == [
        Line("gap"),
        Line("same", "c"),
        Line("same", "d"),
        Line("deleted", "e"),
        Line("inserted", "E"),
        Line("inserted", "new"),
        Line("same", "f"),
        Line("same", "g"),
    ]
    assert guiding.difference(before, before) == []
    assert guiding.difference("", "a") == [Line("inserted", "a")]
