"""What is asked in a project: its task kind, options, overlap, gold rate and guidelines."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotation import wording
from labelers.models import Person, Project

MAX_OVERLAP = 50


class ProjectSettings(models.Model):
    """The labeling settings of one project.

    ``scorer`` is the one whose scores say what is uncertain (`ResponseScore`). An item whose
    consensus is less sure than ``contested_below`` is asked of ``contested_more`` people more;
    None: none is. Whose share of right answers to gold is surely above ``trusted_from`` is trusted
    beside those who were named; None: only those.
    """

    class Order(models.TextChoices):
        IMPORTED = "imported", _("As they were imported")
        RANDOM = "random", _("In random order")
        LEAST = "least", _("Least judged first")
        UNCERTAIN = "uncertain", _("Most uncertain first")

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="settings")
    # The catalog of kinds is checked in configuring.py: a new kind needs no migration.
    kind = models.CharField(max_length=20)
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
    correction_seconds = models.PositiveIntegerField(
        default=24 * 3600,
        validators=[MaxValueValidator(30 * 24 * 3600)],
        help_text="How long a labeler may go back to an answer and correct it.",
    )
    shows_gold_score = models.BooleanField(
        default=True, help_text="Labelers see how often they agree with gold, never on which items."
    )
    pauses_on_fall = models.BooleanField(
        default=True, help_text="Labelers whose answers clearly fall off are paused at once."
    )
    consensus_method = models.CharField(max_length=20, default="majority")
    covered_tags = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="Prompts with one of these tags stay covered until the labeler uncovers them.",
    )

    next_by = models.CharField(
        max_length=9, choices=Order, default=Order.IMPORTED, db_default="imported"
    )
    scorer = models.CharField(max_length=120, blank=True, default="", db_default="")
    contested_below = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    contested_more = models.PositiveSmallIntegerField(
        default=2, db_default=2, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    contested_by_trusted = models.BooleanField(default=True, db_default=True)
    contested_looked_at = models.DateTimeField(null=True, editable=False)
    trusted_from = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
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

    @property
    def kind_title(self) -> str:
        """What the kind is called, in the viewer's language."""
        return str(wording.KINDS[self.kind])


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


class GuidelinesRead(models.Model):
    """That a labeler has seen one version of the guidelines; who has not is told of the change."""

    guidelines = models.ForeignKey(Guidelines, on_delete=models.CASCADE, related_name="reads")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="guidelines_read")
    read_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guidelines", "person"], name="read_once")]

    def __str__(self) -> str:
        return f"{self.person} read {self.guidelines}"
