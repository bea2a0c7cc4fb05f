"""Deliveries arrive: every event at least once, whoever dies, and nobody waits for the slow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from labelers import audit
from labelers.models import AuditEvent, WebhookDelivery, WebhookWaiting
from labelers.reaching import guarded_session
from labelers.webhooks import delivering, keeping
from labelers.webhooks.delivering import claim, deliver, make_deliveries
from tests.at_once import at_once
from tests.labelers.webhooks.receiving import Receiver


def told(receiver: Receiver) -> list[str]:
    return receiver.events()


def ids(**fields) -> list[str]:
    return [str(event.uid) for event in AuditEvent.objects.filter(**fields).order_by("id")]


@pytest.mark.django_db(transaction=True)
class TestWhatWaits:
    """The database keeps events for those who listen, in the transaction of the deed."""

    def test_only_what_is_listened_to(self, make_webhook, happen, project_factory):
        hook, _secret = make_webhook(events=["task.skipped"])
        off, _secret = make_webhook(events=["task.skipped"])
        keeping.change_webhook(webhook=off, changed_by=None, is_on=False)
        happen()
        happen(action="task.reported")
        happen(of=project_factory("another"))
        happen(of=None)
        assert list(WebhookWaiting.objects.values_list("webhook", flat=True)) == [hook.pk]

    def test_the_whole_site(self, make_webhook, happen, project_factory):
        hook, _secret = make_webhook(project=None)
        happen()
        happen(of=project_factory("another"))
        happen(of=None)
        assert WebhookWaiting.objects.filter(webhook=hook).count() == 3

    def test_a_deed_that_fails_tells_nothing(self, make_webhook, project):
        make_webhook()
        with transaction.atomic():
            audit.record(actor=None, action="task.skipped", project=project)
            transaction.set_rollback(True)
        assert not WebhookWaiting.objects.exists()

    def test_a_deed_that_ends_late_is_not_passed_over(
        self, make_webhook, happen, session, receiver
    ):
        make_webhook()

        def late():
            with transaction.atomic():
                audit.record(actor=None, action="task.skipped", subject="task:late", project=_of())
                begun.append(1)
                while len(begun) < 2:
                    time.sleep(0.01)

        def early():
            while not begun:
                time.sleep(0.01)
            happen()
            deliver(seconds=30, session=session)
            deliver(seconds=30, session=session)
            assert len(receiver.events()) == 1
            begun.append(1)

        def _of():
            from labelers.models import Project

            return Project.objects.get(slug="essays")

        begun: list[int] = []
        assert at_once(late, early) == []
        deliver(seconds=30, session=session)
        assert sorted(receiver.events()) == sorted(ids(action="task.skipped"))


@pytest.mark.django_db(transaction=True)
class TestARound:
    """From what waits to what arrived."""

    def test_events_arrive_in_batches_with_numbers(self, make_webhook, happen, session, receiver):
        hook, _secret = make_webhook(batch_size=2)
        happen(5)
        assert deliver(seconds=30, session=session) == 3
        assert sorted(told(receiver)) == sorted(ids(action="task.skipped"))
        assert sorted(body["sequence"] for body in receiver.bodies()) == [1, 2, 3]
        sizes = {body["sequence"]: len(body["events"]) for body in receiver.bodies()}
        assert sizes == {1: 2, 2: 2, 3: 1}
        assert set(hook.deliveries.values_list("state", flat=True)) == {"delivered"}
        attempt = hook.deliveries.first().attempts[0]
        assert attempt["status"] == 200
        assert attempt["response"].startswith("said � by the receiver")
        assert len(attempt["response"]) <= delivering.KEPT_BYTES
        assert deliver(seconds=30, session=session) == 0
        hook.refresh_from_db()
        assert hook.next_sequence == 4

    def test_the_backlog_of_one_that_is_away_stays_small(self, make_webhook, happen):
        hook, _secret = make_webhook(batch_size=1)
        happen(delivering.AHEAD + 30)
        claim(webhook=hook.pk)
        assert hook.deliveries.count() == delivering.AHEAD
        assert WebhookWaiting.objects.count() == 30

    def test_a_slow_receiver_does_not_hold_up_another(self, make_webhook, happen, receiver):
        receiver.held.add("/slow")
        make_webhook("/slow", batch_size=1)
        make_webhook("/quick", batch_size=1)
        happen(12)

        def watch():
            try:
                until = time.monotonic() + 30
                while len(receiver.bodies("/quick")) < 12 and time.monotonic() < until:
                    time.sleep(0.01)
                assert len(receiver.bodies("/quick")) == 12
                assert len(receiver.bodies("/slow")) == delivering.AT_ONCE_EACH
            finally:
                receiver.released.set()

        session = guarded_session(seconds=60)
        assert at_once(watch, lambda: deliver(seconds=30, session=session)) == []
        assert len(receiver.bodies("/slow")) == 12

    def test_two_workers_send_nothing_twice(self, make_webhook, happen, session, receiver):
        receiver.answers["/"] = 0.02
        make_webhook(batch_size=1)
        happen(40)
        work = [lambda: deliver(seconds=30, session=session)] * 3
        assert at_once(*work) == []
        assert sorted(told(receiver)) == sorted(ids(action="task.skipped"))
        assert receiver.most_at_work <= delivering.AT_ONCE_EACH

    def test_switched_off_it_sends_tests_alone(
        self, make_webhook, happen, session, receiver, admin
    ):
        hook, _secret = make_webhook()
        happen(1)
        claim(webhook=hook.pk)
        WebhookDelivery.objects.update(leased_until=None)
        keeping.change_webhook(webhook=hook, changed_by=admin, is_on=False)
        keeping.send_test(webhook=hook, sent_by=admin)
        deliver(seconds=30, session=session)
        assert [body["test"] for body in receiver.bodies()] == [True]
        keeping.change_webhook(webhook=hook, changed_by=admin, is_on=True)
        deliver(seconds=30, session=session)
        assert told(receiver) == ids(action="task.skipped")


@pytest.mark.django_db(transaction=True)
class TestWorkersThatDie:
    """A lease runs out, and another worker takes it up under the same id."""

    def test_a_lease_that_ran_out_is_taken_up(self, make_webhook, happen, session, receiver):
        hook, _secret = make_webhook()
        happen()
        [lost] = claim(webhook=hook.pk)
        assert claim(webhook=hook.pk) == []
        assert deliver(seconds=30, session=session) == 0
        hook.deliveries.update(leased_until=timezone.now() - timedelta(seconds=1))
        deliver(seconds=30, session=session)
        [(_path, headers, body)] = receiver.got
        assert headers["Accord-Delivery"] == lost.headers["Accord-Delivery"]
        assert headers["Accord-Attempt"] == "2"
        assert body == lost.body

    def test_kill_9_in_the_middle_loses_no_event(self, make_webhook, happen, session, receiver):
        # Slow enough that the kill comes in the middle on a busy machine, too.
        receiver.answers["/"] = 0.25
        hook, _secret = make_webhook(batch_size=1)
        happen(60)
        code = (
            "import os, django; django.setup();"
            "from labelers.webhooks.delivering import deliver;"
            "from labelers.reaching import guarded_session;"
            "deliver(seconds=30, session=guarded_session("
            "seconds=2, max_bytes=2000, resolve=lambda host, port: ['127.0.0.1']))"
        )
        # The database of this test, by the name that pytest gave it.
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
        env["DATABASE_URL"] = _address_of_test_database()
        sender = subprocess.Popen([sys.executable, "-c", code], env=env)
        until = time.monotonic() + 30
        while len(receiver.got) < 8 and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        assert 8 <= len(receiver.got) < 60
        receiver.answers["/"] = 0
        hook.deliveries.filter(state="waiting").update(leased_until=None)
        deliver(seconds=30, session=session)
        assert set(told(receiver)) == set(ids(action="task.skipped"))
        # What came twice came under one id.
        deliveries = {headers["Accord-Delivery"] for _path, headers, _body in receiver.got}
        assert len(deliveries) == 60


def _address_of_test_database() -> str:
    from django.db import connection
    from psycopg.conninfo import make_conninfo

    given = connection.get_connection_params()
    named = {
        name: given[name]
        for name in ("host", "port", "user", "password", "dbname")
        if given.get(name)
    }
    return make_conninfo(**named)


@pytest.mark.django_db
def test_forgetting(make_webhook, happen):
    hook, _secret = make_webhook()
    happen(3)
    make_deliveries(hook, timezone.now())
    WebhookDelivery.objects.update(
        state="delivered", finished_at=timezone.now() - delivering.KEPT_FOR * 2
    )
    WebhookWaiting.objects.create(webhook_id=hook.pk + 1000, event_id=1)
    assert delivering.forget_old() == 2
    assert not WebhookDelivery.objects.exists()
