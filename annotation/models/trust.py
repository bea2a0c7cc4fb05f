"""Labelers whom an admin trusts with what others could not settle."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from labelers.models import Person, Project


class TrustedLabeler(models.Model):
    """That one labeler gets contested items in one project, whatever their scores are."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="trusted_labelers")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="trusted_in")
    marked_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="labelers_trusted"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="trusted_once")]

    def __str__(self) -> str:
        return f"{self.person} is trusted in {self.project}"
