"""What the API keeps about requests: answers to repeat, and counts against the limits.

Nothing of either is needed for long: a job throws both away.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from labelers.models.people import Person


class KeptAnswer(models.Model):
    """The answer to a request that came with an idempotency key.

    ``name`` stands for the key and ``request`` for what was sent; ``sealed`` is the answer,
    encrypted with the key itself, which is kept nowhere. ``status`` is null until there is one.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="kept_answers")
    name = models.CharField(max_length=64)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    sealed = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="one_answer_to_a_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="oldest_kept_answers")]

    def __str__(self) -> str:
        return f"answer {self.status} kept for {self.person}"


class UseCount(models.Model):
    """How many requests somebody sent in one minute, from all processes that told so far.

    ``who`` is ``person:ID`` or ``address:ADDRESS``, ``minute`` counts from 1970. The table is not
    logged: after a crash of the database everybody starts from nothing, which harms nobody.
    """

    who = models.CharField(max_length=80, primary_key=True)
    minute = models.BigIntegerField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.who}: {self.count}"
