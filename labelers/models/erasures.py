"""Erasing what is known of a person: who asked for it, what was chosen, and what was done.

The row outlives the deed and names nobody: the pseudonym is what exports know.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labelers.models.people import Person


class Erasure(models.Model):
    """A wish to be erased, and what came of it.

    ``person`` is the row that stays, without a name, for what must not lose its owner. ``report``
    holds counts of what was erased, and what frozen snapshots still held at that moment.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Asked for")
        DONE = "done", _("Done")
        WITHDRAWN = "withdrawn", _("Taken back")

    class Judgments(models.TextChoices):
        KEEP = "keep", _("Keep them, without a name and without texts")
        DELETE = "delete", _("Delete them")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="erasures")
    pseudonym = models.CharField(max_length=16)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    judgments = models.CharField(max_length=6, choices=Judgments, default=Judgments.KEEP)
    report = models.JSONField(default=dict, blank=True)
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="erasures_done"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], name="one_open_erasure", condition=Q(state="asked")
            )
        ]

    def __str__(self) -> str:
        return f"erasure of {self.pseudonym}"
