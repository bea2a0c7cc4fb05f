"""Which webhooks there are, how they fare, and the log of their deliveries."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from labelers import roles
from labelers.models import Person, Project, Webhook, WebhookDelivery, WebhookWaiting


def place_of(person: Person, slug: str | None) -> Project | None:
    """The project whose webhooks `person` may manage; None without `slug`: the whole site.

    Raises:
        Http404: there is no such project for them.
        PermissionDenied: they may not manage it, or are not staff.
    """
    if slug is not None:
        return roles.find_project(person, slug, roles.MANAGING)
    if not person.is_staff:
        raise PermissionDenied(_("Only staff may manage the webhooks of the whole site."))
    return None


def webhooks_of(project: Project | None) -> QuerySet[Webhook]:
    """The webhooks of a project or of the whole site, newest first, with their figures."""
    counted = Count("deliveries", filter=Q(deliveries__state=WebhookDelivery.State.WAITING))
    arrived = Max(
        "deliveries__finished_at", filter=Q(deliveries__state=WebhookDelivery.State.DELIVERED)
    )
    return (
        Webhook.objects.filter(project=project)
        .select_related("project")
        .annotate(deliveries_waiting=counted, last_arrived_at=arrived)
    )


def find_webhook(person: Person, uid: UUID) -> Webhook:
    """The webhook with this id, if `person` manages the place it belongs to.

    Raises:
        Http404: there is none for them.
        PermissionDenied: they know of the project, but do not manage it.
    """
    webhook = Webhook.objects.select_related("project").filter(uid=uid).first()
    if webhook is None or (webhook.project is None and not person.is_staff):
        raise Http404(_("No such webhook."))
    if webhook.project is not None:
        try:
            roles.require(person, webhook.project, roles.MANAGING)
        except Http404 as problem:
            # A stranger learns no more than where there is none.
            raise Http404(_("No such webhook.")) from problem
    return webhook


def events_waiting(webhook: Webhook) -> int:
    """How many events are not yet part of a delivery."""
    return WebhookWaiting.objects.filter(webhook=webhook).count()


def log_of(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """Its deliveries, newest first."""
    return webhook.deliveries.select_related("webhook").order_by("-id")
