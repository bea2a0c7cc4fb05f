"""Snapshots whose labels were voided since are marked, and nothing else of them changes."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.models import Judgment, Voiding
from annotation.watch import restoring, voiding
from exports.voiding import note_recent, note_voided, snapshots_holding
from labelers.notifying import address_of, unread_of
from tests.annotation.making import A_IS_BETTER

pytestmark = pytest.mark.django_db(transaction=True)


def test_only_a_snapshot_that_holds_a_voided_judgment_is_marked(project, label, freeze):
    label(project, [A_IS_BETTER, A_IS_BETTER])
    before = freeze(project, "before")
    assert note_voided() == 0
    first = Judgment.objects.order_by("id").first()
    Judgment.objects.filter(pk=first.pk).update(standing="voided", is_current=False, slot=None)
    after = freeze(project, "after")
    assert note_voided() == 1
    assert note_voided() == 0
    before.refresh_from_db()
    after.refresh_from_db()
    assert before.contains_voided
    assert not after.contains_voided


def test_admins_are_told_once_and_a_restored_one_is_unmarked(
    project, label, freeze, person_factory
):
    admin = person_factory("ada", project, "admin")
    label(project, [A_IS_BETTER])
    made = freeze(project, "before")
    person = Judgment.objects.get().person
    deed = voiding_of(project, person)
    assert note_recent() == 1
    assert note_recent() == 0
    (notice,) = unread_of(admin)
    assert notice.kind == "snapshot_holds_voided"
    assert address_of(notice) == reverse("snapshot", args=[made.uid])
    restoring.restore(voiding=deed, restored_by=admin)
    assert note_recent() == 0
    made.refresh_from_db()
    assert not made.contains_voided


def test_only_projects_of_recent_voidings_are_read_again(project, label, freeze, monkeypatch):
    label(project, [A_IS_BETTER])
    freeze(project)
    deed = voiding_of(project, Judgment.objects.get().person)
    Voiding.objects.filter(pk=deed.pk).update(voided_at=timezone.now() - timedelta(hours=1))
    assert note_recent() == 0
    assert note_voided() == 1


def test_the_snapshots_that_hold_answers_are_found(project, label, freeze):
    label(project, [A_IS_BETTER, A_IS_BETTER])
    first, second = Judgment.objects.order_by("id")
    both = freeze(project, "both")
    Judgment.objects.filter(pk=first.pk).update(standing="voided", is_current=False, slot=None)
    freeze(project, "one")
    assert snapshots_holding(project, [first.pk]) == [both]
    assert len(snapshots_holding(project, [second.pk])) == 2
    assert snapshots_holding(project, []) == []


def voiding_of(project, person):
    return voiding.void(
        project=project,
        person=person,
        since=timezone.now() - timedelta(days=1),
        reason="x",
        voided_by=None,
    )
