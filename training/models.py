"""Runs and the checkpoints they leave: what the pages know of the run directories.

The files of a run directory are the truth about training; these rows are its index, kept by
`running` and `checkpointing`. Nothing here reads a file.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labelers.models import Person, Project


class Run(models.Model):
    """One job of one trainer on one snapshot.

    ``attempts`` counts the starts of the trainer since its last new checkpoint; ``followed_at`` is
    the heartbeat of the worker that reads the run's files. A run that ``is_check`` only looks at
    data and model and measures a step: it learns nothing and stands in no list.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    LIVE = (State.QUEUED, State.RUNNING)
    RESUMABLE = (State.CANCELLED, State.FAILED)

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    name = models.CharField(max_length=120)
    trainer = models.CharField(max_length=40)
    config = models.JSONField()
    snapshot = models.ForeignKey(
        "exports.Snapshot", null=True, on_delete=models.RESTRICT, related_name="runs"
    )
    parent = models.ForeignKey(
        "training.Checkpoint", null=True, on_delete=models.RESTRICT, related_name="children"
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    phase = models.CharField(max_length=40, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    is_check = models.BooleanField(default=False, db_default=False)
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    followed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "failed", "cancelled"]),
                name="run_state_known",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | ~Q(state__in=["queued", "running"]),
                name="live_run_not_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="live_runs", condition=Q(state__in=["queued", "running"])
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether it waits or trains."""
        return self.state in self.LIVE

    @property
    def is_resumable(self) -> bool:
        """Whether it stopped before its end and may go on."""
        return self.state in self.RESUMABLE

    @property
    def path(self) -> Path:
        """The run directory."""
        return Path(settings.ACCORD_HOME) / "runs" / str(self.uid)


class Checkpoint(models.Model):
    """A model that a run left on disk. The row outlives the folder: ``available`` says which."""

    class Kind(models.TextChoices):
        ADAPTER = "adapter", _("Adapter")
        FULL = "full", _("Full model")

    class Produces(models.TextChoices):
        REWARD_MODEL = "reward_model", _("Reward model")
        POLICY = "policy", _("Policy")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="checkpoints")
    name = models.CharField(max_length=40)
    step = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    produces = models.CharField(max_length=20, choices=Produces)
    metrics = models.JSONField(default=dict, blank=True)
    path = models.CharField(max_length=500)
    is_best = models.BooleanField(default=False)
    available = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="one_checkpoint_of_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.run} @ {self.name}"


class RunInput(models.Model):
    """A checkpoint that a run reads besides the one it starts from: a reward model, a reference.

    ``role`` is the setting that named it.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="inputs")
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.RESTRICT, related_name="uses")
    role = models.CharField(max_length=40)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "role", "checkpoint"], name="one_use_of_a_checkpoint_in_a_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.checkpoint}"
