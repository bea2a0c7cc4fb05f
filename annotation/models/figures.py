"""Figures that are dear to compute and kept for the pages, and how each labeler is watched."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from labelers.models import Person, Project


class KeptFigures(models.Model):
    """One named set of figures of a project as it was at ``computed_at``.

    ``basis`` says what it was computed from (the newest judgment and how many there were), so that
    nothing is computed again while nothing has changed; ``seconds`` is how long it took.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="kept_figures")
    name = models.CharField(max_length=60)
    figures = models.JSONField()
    basis = models.CharField(max_length=80, blank=True)
    seconds = models.FloatField(default=0)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="figures_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project}"


class Watch(models.Model):
    """How one labeler's work looks, brought up to date in the background.

    ``figures`` holds scores, evidence and signals; ``since`` is from when on answers count as
    evidence: an admin who lets somebody work again starts anew.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="watches")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="watches")
    since = models.DateTimeField(null=True)
    figures = models.JSONField(default=dict, blank=True)
    basis = models.CharField(max_length=80, blank=True)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="one_watch")]

    def __str__(self) -> str:
        return f"watch on {self.person} in {self.project}"
