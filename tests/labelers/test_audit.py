"""Deeds and their audit rows stand or fall together."""

from __future__ import annotations

import pytest
from django.db import transaction

from labelers import audit, qualifying
from labelers.models import AuditEvent, Qualification


@pytest.mark.django_db(transaction=True)
def test_a_row_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError, match="outside the transaction"):
        audit.record(actor=None, action="test.done")


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_fails_leaves_no_row():
    @transaction.atomic
    def fail():
        audit.record(actor=None, action="test.done")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not AuditEvent.objects.exists()


def test_a_stage_is_written_with_who_and_why(project, labeler, admin):
    for stage in ("training", "suspended"):
        qualifying.record_stage(
            project=project, person=labeler, stage=stage, recorded_by=admin, reason="too fast"
        )
    assert Qualification.objects.get().stage == "suspended"
    assert not qualifying.may_work(project=project, person=labeler)
    event = AuditEvent.objects.filter(action="qualification.recorded").first()
    assert (event.actor, event.detail["reason"]) == (admin, "too fast")
