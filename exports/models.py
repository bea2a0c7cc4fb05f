"""Snapshots: frozen exports. A row says what was asked, how far it is and where the files lie."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labelers.models import Person, Project


class Snapshot(models.Model):
    """A dataset directory made from the labels of one project at one moment.

    Once it is done, only what is said about it may change (`MARKS`): `save` refuses the rest, and
    so does a trigger of the database. ``folder`` is below ACCORD_HOME, so that a home can be moved;
    ``digest`` is that of `exports.dataset_dir`. ``attempts`` counts the builds that began. A
    withdrawn snapshot is not to be used any more; ``superseded_by`` was made in its place, and its
    files may be deleted.
    """

    MARKS = ("contains_voided", "superseded_by_id", "withdrawn_at", "files_deleted_at")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    filters = models.JSONField(default=dict, blank=True)
    fractions = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    folder = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    contains_voided = models.BooleanField(default=False)
    superseded_by = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="supersedes"
    )
    withdrawn_at = models.DateTimeField(null=True)
    files_deleted_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="one_snapshot_of_a_name",
                condition=~Q(state="failed"),
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | (~Q(digest="") & ~Q(folder="") & Q(finished_at__isnull=False)),
                name="a_done_snapshot_has_its_files",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error=""), name="a_failed_snapshot_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, unless that would change a snapshot that is done.

        Raises:
            ValidationError: it would.
        """
        if self.pk is not None:
            frozen = Snapshot.objects.filter(pk=self.pk, state=self.State.DONE).values().first()
            if frozen is not None and self._differs(frozen):
                raise ValidationError(f"Snapshot {self.name} is done and cannot be changed.")
        super().save(*args, **kwargs)

    @property
    def path(self) -> Path:
        """The dataset directory; it exists once the snapshot is done."""
        return Path(settings.ACCORD_HOME) / (self.folder or f"snapshots/{self.uid}")

    @property
    def is_working(self) -> bool:
        """Whether it is still on its way."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    def _differs(self, frozen: dict[str, Any]) -> bool:
        # Django's own SET_NULL writes past save(), so created_by need not be allowed here.
        return any(
            getattr(self, name) != value for name, value in frozen.items() if name not in self.MARKS
        )


class Push(models.Model):
    """One sending of a snapshot to a hub or another place, and how far it is.

    ``sealed`` is the credential, encrypted with a key made of the site's secret and the row's
    ``uid``; it is emptied as soon as the push ends. ``log`` holds ``{at, text}``.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being sent")
        DONE = "done", _("Sent")
        FAILED = "failed", _("Failed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="pushes")
    url = models.CharField(max_length=500)
    format = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    files_done = models.PositiveIntegerField(default=0)
    files_total = models.PositiveIntegerField(default=0)
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    log = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)
    sealed = models.BinaryField(default=b"")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["done", "failed"]) | Q(sealed=b""),
                name="a_finished_push_keeps_no_credential",
            ),
        ]

    def __str__(self) -> str:
        return f"push of {self.snapshot}"

    @property
    def is_working(self) -> bool:
        """Whether it is still on its way."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}
