"""Crowd markets: who somebody is over there, and the code that says that they are done here.

Nothing of this leaves with a dataset, and no labeler sees another's.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from labelers.models.people import Person
from labelers.models.projects import Project


class CrowdSettings(models.Model):
    """What a project has agreed on with a crowd market.

    ``wanted_items`` is how many items earn the code; 0 means all there are. ``parameters`` names
    the query parameters of invitation links that hold a worker's ids: ``{worker: [names], study:
    [names], session: [names]}``. ``return_url`` is where a labeler goes with the code, which
    stands in place of ``{code}``.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="crowd_settings")
    gives_codes = models.BooleanField(default=False)
    wanted_items = models.PositiveIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(1_000_000)]
    )
    parameters = models.JSONField(default=dict, blank=True)
    return_url = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"crowd settings of {self.project}"


class CrowdWorker(models.Model):
    """Under which ids a member of a project is known at the market that they came from."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="crowd_workers")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="crowd_workers")
    worker = models.CharField(max_length=120)
    study = models.CharField(max_length=120, blank=True)
    session = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person"], name="one_worker_id_each")
        ]
        indexes = [models.Index(fields=["project", "worker"], name="workers_by_id")]

    def __str__(self) -> str:
        return f"{self.person} in {self.project}"


class CompletionCode(models.Model):
    """The code that a labeler hands in at the market, and what it was given for.

    It is kept as it is: it opens nothing here, its owner may look at it again, and an admin has to
    find it in the market's list.
    """

    class Reason(models.TextChoices):
        DONE = "done"
        NO_MORE = "no_more"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="completion_codes")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="completion_codes")
    code = models.CharField(max_length=20, unique=True)
    reason = models.CharField(max_length=8, choices=Reason)
    items = models.PositiveIntegerField()
    given_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "person"], name="one_completion_code_each")
        ]

    def __str__(self) -> str:
        return f"code of {self.person} in {self.project}"
