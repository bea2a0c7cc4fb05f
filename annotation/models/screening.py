"""How labelers are hired in a project, and how far each of them has come."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from annotation.models.judgments import Judgment
from labelers.models import Person, Project

_SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]
_ERROR = [MinValueValidator(0.001), MaxValueValidator(0.4)]
BEST_SCORE = 7


class ScreeningPolicy(models.Model):
    """What a project asks of labelers before they work; every stage may be left out.

    It is in force while ``Project.is_screened``. The exam is sequential: it ends as soon as the
    answers tell a labeler of ``good_accuracy`` from one of ``poor_accuracy`` with the two error
    rates, and at ``exam_most`` items at the latest. ``quiz`` is a list of ``{question, choices,
    right, explanation}``, right being the place of the right choice. ``population`` gives the
    wanted shares by group: ``{dimension: {value: share}}``.
    """

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, related_name="screening_policy"
    )
    asks_survey = models.BooleanField(default=True)
    asks_groups = models.BooleanField(default=False)
    topics = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    routes_by_topic = models.BooleanField(default=False)
    quiz = models.JSONField(default=list, blank=True)
    quiz_share = models.FloatField(default=1.0, validators=_SHARE)
    training_items = models.PositiveSmallIntegerField(
        default=5, validators=[MaxValueValidator(100)]
    )
    has_exam = models.BooleanField(default=True)
    good_accuracy = models.FloatField(default=0.85, validators=_SHARE)
    poor_accuracy = models.FloatField(default=0.65, validators=_SHARE)
    false_pass = models.FloatField(default=0.03, validators=_ERROR)
    false_fail = models.FloatField(default=0.025, validators=_ERROR)
    exam_least = models.PositiveSmallIntegerField(default=12, validators=[MinValueValidator(1)])
    exam_most = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    written_items = models.PositiveSmallIntegerField(default=3, validators=[MaxValueValidator(50)])
    written_score = models.FloatField(
        default=6.0, validators=[MinValueValidator(1.0), MaxValueValidator(BEST_SCORE)]
    )
    written_scorers = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    attempts = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1)])
    wait_hours = models.PositiveSmallIntegerField(default=24)
    population = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"screening of {self.project}"


class ScreeningProgress(models.Model):
    """What one labeler has passed by on the way in; consent, training and exams have own rows.

    ``survey_seen`` is the same for those who answered and those who would rather not. An admin may
    let somebody take the exam with a number up to ``attempts_allowed``, at once and whatever the
    policy says.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="screenings")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="screenings")
    survey_seen = models.BooleanField(default=False)
    topics_seen = models.BooleanField(default=False)
    quiz_tries = models.PositiveIntegerField(default=0)
    quiz_passed = models.BooleanField(default=False)
    attempts_allowed = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="one_screening")]

    def __str__(self) -> str:
        return f"screening of {self.person} for {self.project}"


class Exam(models.Model):
    """One attempt of one labeler; its items are assignments. ``log_odds`` is the evidence for good
    against poor so far, in nats."""

    class Verdict(models.TextChoices):
        OPEN = "open", _("Going on")
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")
        BORDERLINE = "borderline", _("Borderline")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exams")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="exams")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)
    right = models.FloatField(default=0)
    judged = models.PositiveIntegerField(default=0)
    log_odds = models.FloatField(default=0)
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.OPEN)
    decided_by = models.ForeignKey(
        Person, null=True, on_delete=models.SET_NULL, related_name="exams_decided"
    )
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "person", "number"], name="one_attempt"),
            models.UniqueConstraint(
                fields=["project", "person"], name="one_open_exam", condition=Q(verdict="open")
            ),
        ]

    def __str__(self) -> str:
        return f"exam {self.number} of {self.person} for {self.project}"


class WrittenScore(models.Model):
    """How good one admin finds one text of an exam, 1 to 7, without knowing who wrote it."""

    judgment = models.ForeignKey(Judgment, on_delete=models.CASCADE, related_name="written_scores")
    scorer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="written_scores")
    score = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judgment", "scorer"], name="one_score_each"),
            models.CheckConstraint(
                condition=Q(score__gte=1, score__lte=BEST_SCORE), name="score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} of {self.judgment}"
