"""What is asked in a project: its task kind, options, overlap, gold rate and guidelines."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from annotation import wording
from labelers.models import Person, Project

MAX_OVERLAP = 50


class ProjectSettings(models.Model):
    """The labeling settings of one project."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="settings")
    kind = models.CharField(max_length=20, choices=list(wording.KINDS.items()))
    kind_options = models.JSONField(default=dict, blank=True)
    overlap = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_OVERLAP)],
        help_text="How many labelers answer each task.",
    )
    gold_rate = models.FloatField(
        default=0.1,
        validators=[MinValueValidator(0), MaxValueValidator(0.5)],
        help_text="The share of items whose answer is already known, mixed in unseen.",
    )
    lease_seconds = models.PositiveIntegerField(
        default=30 * 60,
        validators=[MinValueValidator(60), MaxValueValidator(24 * 3600)],
        help_text="How long an item is kept for the labeler who opened it.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(overlap__gte=1, overlap__lte=MAX_OVERLAP), name="overlap_in_range"
            ),
            models.CheckConstraint(
                condition=Q(gold_rate__gte=0, gold_rate__lte=0.5), name="gold_rate_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"settings of {self.project}"


class Guidelines(models.Model):
    """One version of a project's guidelines, in Markdown. A change is a new version."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guidelines")
    version = models.PositiveIntegerField()
    text = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="one_guidelines_version")
        ]

    def __str__(self) -> str:
        return f"guidelines {self.version} of {self.project}"
