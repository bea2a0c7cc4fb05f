"""Making deliveries arrive: taking up what waits and sending it; `settling` says what follows.

A round claims deliveries under a lease, sends them from threads and writes down what came back.
Whoever dies in between leaves a lease that runs out, so every event arrives at least once; the
delivery's id tells a receiver what it has already had. Only few requests go to one webhook at a
time, so that a slow receiver waits for itself alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from labelers.models import Webhook, WebhookDelivery, WebhookWaiting
from labelers.reaching import GuardedSession, UnreachableError, guarded_session
from labelers.webhooks import payloads, signing
from labelers.webhooks.keeping import TRIED_FOR
from labelers.webhooks.settling import Outcome, settle

ROUND = 4.0
"""Seconds in which a round takes up new deliveries."""
SECONDS = 10.0
"""For one request from its beginning to its end."""
LEASE = timedelta(seconds=60)
AT_ONCE = 32
AT_ONCE_EACH = 4
AHEAD = 100
"""Deliveries that are made of what waits before any of them has arrived."""
KEPT_BYTES = 2000
KEPT_FOR = timedelta(days=7)
NO_SECRET = gettext_noop("The site's secret key was changed: make a new secret.")


@dataclass(frozen=True)
class Request:
    """One attempt, ready to be sent without the database."""

    delivery: int
    url: str
    headers: dict[str, str]
    body: bytes


def deliver(*, seconds: float = ROUND, session: GuardedSession | None = None) -> int:
    """Send what is due for at most `seconds`, and wait for what is then under way.

    Returns how many attempts were made.
    """
    session = session or guarded_session(seconds=SECONDS, max_bytes=KEPT_BYTES)
    ends = time.monotonic() + seconds
    under_way: dict[Future[Outcome], int] = {}
    made = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            if time.monotonic() < ends:
                for request in _claimed(AT_ONCE - len(under_way)):
                    under_way[pool.submit(send, request, session)] = request.delivery
            if not under_way:
                return made
            for future in wait(under_way, timeout=1, return_when=FIRST_COMPLETED).done:
                settle(delivery=under_way.pop(future), outcome=future.result())
                made += 1


def _claimed(most: int) -> Iterator[Request]:
    if most <= 0:
        return
    for webhook in busy_webhooks():
        requests = claim(webhook=webhook, most=most)
        yield from requests
        most -= len(requests)
        if most <= 0:
            return


def busy_webhooks() -> list[int]:
    """The keys of those with something to send now, in turn."""
    now = timezone.now()
    due = WebhookDelivery.objects.filter(_due(now), webhook=OuterRef("pk"))
    waits = WebhookWaiting.objects.filter(webhook=OuterRef("pk"))
    return list(
        Webhook.objects.filter(Q(quiet_until=None) | Q(quiet_until__lte=now))
        .filter(Exists(due) | (Q(is_on=True) & Exists(waits)))
        .order_by("?")
        .values_list("pk", flat=True)
    )


def _due(now: datetime) -> Q:
    return Q(state=WebhookDelivery.State.WAITING, next_at__lte=now) & (
        Q(leased_until=None) | Q(leased_until__lte=now)
    )


@transaction.atomic
def claim(*, webhook: int, most: int = AT_ONCE_EACH) -> list[Request]:
    """Take up to `most` due deliveries of a webhook under a lease; none while another does so."""
    found = Webhook.objects.select_for_update(skip_locked=True).filter(pk=webhook).first()
    if found is None:
        return []
    now = timezone.now()
    if found.is_on:
        make_deliveries(found, now)
    mine = WebhookDelivery.objects.filter(webhook=found)
    under_way = mine.filter(state=WebhookDelivery.State.WAITING, leased_until__gt=now).count()
    # Where nobody answered last time, one asks whether that has changed.
    free = (1 if found.failed_connections else AT_ONCE_EACH) - under_way
    due = mine.filter(_due(now))
    if not found.is_on:
        due = due.filter(kind=WebhookDelivery.Kind.TEST)
    claimed = list(due.order_by("next_at", "id")[: max(min(free, most), 0)])
    for delivery in claimed:
        delivery.webhook = found
        delivery.attempt_count += 1
        delivery.leased_until = now + LEASE
    WebhookDelivery.objects.bulk_update(claimed, ["attempt_count", "leased_until"])
    return _requests(found, claimed)


def make_deliveries(webhook: Webhook, now: datetime) -> None:
    """Make deliveries of the events that wait for a locked `webhook`, numbered one by one."""
    pending = WebhookDelivery.objects.filter(webhook=webhook, state=WebhookDelivery.State.WAITING)
    room = (AHEAD - pending.count()) * webhook.batch_size
    if room <= 0:
        return
    with connection.cursor() as cursor:
        # Two statements of one transaction, seen by nobody else in between: the webhook is locked.
        cursor.execute(
            "DELETE FROM labelers_webhookwaiting WHERE id IN ("
            "SELECT id FROM labelers_webhookwaiting WHERE webhook_id = %s ORDER BY event_id"
            " LIMIT %s) RETURNING event_id",
            [webhook.pk, room],
        )
        events = sorted(row[0] for row in cursor.fetchall())
    if not events:
        return
    size = webhook.batch_size
    made = [
        WebhookDelivery(
            webhook=webhook,
            sequence=webhook.next_sequence + number,
            event_ids=events[start : start + size],
            next_at=now,
            give_up_at=now + TRIED_FOR,
        )
        for number, start in enumerate(range(0, len(events), size))
    ]
    WebhookDelivery.objects.bulk_create(made)
    webhook.next_sequence += len(made)
    webhook.save(update_fields=["next_sequence"])


def _requests(webhook: Webhook, deliveries: list[WebhookDelivery]) -> list[Request]:
    if not deliveries:
        return []
    now = timezone.now()
    valid = webhook.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    found = [signing.find_secret(secret.seed, secret.secret_hash) for secret in valid]
    secrets = [secret for secret in found if secret]
    bodies = payloads.bodies(deliveries)
    return [
        Request(
            delivery=delivery.pk,
            # Without a secret it is not sent: nobody could tell it from a forged one.
            url=webhook.url if secrets else "",
            headers={
                "Content-Type": "application/json",
                "User-Agent": "Accord-Webhooks/1",
                "Accord-Delivery": str(delivery.uid),
                "Accord-Sequence": str(delivery.sequence),
                "Accord-Attempt": str(delivery.attempt_count),
                "Accord-Signature": signing.signature(
                    bodies[delivery.pk], int(now.timestamp()), secrets
                ),
            },
            body=bodies[delivery.pk],
        )
        for delivery in deliveries
    ]


def send(request: Request, session: GuardedSession) -> Outcome:
    """Make one attempt; never raises for what a receiver does."""
    if not request.url:
        return Outcome(0, 0.0, NO_SECRET)
    began = time.monotonic()
    try:
        with translation.override("en"):
            reply = session.request(
                "POST", request.url, headers=request.headers, body=request.body, truncate=True
            )
    except UnreachableError as problem:
        return Outcome(0, round(time.monotonic() - began, 3), str(problem))
    after = reply.headers.get("retry-after", "")
    return Outcome(
        status=reply.status,
        seconds=round(time.monotonic() - began, 3),
        response=reply.body.decode("utf-8", "replace").replace("\0", "�"),
        retry_after=min(int(after), 86400) if after.isascii() and after.isdigit() else 0,
    )


@transaction.atomic
def forget_old() -> int:
    """Delete what ended long ago, and what waits for webhooks that are gone; returns how many."""
    before = timezone.now() - KEPT_FOR
    ended = WebhookDelivery.objects.exclude(state=WebhookDelivery.State.WAITING)
    count, _by_model = ended.filter(finished_at__lt=before).delete()
    gone = ~Exists(Webhook.objects.filter(pk=OuterRef("webhook_id")))
    orphans, _by_model = WebhookWaiting.objects.filter(gone).delete()
    return count + orphans
