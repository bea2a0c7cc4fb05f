"""What was done (the audit trail), what people are told of it, and tokens for programs."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelers.models.people import Person
from labelers.models.projects import Project


class Notice(models.Model):
    """Something a person should know; ``kind`` names the sentence, which ``detail`` fills in."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    project = models.ForeignKey(
        Project, null=True, on_delete=models.CASCADE, related_name="notices"
    )
    kind = models.CharField(max_length=40)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["person", "-id"], name="unread", condition=Q(read_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person}"


class ApiToken(models.Model):
    """A personal key to the API with a limited purpose. Shown once; only its hash is stored."""

    class Scope(models.TextChoices):
        LABEL = "label", _("Label")
        ADMIN = "admin", _("Administer")
        EXPORT = "export", _("Export")
        TRAIN = "train", _("Train")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"token {self.name} of {self.person}"

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def scope_names(self) -> list[str]:
        """What it may do, in the viewer's language."""
        return [str(self.Scope(scope).label) for scope in self.scopes]


class AuditEvent(models.Model):
    """One deed: who did what to what, when. Written in the transaction of the deed itself.

    The database refuses to change or delete a row (trigger ``accord_audit_stays``), except to
    take the actor's name away, or inside `labelers.audit.rewriting`. ``is_reading`` tells deeds
    that changed nothing from all others.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    actor = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    project = models.ForeignKey(
        Project, null=True, on_delete=models.CASCADE, related_name="audit_events"
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    is_reading = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["project", "-id"], name="audit_by_project"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
