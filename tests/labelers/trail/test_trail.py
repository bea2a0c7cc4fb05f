"""The audit trail: that it stays, who may read it, how it is narrowed and paged."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from labelers import audit
from labelers.models import AuditEvent
from labelers.trail import reading

PAGE, API = "/projects/essays/audit/", "/api/v1/projects/essays/audit/"


def do(actor, project, *actions, **detail):
    with transaction.atomic():
        for action in actions:
            audit.record(actor=actor, project=project, action=action, **detail)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.update(action="x.y"),
        lambda rows: rows.update(actor=None, action="x.y"),
        lambda rows: rows.update(detail={}),
        lambda rows: rows.delete(),
    ],
)
def test_the_database_refuses_to_change_the_trail(labeler, project, change):
    do(labeler, project, "task.skipped", why="none")
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        change(AuditEvent.objects.all())
    assert AuditEvent.objects.get().detail == {"why": "none"}


def test_a_person_who_goes_leaves_the_rows_without_a_name(labeler, project):
    do(labeler, project, "task.skipped")
    labeler.delete()
    assert AuditEvent.objects.get(action="task.skipped").actor is None


def test_erasing_may_rewrite_and_only_inside_its_block(labeler, project):
    do(labeler, project, "task.skipped", name="aiko")
    with transaction.atomic(), audit.rewriting():
        AuditEvent.objects.update(detail={})
    assert AuditEvent.objects.get().detail == {}
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.update(detail={"x": 1})


def test_admins_read_their_project_staff_everything_others_nothing(
    client, admin, labeler, stranger, project, person_factory
):
    do(labeler, project, "task.skipped")
    do(labeler, None, "person.signed_in")
    for person, expected in ((labeler, 403), (stranger, 404), (admin, 200)):
        client.force_login(person)
        assert client.get(PAGE).status_code == expected
        assert client.get(API).status_code == expected
        assert client.get(reverse("trail-file", args=["essays"])).status_code == expected
        for name in ("site-trail", "site-trail-file", "api-site-trail"):
            assert client.get(reverse(name)).status_code == 403
    assert {row["action"] for row in client.get(API).json()["results"]} >= {"task.skipped"}
    assert "person.signed_in" not in client.get(PAGE).content.decode()
    client.force_login(person_factory("boss", is_staff=True))
    assert "person.signed_in" in client.get(reverse("site-trail")).content.decode()
    assert len(client.get(reverse("api-site-trail")).json()["results"]) >= 2


def test_reading_the_trail_is_written_down_and_is_no_deed(client, admin, project):
    client.force_login(admin)
    client.get(PAGE, {"person": "ada"})
    event = AuditEvent.objects.get(action="audit.viewed")
    assert (event.actor, event.is_reading, event.detail) == (
        admin,
        True,
        {"filters": {"person": "ada"}},
    )


def test_details_of_any_name_are_shown_and_empty_ones_are_not(client, admin, project):
    do(admin, project, "payment.settled", items=3, keys="k", error="", is_gold=False)
    client.force_login(admin)
    text = client.get(PAGE).text
    assert "items=3" in text
    assert "keys=k" in text
    assert "is_gold=False" in text
    assert "error=" not in text


def test_it_is_narrowed_by_person_action_time_and_kind(admin, labeler, project):
    do(labeler, project, "task.skipped", "judgment.submitted")
    do(admin, project, "judgment.submitted")
    audit.record_reading(actor=admin, project=project, action="item.viewed")
    with transaction.atomic(), audit.rewriting():
        first = AuditEvent.objects.order_by("id").first()
        AuditEvent.objects.filter(pk=first.pk).update(at=timezone.now() - timedelta(days=3))

    def found(**given):
        rows = reading.events(project=project, filters=reading.parse(given))
        return sorted(row.action for row in rows)

    assert found(person="aiko") == ["judgment.submitted", "task.skipped"]
    assert found(person="nobody") == []
    assert found(action="judgment.") == ["judgment.submitted"] * 2
    assert found(reading="1") == ["item.viewed"]
    day = (timezone.now() - timedelta(days=2)).date().isoformat()
    assert found(until=day) == ["task.skipped"]
    assert len(found(since=day)) == 3


def test_an_old_day_is_found_by_halving(project, django_assert_max_num_queries):
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(project=project, action="a.b", at=now - timedelta(hours=400 - hour))
        for hour in range(400)
    )
    since, until = now - timedelta(hours=300.5), now - timedelta(hours=290.5)
    with django_assert_max_num_queries(26):
        rows = reading.events(project=project, filters=reading.Filters(since=since, until=until))
        assert rows.count() == 10
    assert "BETWEEN" not in str(rows.query)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"reading": "yes"}, "reading"),
        ({"actor__password__startswith": "a"}, None),
    ],
)
def test_a_filter_that_means_nothing_is_refused(client, admin, given, field):
    client.force_login(admin)
    assert client.get(PAGE, given).status_code == 400
    refused = client.get(API, given)
    assert refused.status_code == 400
    if field:
        assert field in refused.json()["errors"]


def test_pages_follow_one_another_without_gaps(client, admin, labeler, project):
    do(labeler, project, *["task.skipped"] * (reading.PAGE_SIZE + 3))
    client.force_login(admin)
    first = client.get(PAGE, {"action": "task."})
    second = client.get(PAGE, {"action": "task.", "before": first.context["next_before"]})
    seen = [event.pk for page in (first, second) for event in page.context["events"]]
    assert len(seen) == len(set(seen)) == reading.PAGE_SIZE + 3
    assert "next_before" not in second.context
    api = client.get(API, {"action": "task.", "page_size": 2}).json()
    assert [row["id"] for row in api["results"]] == seen[:2]


def test_the_file_is_safe_in_spreadsheets(client, admin, project):
    do(admin, project, "task.reported", note="=1+1")
    do(admin, project, "=cmd|' /C calc'!A0")
    client.force_login(admin)
    answer = client.get(reverse("trail-file", args=["essays"]))
    assert answer["Content-Disposition"] == 'attachment; filename="audit-essays.csv"'
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["action"] for row in rows][:2] == ["audit.downloaded", "'=cmd|' /C calc'!A0"]
