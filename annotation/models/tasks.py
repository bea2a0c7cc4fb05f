"""Tasks: one prompt with its responses in canonical order, and the known answer of a gold task."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotation.models.prompts import Prompt, Response
from labelers.models import Person, Project

_NEGATIVE = "(- %(expressions)s)"
QUEUE = (
    Func(F("priority"), template=_NEGATIVE),
    Func(F("value"), template=_NEGATIVE),
    F("id"),
)
"""The order of the queue. All of it ascends, so that one comparison of rows tells what is before a
place in it, and an index finds that place."""


class Task(models.Model):
    """What labelers are asked.

    ``free_slots`` counts the slots 1..overlap that hold neither a live lease nor a counted
    judgment, so that the next task is found by an index and not by counting. It only changes
    under the lock of the task's row. Tasks are asked by ``priority``, within it by ``value`` (what
    an answer is worth), within that by age; ``returned`` is the transaction in which a task came
    back into the queue, written by the trigger ``accord_note_return``. ``follows`` is the answer
    that this task goes on from (the next turn of a conversation); ``reserved_for`` and ``not_for``
    say whose turn it is. A retired task was taken out after a report: nobody gets it any more.
    The value of an ``is_evened`` task falls with every slot that is taken, by the trigger
    ``accord_even_out``. What became contested at ``contested_at`` was asked of more people, of
    ``trusted_only`` ones where the project says so.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        RETIRED = "retired"

    # A column that a constraint begins with, or that is mostly empty, has no index of its own:
    # every change of a task writes all of its indexes.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="tasks")
    kind = models.CharField(max_length=20)
    criterion = models.CharField(max_length=40, blank=True)
    content_hash = models.CharField(max_length=64)
    is_gold = models.BooleanField(default=False)
    priority = models.FloatField(default=0)
    value = models.FloatField(default=0, db_default=0)
    is_evened = models.BooleanField(default=False, db_default=False)
    returned = models.BigIntegerField(null=True, editable=False)
    trusted_only = models.BooleanField(default=False, db_default=False)
    contested_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    is_covered = models.BooleanField(default=False)
    overlap = models.PositiveSmallIntegerField()
    free_slots = models.PositiveSmallIntegerField()
    counted = models.PositiveSmallIntegerField(default=0)
    responses = models.ManyToManyField(Response, through="TaskResponse", related_name="tasks")
    follows = models.ForeignKey(
        "annotation.Judgment",
        null=True,
        on_delete=models.CASCADE,
        related_name="followed_by",
        db_index=False,
    )
    reserved_for = models.ForeignKey(
        Person,
        null=True,
        on_delete=models.SET_NULL,
        related_name="tasks_reserved",
        db_index=False,
    )
    not_for = models.ForeignKey(
        Person,
        null=True,
        on_delete=models.SET_NULL,
        related_name="tasks_withheld",
        db_index=False,
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="one_task"),
            models.CheckConstraint(
                condition=Q(free_slots__lte=F("overlap") - F("counted")),
                name="slots_within_overlap",
            ),
            models.CheckConstraint(
                condition=Q(counted__lte=F("overlap")), name="counted_in_overlap"
            ),
        ]
        indexes = [
            models.Index(
                F("project"),
                *QUEUE,
                name="queue_of_project",
                condition=Q(free_slots__gt=0, is_gold=False, state="open"),
            ),
            models.Index(
                fields=["project", "returned"],
                name="returned_tasks",
                condition=Q(free_slots__gt=0, is_gold=False, state="open", returned__isnull=False),
            ),
            models.Index(
                fields=["project", "id"],
                name="contested_tasks",
                condition=Q(contested_at__isnull=False),
            ),
            models.Index(fields=["project", "-id"], name="newest_tasks"),
            models.Index(
                fields=["project", "id"], name="gold_of_project", condition=Q(is_gold=True)
            ),
            models.Index(
                F("project"),
                Func(F("id"), function="hashint8"),
                name="gold_by_chance",
                condition=Q(is_gold=True, state="open"),
            ),
            models.Index(
                fields=["follows"], name="turns_that_follow", condition=Q(follows__isnull=False)
            ),
            models.Index(
                fields=["reserved_for"],
                name="reserved_tasks",
                condition=Q(reserved_for__isnull=False),
            ),
            models.Index(
                fields=["not_for"], name="withheld_tasks", condition=Q(not_for__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"


class TaskResponse(models.Model):
    """The place of one response in a task's canonical order, 0 to K - 1."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="placed", db_index=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="one_response_per_place"),
            models.UniqueConstraint(fields=["task", "response"], name="a_response_once_per_task"),
        ]

    def __str__(self) -> str:
        return f"{self.response} at {self.position} of {self.task}"


class Gold(models.Model):
    """The expected answer of a gold task, in canonical order, with its explanation.

    ``answer`` is null where people write: such a task is examined by reading. A retired gold task
    is given to nobody; its task's state is ``retired``. ``difficulty`` is kept up by watching: the
    log odds at which an average labeler fails it. ``affirmed_at`` is when an admin last said that
    it holds.
    """

    class Origin(models.TextChoices):
        IMPORT = "import", _("Import")
        ADMIN = "admin", _("An admin")
        CONSENSUS = "consensus", _("Consensus")

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="gold")
    answer = models.JSONField(null=True)
    explanation = models.TextField(blank=True)
    origin = models.CharField(max_length=9, choices=Origin, default=Origin.IMPORT)
    guideline_version = models.PositiveIntegerField(null=True)
    difficulty = models.FloatField(null=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    affirmed_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="gold_retired"
    )
    retired_reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"gold of {self.task}"
