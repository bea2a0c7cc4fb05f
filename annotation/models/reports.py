"""What a labeler found wrong with an item itself, and what an admin made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotation.models.tasks import Task
from labelers.models import Person


class Report(models.Model):
    """One report of one person about one task. It says nothing about an answer."""

    class Reason(models.TextChoices):
        DISTURBING = "disturbing", _("It is disturbing")
        PERSONAL = "personal", _("It shows somebody's personal data")
        ILLEGAL = "illegal", _("It may be against the law")
        BROKEN = "broken", _("Something is broken")
        OTHER = "other", _("Something else")

    class Decision(models.TextChoices):
        KEEP = "keep", _("Leave it as it is")
        COVER = "cover", _("Cover it first")
        RETIRE = "retire", _("Take it out")

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="reports")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="reports")
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    decision = models.CharField(max_length=6, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="reports_decided"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "person"], name="one_report_of_a_person")
        ]
        indexes = [models.Index(fields=["task"], name="open_reports", condition=Q(decision=""))]

    def __str__(self) -> str:
        return f"report of {self.task} by {self.person}"
