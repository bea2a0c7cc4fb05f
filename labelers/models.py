"""Who takes part: people, projects, memberships, qualifications, consent, notices, audit.

People exist before judgments, so nothing here points to another app. A project is only its
identity and state; what is asked in it belongs to annotation.
"""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

PSEUDONYM_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_pseudonym() -> str:
    """A name for exports that says nothing about the person: 10 characters, 49 bits."""
    return "L-" + "".join(secrets.choice(PSEUDONYM_ALPHABET) for _ in range(10))


class Person(AbstractUser):
    """Somebody who signs in. `is_staff` people may create projects and reach all of them."""

    pseudonym = models.CharField(max_length=16, unique=True, default=new_pseudonym, editable=False)
    language = models.CharField(max_length=8, default="en", choices=settings.LANGUAGES)
    preferences = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.username


class Project(models.Model):
    """A labeling effort: its name, its state, and who is in it.

    Where it ``is_screened``, labelers work only once somebody wrote down that they are qualified.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        ARCHIVED = "archived", _("Archived")

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    is_screened = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="created_projects"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do in a project; one person may hold several."""

    LABELER = "labeler", _("Labeler")
    ADMIN = "admin", _("Admin")
    ENGINEER = "engineer", _("Engineer")
    ADJUDICATOR = "adjudicator", _("Adjudicator")
    RESEARCHER = "researcher", _("Researcher")


class Membership(models.Model):
    """One role of one person in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "project", "role"], name="one_membership_per_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} is {self.role} of {self.project}"


class Invitation(models.Model):
    """A link that gives whoever opens it one role in one project. Only its hash is stored."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=12, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=120, blank=True)
    max_uses = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(uses__lte=models.F("max_uses")), name="invitation_not_overused"
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.project} as {self.role}"


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


class Notice(models.Model):
    """Something a person should know; ``kind`` names the sentence, which ``detail`` fills in."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notices")
    project = models.ForeignKey(
        Project, null=True, on_delete=models.CASCADE, related_name="notices"
    )
    kind = models.CharField(max_length=40)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["person", "-id"], name="unread", condition=Q(read_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person}"


class ApiToken(models.Model):
    """A personal key to the API with a limited purpose. Shown once; only its hash is stored."""

    class Scope(models.TextChoices):
        LABEL = "label", _("Label")
        ADMIN = "admin", _("Administer")
        EXPORT = "export", _("Export")
        TRAIN = "train", _("Train")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"token {self.name} of {self.person}"

    @property
    def scope_names(self) -> list[str]:
        """What it may do, in the viewer's language."""
        return [str(self.Scope(scope).label) for scope in self.scopes]


class AuditEvent(models.Model):
    """One deed: who did what to what, when. Written in the transaction of the deed itself."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    actor = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL)
    project = models.ForeignKey(
        Project, null=True, on_delete=models.CASCADE, related_name="audit_events"
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["project", "-id"], name="audit_by_project")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
