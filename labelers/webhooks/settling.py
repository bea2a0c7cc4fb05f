"""What follows from an attempt: arrived, tried again later, given up, or the webhook switched off.

A request that nobody answered puts off all that goes to its webhook; one that was refused, itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from labelers import audit, notifying
from labelers.models import Person, Webhook, WebhookDelivery

OFF_AFTER = 5
"""Deliveries given up in a row after which a webhook is switched off."""
KEPT_ATTEMPTS = 15
SLOWEST = timedelta(hours=4)
LONGEST_QUIET = timedelta(minutes=10)
BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: a status, or, where nothing answered, a sentence in `error`."""

    status: int
    seconds: float
    error: str = ""
    response: str = ""
    retry_after: int = 0

    @property
    def arrived(self) -> bool:
        """Whether the receiver has taken it."""
        return 200 <= self.status < 300

    @property
    def is_of_the_line(self) -> bool:
        """Whether the receiver as a whole is away or overloaded, whatever it is sent."""
        return self.status == 0 or self.status in BUSY


@transaction.atomic
def settle(*, delivery: int, outcome: Outcome) -> None:
    """Write down an attempt, and what follows from it for the delivery and its webhook."""
    key = WebhookDelivery.objects.filter(pk=delivery).values_list("webhook", flat=True).first()
    # The webhook first, as everywhere.
    webhook = Webhook.objects.select_for_update().filter(pk=key).first()
    found = WebhookDelivery.objects.select_for_update().filter(pk=delivery).first()
    if webhook is None or found is None:
        return  # Removed meanwhile.
    now = timezone.now()
    found.attempts = [
        *found.attempts[1 - KEPT_ATTEMPTS :],
        {
            "at": now.isoformat(),
            "status": outcome.status,
            "seconds": outcome.seconds,
            "error": outcome.error,
            "response": outcome.response,
        },
    ]
    found.leased_until = None
    if found.state != WebhookDelivery.State.WAITING:
        # Its lease had run out, and another worker has been faster.
        found.save()
        return
    if outcome.arrived:
        found.state, found.finished_at = WebhookDelivery.State.DELIVERED, now
        webhook.failures, webhook.failing_since = 0, None
        webhook.failed_connections, webhook.quiet_until = 0, None
    else:
        _put_off(webhook, found, outcome, now)
    found.save()
    webhook.save()


def _put_off(webhook: Webhook, delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    """Try again later; after a day, give up, and after several of those, switch off."""
    asked = timedelta(seconds=outcome.retry_after)
    delivery.next_at = now + max(pause_after(delivery.attempt_count), asked)
    if outcome.is_of_the_line:
        webhook.failed_connections += 1
        pause = min(pause_after(webhook.failed_connections), LONGEST_QUIET)
        webhook.quiet_until = now + max(pause, min(asked, SLOWEST))
    if delivery.next_at <= delivery.give_up_at:
        return
    delivery.state, delivery.finished_at = WebhookDelivery.State.FAILED, now
    if delivery.kind == WebhookDelivery.Kind.TEST:
        return
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    if webhook.is_on and webhook.failures >= OFF_AFTER:
        _switch_off(webhook)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 10 s, then three times as long each, to 4 hours."""
    return min(timedelta(seconds=10 * 3 ** min(attempts - 1, 10)), SLOWEST)


def _switch_off(webhook: Webhook) -> None:
    webhook.is_on, webhook.off_because = False, Webhook.Reason.FAILURES
    audit.record(
        actor=None,
        action="webhook.switched_off",
        project=webhook.project,
        subject=f"webhook:{webhook.uid}",
        failures=webhook.failures,
    )
    told = {"kind": "webhook_off", "detail": {"name": webhook.name, "uid": str(webhook.uid)}}
    if webhook.project is not None:
        notifying.notify_admins(project=webhook.project, **told)
        return
    for person in Person.objects.filter(is_staff=True, is_active=True):
        notifying.notify(person=person, project=None, **told)
