"""What a delivery says: ids, pseudonyms, codes and links of its audit events, as JSON.

Read from the audit trail when it is sent, so the same delivery says the same again. Which details
of an event are told stands in `events`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from labelers.models import AuditEvent, Person, WebhookDelivery
from labelers.webhooks.events import EVENTS

LINKS: dict[str, tuple[str, str, bool]] = {
    "task": ("item", "api-item", True),
    "import": ("import", "api-import", True),
    "snapshot": ("snapshot", "api-snapshot", False),
    "run": ("run", "api-run", False),
}
"""By the noun of an event's subject: its page, its API address, and whether both need the slug."""


def bodies(deliveries: Iterable[WebhookDelivery]) -> dict[int, bytes]:
    """The request body of each delivery, by its key; two queries for all of them."""
    deliveries = list(deliveries)
    wanted = {event for delivery in deliveries for event in delivery.event_ids}
    rows = AuditEvent.objects.filter(pk__in=wanted).select_related("actor", "project")
    events = {event.pk: event for event in rows}
    named = {
        int(number)
        for noun, _, number in (event.subject.partition(":") for event in events.values())
        if noun == "person" and number.isdigit()
    }
    pseudonyms = dict(Person.objects.filter(pk__in=named).values_list("pk", "pseudonym"))
    return {
        delivery.pk: _body(
            delivery, [events[pk] for pk in delivery.event_ids if pk in events], pseudonyms
        )
        for delivery in deliveries
    }


def _body(
    delivery: WebhookDelivery, events: list[AuditEvent], pseudonyms: Mapping[int, str]
) -> bytes:
    said: dict[str, Any] = {
        "id": str(delivery.uid),
        "webhook": str(delivery.webhook.uid),
        "sequence": delivery.sequence,
        "created_at": delivery.created_at.isoformat(),
        "test": delivery.kind == WebhookDelivery.Kind.TEST,
        "events": [told(event, pseudonyms) for event in events],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def told(event: AuditEvent, pseudonyms: Mapping[int, str]) -> dict[str, Any]:
    """What a webhook says of one audit event."""
    slug = event.project.slug if event.project else None
    noun, _, identifier = event.subject.partition(":")
    subject = event.subject
    if noun == "person":
        subject = f"labeler:{pseudonyms.get(int(identifier), '') if identifier.isdigit() else ''}"
    return {
        "id": str(event.uid),
        "event": event.action,
        "at": event.at.isoformat(),
        "project": slug,
        "actor": event.actor.pseudonym if event.actor else None,
        "subject": subject,
        "detail": _details(event),
        "links": _links(noun, identifier, slug),
    }


def _details(event: AuditEvent) -> dict[str, Any]:
    known = EVENTS.get(event.action)
    if known is None:
        return {}
    return {
        name: value
        for name, value in event.detail.items()
        if name in known.details or (known.counts and type(value) is int)
    }


def _links(noun: str, identifier: str, slug: str | None) -> dict[str, str]:
    """Addresses of the page and the API."""
    names: tuple[str, ...] = ("project", "api-project")
    args: list[str] = [slug or ""]
    if noun in LINKS:
        page, api, needs_slug = LINKS[noun]
        names, args = (page, api), [slug or "", identifier] if needs_slug else [identifier]
    try:
        paths = [reverse(name, args=args) for name in names]
    except NoReverseMatch:
        # An event of the whole site, or of something without a page.
        return {}
    site = settings.PUBLIC_URL
    return {"page": site + paths[0], "api": site + paths[1]}
