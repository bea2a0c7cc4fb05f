"""What happens to a project while it runs: changes that take long, and appeals of its labelers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotation.models.judgments import Voiding
from annotation.models.pay import PayrollRow
from labelers.models import Person, Project


class LongChange(models.Model):
    """A change of very many items, done in the background piece by piece.

    ``last`` is the key of the last row that was done, stored with the piece itself: who goes on
    after a kill goes on there. ``detail`` says what is wanted and ``counts`` what came of it.
    """

    class Kind(models.TextChoices):
        OVERLAP = "overlap", _("Change of the overlap")
        COPY = "copy", _("Copy of the items")
        ORDER = "order", _("Change of the order")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="long_changes")
    kind = models.CharField(max_length=7, choices=Kind)
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    detail = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    last = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind"],
                name="one_long_change_at_a_time",
                condition=Q(state="running"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.project}"

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 1.0


class Appeal(models.Model):
    """What a labeler says against a decision on their work, once, and what was answered.

    ``subject`` names the decision (``voiding:7``, ``payment:9``, ``pause:...``, ``exam:3``) and is
    unique, so that each is appealed once.
    """

    class About(models.TextChoices):
        VOIDING = "voiding", _("Answers that were voided")
        PAYMENT = "payment", _("A payment that was refused")
        PAUSE = "pause", _("A suspension")
        EXAM = "exam", _("Not being accepted")

    class State(models.TextChoices):
        OPEN = "open", _("Waits for an answer")
        UPHELD = "upheld", _("The decision stays")
        REVERSED = "reversed", _("The decision was reversed")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="appeals")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="appeals")
    about = models.CharField(max_length=7, choices=About)
    subject = models.CharField(max_length=60)
    voiding = models.ForeignKey(Voiding, null=True, on_delete=models.PROTECT)
    payment = models.ForeignKey(PayrollRow, null=True, on_delete=models.PROTECT)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="appeals_answered"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "person", "subject"], name="one_appeal_each")
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="open_appeals", condition=Q(state="open"))
        ]

    def __str__(self) -> str:
        return f"appeal {self.pk} of {self.person}"

    @property
    def labeler_key(self) -> str:
        """The labeler as the pages of labelers name them."""
        return f"p:{self.person_id}"
