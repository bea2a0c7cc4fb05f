"""What reward models say of responses, written down by a run of training."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from annotation.models.prompts import Response


class ResponseScore(models.Model):
    """How good one scorer finds one response.

    ``scorer`` names a checkpoint, or several that scored together; ``spread`` is the standard
    deviation between them, 0 for a single one. Scores compare within a prompt and a scorer only.
    """

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="scores")
    scorer = models.CharField(max_length=120)
    mean = models.FloatField()
    spread = models.FloatField(default=0)
    scored_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "scorer"], name="one_score_of_a_scorer")
        ]

    def __str__(self) -> str:
        return f"{self.mean:.3f} of {self.response} by {self.scorer}"
