"""What follows from attempts: tried again for a day, given up, switched off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from labelers.models import AuditEvent, Notice, Webhook, WebhookDelivery
from labelers.webhooks import keeping, settling
from labelers.webhooks.delivering import claim, deliver
from labelers.webhooks.settling import Outcome, pause_after, settle

pytestmark = pytest.mark.django_db
REFUSED = Outcome(status=500, seconds=0.1, response="no")
AWAY = Outcome(status=0, seconds=0.1, error="receiver.example cannot be reached.")
TAKEN = Outcome(status=204, seconds=0.1)


@pytest.fixture
def hook(make_webhook, happen) -> Webhook:
    """A webhook with deliveries of one event each, of which one is under way."""
    made, _secret = make_webhook(batch_size=1)
    happen(8)
    claim(webhook=made.pk, most=1)
    return made


def first(hook) -> WebhookDelivery:
    return hook.deliveries.order_by("sequence")[0]


def make_old(delivery) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(give_up_at=timezone.now())


def test_attempts_are_made_for_a_day_ever_more_slowly():
    pauses = [pause_after(number) for number in range(1, 30)]
    assert pauses[:4] == [timedelta(seconds=s) for s in (10, 30, 90, 270)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=4)
    within_a_day = [n for n in range(1, 30) if sum(pauses[:n], timedelta()) < timedelta(days=1)]
    assert len(within_a_day) == 12


def test_a_refused_delivery_waits_alone(hook):
    settle(delivery=first(hook).pk, outcome=REFUSED)
    found = first(hook)
    assert (found.state, found.leased_until) == ("waiting", None)
    assert timedelta(seconds=8) < found.next_at - timezone.now() <= timedelta(seconds=10)
    assert found.attempts[0]["response"] == "no"
    hook.refresh_from_db()
    assert hook.quiet_until is None
    assert len(claim(webhook=hook.pk, most=9)) == 4


def test_one_that_is_away_is_left_in_peace_and_then_asked_once(hook):
    settle(delivery=first(hook).pk, outcome=AWAY)
    hook.refresh_from_db()
    assert hook.quiet_until > timezone.now()
    assert deliver(seconds=30) == 0
    Webhook.objects.update(quiet_until=None)
    assert len(claim(webhook=hook.pk, most=9)) == 1
    settle(delivery=hook.deliveries.order_by("sequence")[1].pk, outcome=TAKEN)
    assert len(claim(webhook=hook.pk, most=9)) == 4


def test_a_receiver_says_how_long_to_wait(hook):
    settle(delivery=first(hook).pk, outcome=Outcome(429, 0.1, retry_after=3600))
    hook.refresh_from_db()
    for until in (hook.quiet_until, first(hook).next_at):
        assert until - timezone.now() > timedelta(minutes=59)


def test_after_a_day_it_is_given_up_and_after_five_switched_off(hook, admin):
    for number in range(settling.OFF_AFTER):
        Webhook.objects.update(quiet_until=None)
        WebhookDelivery.objects.update(leased_until=None)
        delivery = hook.deliveries.order_by("sequence")[number]
        make_old(delivery)
        settle(delivery=delivery.pk, outcome=REFUSED)
        hook.refresh_from_db()
        assert hook.failures == number + 1
        assert hook.failing_since is not None
    assert (hook.is_on, hook.off_because) == (False, "failures")
    assert hook.deliveries.filter(state="failed").count() == 5
    notice = Notice.objects.get(person=admin)
    assert (notice.kind, notice.detail["name"]) == ("webhook_off", "Hook")
    assert AuditEvent.objects.filter(action="webhook.switched_off").count() == 1
    on = keeping.change_webhook(webhook=hook, changed_by=admin, is_on=True)
    assert (on.failures, on.failing_since, on.off_because) == (0, None, "")


def test_staff_hear_of_a_webhook_of_the_site(make_webhook, happen, person_factory, project):
    boss = person_factory("boss", is_staff=True)
    hook, _secret = make_webhook(project=None)
    happen()
    claim(webhook=hook.pk)
    Webhook.objects.update(failures=settling.OFF_AFTER - 1)
    make_old(first(hook))
    settle(delivery=first(hook).pk, outcome=AWAY)
    assert Notice.objects.get().person == boss


def test_a_success_makes_good(hook):
    Webhook.objects.update(failures=3, failing_since=timezone.now(), failed_connections=2)
    settle(delivery=first(hook).pk, outcome=TAKEN)
    hook.refresh_from_db()
    assert (hook.failures, hook.failing_since, hook.failed_connections) == (0, None, 0)
    assert first(hook).state == "delivered"


def test_a_test_that_fails_says_nothing_of_the_webhook(hook, admin):
    test = keeping.send_test(webhook=hook, sent_by=admin)
    settle(delivery=test.pk, outcome=REFUSED)
    hook.refresh_from_db()
    test.refresh_from_db()
    assert (hook.failures, test.state) == (0, "failed")


def test_who_comes_too_late_changes_nothing(hook):
    settle(delivery=first(hook).pk, outcome=TAKEN)
    settle(delivery=first(hook).pk, outcome=AWAY)
    hook.refresh_from_db()
    assert (first(hook).state, hook.failed_connections) == ("delivered", 0)
    assert len(first(hook).attempts) == 2


def test_of_many_attempts_the_last_are_kept(hook):
    for _ in range(20):
        settle(delivery=first(hook).pk, outcome=REFUSED)
    assert len(first(hook).attempts) == settling.KEPT_ATTEMPTS


def test_removed_meanwhile(hook, admin):
    delivery = first(hook).pk
    keeping.remove_webhook(webhook=hook, removed_by=admin)
    settle(delivery=delivery, outcome=TAKEN)
