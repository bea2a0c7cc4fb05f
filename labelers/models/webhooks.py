"""Webhooks: where programs are told of deeds, with which secrets, and what became of each telling.

What waits to be told is written by the database itself (trigger ``accord_webhooks_wait``) in the
transaction of the deed, so that no event is lost and deeds that nobody listens to cost nothing.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labelers.models.people import Person
from labelers.models.projects import Project

MOST_IN_A_REQUEST = 100


class Webhook(models.Model):
    """An address that is told of the ``events`` of a project, or, without one, of the whole site.

    ``failures`` counts the deliveries given up since the last success, ``failed_connections`` the
    attempts in a row that nobody answered; until ``quiet_until`` none is made. The next delivery
    gets the number ``next_sequence``.
    """

    class Reason(models.TextChoices):
        PERSON = "person", _("Switched off by an admin")
        FAILURES = "failures", _("Switched off because deliveries kept failing")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(
        Project, null=True, on_delete=models.CASCADE, related_name="webhooks"
    )
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=2000)
    events = ArrayField(models.CharField(max_length=60))
    batch_size = models.PositiveSmallIntegerField(
        default=50, validators=[MinValueValidator(1), MaxValueValidator(MOST_IN_A_REQUEST)]
    )
    is_on = models.BooleanField(default=True)
    off_because = models.CharField(max_length=8, choices=Reason, blank=True)
    next_sequence = models.BigIntegerField(default=1)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    failed_connections = models.PositiveIntegerField(default=0)
    quiet_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class WebhookSecret(models.Model):
    """A secret that deliveries are signed with; two hold at once while one replaces the other.

    The secret itself is stored nowhere: it is made of the site's secret key and ``seed``, and
    ``secret_hash`` tells when that key is no longer the one it was made with.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="secrets")
    seed = models.CharField(max_length=64)
    secret_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"secret of {self.webhook}"


class WebhookWaiting(models.Model):
    """One audit event that one webhook is still to be told of. Only the database writes it.

    Without constraints to other tables: each would lock the webhook's row in every deed.
    """

    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    event_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["webhook", "event_id"], name="waiting_by_webhook")]

    def __str__(self) -> str:
        return f"event {self.event_id} for {self.webhook_id}"


class WebhookDelivery(models.Model):
    """One request with its events, and every attempt to make it.

    ``attempts`` holds ``{at, status, seconds, error, response}`` of each, the last ones of many.
    ``leased_until`` is set while a worker is at it; when that worker dies, another takes it up.
    """

    class Kind(models.TextChoices):
        EVENTS = "events", _("Events")
        TEST = "test", _("Test")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    sequence = models.BigIntegerField()
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.EVENTS)
    event_ids = ArrayField(models.BigIntegerField(), default=list)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempt_count = models.PositiveIntegerField(default=0)
    attempts = models.JSONField(default=list)
    next_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "sequence"], name="deliveries_in_sequence")
        ]
        indexes = [
            models.Index(
                fields=["webhook", "next_at"], name="deliveries_due", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["finished_at"], name="deliveries_ended", condition=~Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.sequence} of {self.webhook}"
