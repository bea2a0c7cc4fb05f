"""How far somebody is in a project, and what they said of themselves on the way."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from labelers.models.people import Person
from labelers.models.projects import Project


class Qualification(models.Model):
    """How far one labeler has come in one project, written down by those who measured it."""

    class Stage(models.TextChoices):
        INVITED = "invited", _("Invited")
        CONSENTED = "consented", _("Consented")
        TRAINING = "training", _("In training")
        EXAMINED = "examined", _("Examined")
        QUALIFIED = "qualified", _("Qualified")
        DECLINED = "declined", _("Not accepted")
        SUSPENDED = "suspended", _("Suspended")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="qualifications")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="qualifications")
    stage = models.CharField(max_length=10, choices=Stage)
    scores = models.JSONField(default=dict, blank=True)
    reason = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "project"], name="one_qualification")
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.project}: {self.stage}"


class ConsentForm(models.Model):
    """One version of what labelers of a project agree to, in Markdown; a change is a new one."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="consent_forms")
    version = models.PositiveIntegerField()
    text = models.TextField()
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="one_consent_version")
        ]

    def __str__(self) -> str:
        return f"consent {self.version} of {self.project}"


class Consent(models.Model):
    """That a person agreed to one version of the form; withdrawing it is written down, too."""

    form = models.ForeignKey(ConsentForm, on_delete=models.CASCADE, related_name="consents")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    given_at = models.DateTimeField(db_default=Now(), editable=False)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "person"], name="agreed_once")]

    def __str__(self) -> str:
        return f"{self.person} agreed to {self.form}"


class SurveyAnswers(models.Model):
    """What somebody answered in a project's voluntary survey.

    Nothing here leads to a person: no key, no time, and a random number instead of a count.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="survey_answers")
    answers = models.JSONField()

    def __str__(self) -> str:
        return f"survey answers {self.pk}"


class GroupMembership(models.Model):
    """A coarse group that a labeler consented to be counted in (``age``: ``25-34``).

    ``key`` stands for the person and cannot be led back to them without the server's secret;
    `labelers.grouping` alone makes it. ``id`` is random for the same reason.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="groups")
    key = models.CharField(max_length=64)
    dimension = models.CharField(max_length=40)
    value = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key", "dimension"], name="one_group_each")
        ]

    def __str__(self) -> str:
        return f"{self.dimension}: {self.value}"


class SelfAssessment(models.Model):
    """How well a labeler says they can judge a topic or the culture of a group, 0 to 3."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="self_assessments")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="self_assessments")
    topic = models.CharField(max_length=60)
    level = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person", "topic"], name="one_assessment"),
            models.CheckConstraint(condition=Q(level__lte=3), name="assessment_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.person} on {self.topic}: {self.level}"
