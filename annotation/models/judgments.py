"""Assignments (leases) and judgments (answers), with the constraints that no race can break."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from annotation.models.tasks import Task
from labelers.models import Person, Project


class Assignment(models.Model):
    """One task in the hands of one labeler, and the order in which this labeler sees it.

    There is one row per labeler and task; a new lease renews it, so a draft outlives its lease.
    ``slot`` is held while the lease lives and after a counted answer. A gold task has no slots.
    ``purpose`` is what the answer is for; those of an exam belong to one.
    """

    class State(models.TextChoices):
        LIVE = "live"
        EXPIRED = "expired"
        SKIPPED = "skipped"
        ANSWERED = "answered"

    class Purpose(models.TextChoices):
        WORK = "work"
        TRAINING = "training"
        EXAM = "exam"
        ADJUDICATION = "adjudication"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="assignments")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="assignments")
    state = models.CharField(max_length=8, choices=State, default=State.LIVE)
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.WORK)
    exam = models.ForeignKey(
        "annotation.Exam", null=True, on_delete=models.SET_NULL, related_name="items"
    )
    slot = models.PositiveSmallIntegerField(null=True)
    display_order = models.JSONField()
    draft = models.JSONField(null=True, blank=True)
    skip_reason = models.CharField(max_length=200, blank=True)
    leased_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "person"], name="one_assignment_per_labeler"),
            models.UniqueConstraint(fields=["task", "slot"], name="one_holder_per_slot"),
            models.CheckConstraint(
                condition=Q(slot__isnull=True) | Q(state__in=["live", "answered"]),
                name="only_live_or_answered_hold_a_slot",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="live_leases", condition=Q(state="live")),
            models.Index(
                fields=["person", "task"], name="leases_of_person", condition=Q(state="live")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} with {self.person}"


class Judgment(models.Model):
    """One labeler's answer to one task, in canonical order. A correction is a new revision.

    ``client_id`` is chosen by the client per submission and makes sending twice the same as
    sending once. An imported judgment has no person, but the name its file gives the labeler.
    ``pasted`` counts the characters that came into its free text from a clipboard, where the
    client tells.
    """

    class Standing(models.TextChoices):
        COUNTED = "counted"
        SURPLUS = "surplus"
        GOLD = "gold"
        PRACTICE = "practice"
        IMPORTED = "imported"
        ADJUDICATION = "adjudication"
        WITHDRAWN = "withdrawn"
        VOIDED = "voided"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="judgments")
    person = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="judgments"
    )
    imported_labeler = models.CharField(max_length=120, blank=True)
    revision = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    standing = models.CharField(max_length=12, choices=Standing)
    slot = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField()
    reason = models.TextField(blank=True)
    seconds = models.FloatField(null=True)
    pasted = models.PositiveIntegerField(null=True)
    display_order = models.JSONField()
    client_id = models.UUIDField(null=True)
    guideline_version = models.PositiveIntegerField(null=True)
    voiding = models.ForeignKey(
        "annotation.Voiding", null=True, on_delete=models.PROTECT, related_name="judgments"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "person"], name="one_current_judgment", condition=Q(is_current=True)
            ),
            models.UniqueConstraint(
                fields=["task", "person", "revision"], name="revisions_are_numbered"
            ),
            models.UniqueConstraint(
                fields=["person", "client_id"], name="one_judgment_per_client_id"
            ),
            models.UniqueConstraint(
                fields=["task", "slot"],
                name="one_counted_judgment_per_slot",
                condition=Q(is_current=True, standing="counted"),
            ),
            models.UniqueConstraint(
                fields=["task", "imported_labeler"],
                name="one_imported_judgment_per_labeler",
                condition=Q(standing="imported"),
            ),
            models.CheckConstraint(
                condition=Q(standing="counted", slot__isnull=False)
                | (~Q(standing="counted") & Q(slot__isnull=True)),
                name="counted_judgments_fill_a_slot",
            ),
            models.CheckConstraint(
                condition=Q(standing="imported", person__isnull=True, client_id__isnull=True)
                | (~Q(standing="imported") & Q(person__isnull=False, client_id__isnull=False)),
                name="imported_judgments_have_no_person",
            ),
            models.CheckConstraint(
                condition=~Q(standing__in=["withdrawn", "voided"], is_current=True),
                name="withdrawn_judgments_are_not_current",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "-created_at"],
                name="recent_of_person",
                condition=Q(is_current=True),
            ),
            models.Index(
                fields=["imported_labeler", "task"],
                name="imported_of_labeler",
                condition=Q(standing="imported"),
            ),
        ]

    def __str__(self) -> str:
        return f"judgment {self.pk} of {self.task}"


class Voiding(models.Model):
    """One deed that voided the judgments of a labeler from a time on, and whether it was undone.

    ``before`` is what it takes to undo it: ``standings`` (judgment id to standing), ``retired``
    (the tasks of next turns that nobody is asked any more), and the ``counts`` that pages show.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="voidings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="voidings")
    since = models.DateTimeField()
    reason = models.TextField()
    before = models.JSONField(default=dict)
    voided_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="voidings_done"
    )
    voided_at = models.DateTimeField(db_default=Now(), editable=False)
    restored_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="voidings_undone"
    )
    restored_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"voiding of {self.person} in {self.project}"
