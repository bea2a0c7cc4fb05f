"""Projects are made and changed within their bounds; guidelines only gain versions."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation import configuring, queries
from labelers import roles
from labelers.models import AuditEvent, Project


def make(person=None, **fields):
    return configuring.create_project(
        created_by=person, **{"name": "Essays", "kind": "pairwise"} | fields
    )


def test_whoever_makes_a_project_is_its_admin(person_factory):
    person = person_factory("ada")
    project = make(person, guidelines="Be kind.")
    assert roles.roles_in(person, project) == {"admin"}
    assert queries.current_guidelines(project).version == 1
    assert AuditEvent.objects.filter(action="project.created", actor=person).exists()


@pytest.mark.django_db
def test_slugs_are_made_unique_and_possible_for_japanese_names():
    assert [make(name=n).slug for n in ("Essays", "Essays", "作文")] == [
        "essays",
        "essays-2",
        "project",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "dance"}, "kind"),
        ({"overlap": 0}, "overlap"),
        ({"overlap": 51}, "overlap"),
        ({"gold_rate": 0.9}, "gold_rate"),
        ({"lease_seconds": 5}, "lease_seconds"),
        ({"kind_options": {"colour": 1}}, "kind_options"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field_and_leaves_nothing(fields, field):
    with pytest.raises(ValidationError) as caught:
        make(**fields)
    assert field in caught.value.message_dict
    assert not Project.objects.exists()


def test_guidelines_only_gain_versions(project, admin):
    for text in ("First.", "Second."):
        configuring.publish_guidelines(project=project, text=text, created_by=admin)
    assert [g.text for g in project.guidelines.all()] == ["Second.", "First."]
    assert queries.current_guidelines(project).version == 2


def test_guidelines_are_refused_when_blank_unchanged_or_begun_from_an_older_version(project, admin):
    def publish(text, **fields):
        return configuring.publish_guidelines(
            project=project, text=text, created_by=admin, **fields
        )

    publish("First.\nSecond.", after=0)
    for text in (" \n", "x" * (configuring.LONGEST_GUIDELINES + 1), "First.\r\nSecond.\r\n"):
        with pytest.raises(ValidationError) as caught:
            publish(text, after=1)
        assert list(caught.value.message_dict) == ["text"]
    publish("Third.", after=1)
    with pytest.raises(ValidationError, match="Version 2 was published meanwhile"):
        publish("Fourth.", after=1)
    assert queries.current_guidelines(project).text == "Third."


def test_settings_change_with_an_audit_row(project, admin):
    configuring.change_settings(project=project, changed_by=admin, state="paused", gold_rate=0.2)
    project.refresh_from_db()
    assert (project.state, project.settings.gold_rate) == ("paused", 0.2)
    assert AuditEvent.objects.get(action="project.changed").detail == {
        "fields": ["gold_rate", "state"]
    }
    with pytest.raises(ValidationError, match="state"):
        configuring.change_settings(project=project, changed_by=admin, state="gone")


def test_settings_saved_from_an_old_page_leave_screening_as_it_is(project, admin):
    Project.objects.filter(pk=project.pk).update(is_screened=True)
    configuring.change_settings(project=project, changed_by=admin, name="Renamed")
    project.refresh_from_db()
    assert (project.name, project.is_screened) == ("Renamed", True)
