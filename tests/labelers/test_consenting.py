"""Consent: to a version, written down, taken back, and asked again when the text changes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from labelers import qualifying
from labelers.consenting import (
    form_in_force,
    give_consent,
    has_consented,
    publish_form,
    withdraw_consent,
)
from labelers.models import AuditEvent, Project


def publish(project, text, by=None):
    return publish_form(project=project, text=text, created_by=by)


def test_a_change_is_a_new_version_and_the_same_text_is_none(project, admin):
    assert publish(project, "One.", admin).version == 1
    assert publish(project, " One. ", admin).version == 1
    assert publish(project, "Two.", admin).version == 2
    assert form_in_force(project).text == "Two."
    publish(project, "")
    assert form_in_force(project) is None
    assert AuditEvent.objects.filter(action="consent_form.published").count() == 3


def test_who_agreed_is_asked_again_by_a_new_version(project, labeler):
    first = publish(project, "One.")
    give_consent(project=project, person=labeler, version=1)
    give_consent(project=project, person=labeler, version=1)
    assert has_consented(form=first, person=labeler)
    second = publish(project, "Two.")
    assert not has_consented(form=second, person=labeler)
    with pytest.raises(ValidationError, match="newer version"):
        give_consent(project=project, person=labeler, version=1)
    assert AuditEvent.objects.filter(action="consent.given").count() == 1


def test_consent_is_taken_back_and_given_again(project, labeler):
    form = publish(project, "One.")
    give_consent(project=project, person=labeler, version=1)
    assert withdraw_consent(project=project, person=labeler) == 1
    assert withdraw_consent(project=project, person=labeler) == 0
    assert not has_consented(form=form, person=labeler)
    give_consent(project=project, person=labeler, version=1)
    assert has_consented(form=form, person=labeler)


def test_where_people_are_screened_work_needs_consent(project, labeler):
    Project.objects.filter(pk=project.pk).update(is_screened=True)
    project.refresh_from_db()
    publish(project, "One.")
    qualifying.record_stage(project=project, person=labeler, stage="qualified", recorded_by=None)
    for agreed in (False, True):
        if agreed:
            give_consent(project=project, person=labeler, version=1)
        standing = qualifying.standings_of(labeler, [project])[project.pk]
        assert standing.may_label is agreed
        assert qualifying.may_work(project=project, person=labeler) is agreed
    publish(project, "Two.")
    assert qualifying.standings_of(labeler, [project])[project.pk].needs == "consent"
    withdraw_consent(project=project, person=labeler)
    assert not qualifying.may_work(project=project, person=labeler)


def test_a_form_has_a_length(project):
    with pytest.raises(ValidationError) as refused:
        publish(project, "x" * 50_001)
    assert "text" in refused.value.message_dict
