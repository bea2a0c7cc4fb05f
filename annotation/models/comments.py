"""What admins say to each other about a task, and what becomes of it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from annotation.models.projects import Guidelines
from annotation.models.tasks import Task
from labelers.models import Person


class Comment(models.Model):
    """One entry of the thread of a task. ``for_labelers`` marks what they should be told, which is
    done when it became a change of the guidelines."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="comments")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    text = models.TextField()
    for_labelers = models.BooleanField(default=False)
    guidelines = models.ForeignKey(
        Guidelines, null=True, on_delete=models.SET_NULL, related_name="comments"
    )
    resolved_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="comments_resolved"
    )
    resolved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"comment on {self.task}"
