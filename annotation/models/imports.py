"""One file on its way in: where it lies, how far it has come, what was wrong with it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labelers.models import Person, Project


class ImportBatch(models.Model):
    """An import; ``rows_done`` moves in the transaction of the rows, so a restart continues.

    ``ask_people`` is whether labelers get the tasks; None: about what nobody named judged.
    ``columns`` names the file's column for each field of the reader whose name differs. With
    ``previews`` nothing is written before somebody confirms. ``findings`` is what the check found
    (`intake.findings`), ``origin`` where the file was fetched from. Rate and time left go by
    ``working_since`` and ``rows_before``: when this stage began or went on, and behind which row.
    """

    class State(models.TextChoices):
        FETCHING = "fetching", _("Fetching")
        QUEUED = "queued", _("Waiting")
        CHECKING = "checking", _("Checking")
        PREVIEW = "preview", _("To be confirmed")
        WRITING = "writing", _("Writing")
        DONE = "done", _("Done")
        FAILED = "failed", _("Refused")
        PAUSED = "paused", _("Paused")
        CANCELLED = "cancelled", _("Cancelled")

    class Personal(models.TextChoices):
        KEEP = "keep", _("Keep them as they are")
        TAG = "tag", _("Tag them")
        COVER = "cover", _("Cover it in the texts")
        DROP = "drop", _("Drop them")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    path = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    format = models.CharField(max_length=30)
    source = models.CharField(max_length=120)
    skip_bad = models.BooleanField(default=False)
    make_tasks = models.BooleanField(default=True)
    ask_people = models.BooleanField(null=True)
    columns = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    personal = models.CharField(
        max_length=5, choices=Personal, default=Personal.KEEP, db_default="keep"
    )
    previews = models.BooleanField(default=False, db_default=False)
    origin = models.CharField(max_length=300, blank=True, default="", db_default="")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    bytes_read = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0)
    rows_bad = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    problems = models.JSONField(default=list, blank=True)
    findings = models.JSONField(null=True)
    working_since = models.DateTimeField(null=True)
    rows_before = models.BigIntegerField(default=0, db_default=0)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"import of {self.file_name}"
