"""Letters: what goes out by e-mail, and what became of each.

A letter carries one notice to one person, or one invitation to an address. What it says is written
when it is sent; only an invitation's link is kept until then, because it is stored nowhere else.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labelers.models.deeds import Notice
from labelers.models.people import Person
from labelers.models.projects import Invitation


class Letter(models.Model):
    """One notice or one invitation on its way by e-mail.

    ``sending`` is written down before the mail server is asked, so that no letter goes out twice;
    one that a killed worker left so becomes ``unknown``: perhaps sent, and never sent again.
    ``link`` is emptied as soon as the letter is sent or given up.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        LEFT_OUT = "left_out", _("Left out")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Perhaps sent")

    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="letters")
    notice = models.OneToOneField(
        Notice, null=True, on_delete=models.CASCADE, related_name="letter"
    )
    invitation = models.OneToOneField(
        Invitation, null=True, on_delete=models.CASCADE, related_name="letter"
    )
    address = models.EmailField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    link = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(notice__isnull=False, person__isnull=False, invitation__isnull=True)
                | Q(notice__isnull=True, invitation__isnull=False),
                name="a_letter_has_one_matter",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="letters_under_way",
                condition=Q(state__in=["waiting", "sending"]),
            )
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"
