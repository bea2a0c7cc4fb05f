"""What the judgments of a task say together."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from annotation.models.tasks import Task


class Consensus(models.Model):
    """The aggregate of a task's judgments.

    ``comparisons`` are those of `exports.records.Comparison`; ``ranks`` is null where no weak
    order fits them. ``agreement`` is the share of labeler pairs who said the same.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="consensus")
    method = models.CharField(max_length=30)
    comparisons = models.JSONField()
    ranks = models.JSONField(null=True)
    judgments = models.PositiveIntegerField()
    agreement = models.FloatField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["agreement", "task"], name="most_disputed", condition=Q(agreement__lt=1)
            ),
        ]

    def __str__(self) -> str:
        return f"consensus of {self.task}"
