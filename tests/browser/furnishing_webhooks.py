"""Webhooks of a project and of the site, with a log that has everything a page can show."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from labelers import audit
from labelers.models import Webhook
from labelers.webhooks import signing
from labelers.webhooks.delivering import claim
from labelers.webhooks.settling import Outcome, settle


def furnish_webhooks(house, project) -> None:
    """One that works with a failing past, one that is off, and one of the whole site."""
    house.webhooks = [
        _made(project, "Σύστημα", is_on=True),
        _made(project, "Παλιό", is_on=False, off_because="failures"),
        _made(None, "Παντού", is_on=True, failing_since=timezone.now()),
    ]
    hook = house.webhooks[0]
    for _ in range(3):
        with transaction.atomic():
            audit.record(
                actor=house.admin, action="task.skipped", project=project, subject="task:1"
            )
        claim(webhook=hook.pk)
        hook.deliveries.update(leased_until=None)
    first, second = hook.deliveries.order_by("sequence")[:2]
    settle(delivery=first.pk, outcome=Outcome(0, 10.0, "ι.example did not answer in time."))
    Webhook.objects.filter(pk=hook.pk).update(quiet_until=None)
    settle(delivery=first.pk, outcome=Outcome(200, 0.12, response="καλά"))
    hook.deliveries.filter(pk=second.pk).update(give_up_at=timezone.now())
    settle(delivery=second.pk, outcome=Outcome(500, 0.3, response="όχι"))
    Webhook.objects.filter(pk=hook.pk).update(failing_since=None, failures=0)


def _made(project, name: str, **fields) -> Webhook:
    made = Webhook.objects.create(
        project=project,
        name=name,
        url=f"https://{name.lower()}.example/{'α' * 60}",
        events=["task.skipped", "snapshot.done"],
        **fields,
    )
    made.secrets.create(
        seed=signing.new_seed(),
        secret_hash="0" * 64,
        expires_at=timezone.now() + timedelta(hours=5),
    )
    return made
