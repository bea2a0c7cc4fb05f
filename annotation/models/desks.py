"""What is kept so that the next task is found at once, however many there are.

Everything here can be thrown away: it is found again from tasks, assignments and judgments.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from labelers.models import Person, Project


class Desk(models.Model):
    """One labeler at work in one project; the desk without a person is the project's own.

    Up to ``priority``, ``value``, ``task`` in the order of the queue there is nothing for them,
    but for tasks that returned or came in a transaction numbered ``since`` or later. ``limits``
    is what they could be given when that was found. The counts are what they are shown of their
    own work; without ``counted_at`` they are counted anew.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="desks")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="desks")
    priority = models.FloatField(null=True)
    value = models.FloatField(null=True)
    task = models.BigIntegerField(null=True)
    since = models.BigIntegerField(null=True)
    limits = models.TextField(blank=True, db_default="")
    began_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(db_default=0)
    done_today = models.PositiveIntegerField(db_default=0)
    left = models.PositiveIntegerField(db_default=0)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "person"], name="one_desk_each", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"desk of {self.person or 'everybody'} in {self.project}"


class Influx(models.Model):
    """Many tasks that came into a project by one statement: the first of them in the queue.

    Written by the trigger ``accord_note_influx``, kept for a day.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    transaction = models.BigIntegerField()
    priority = models.FloatField()
    value = models.FloatField()
    task = models.BigIntegerField()
    came_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["project", "transaction"], name="influx_of_project")]

    def __str__(self) -> str:
        return f"influx of {self.project} in transaction {self.transaction}"
