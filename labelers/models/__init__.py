"""The tables of labelers: who takes part, and in what. Nothing here points to another app."""

from labelers.models.api_use import KeptAnswer, UseCount
from labelers.models.crowds import CompletionCode, CrowdSettings, CrowdWorker
from labelers.models.deeds import ApiToken, AuditEvent, Notice
from labelers.models.erasures import Erasure
from labelers.models.mail import Letter
from labelers.models.people import Person, new_pseudonym
from labelers.models.projects import Invitation, Membership, Project, Role
from labelers.models.sign_ins import BrowserSession, SignInTries
from labelers.models.standing import (
    Consent,
    ConsentForm,
    GroupMembership,
    Qualification,
    SelfAssessment,
    SurveyAnswers,
)
from labelers.models.webhooks import Webhook, WebhookDelivery, WebhookSecret, WebhookWaiting

__all__ = [
    "ApiToken",
    "AuditEvent",
    "BrowserSession",
    "CompletionCode",
    "Consent",
    "ConsentForm",
    "CrowdSettings",
    "CrowdWorker",
    "Erasure",
    "GroupMembership",
    "Invitation",
    "KeptAnswer",
    "Letter",
    "Membership",
    "Notice",
    "Person",
    "Project",
    "Qualification",
    "Role",
    "SelfAssessment",
    "SignInTries",
    "SurveyAnswers",
    "UseCount",
    "Webhook",
    "WebhookDelivery",
    "WebhookSecret",
    "WebhookWaiting",
    "new_pseudonym",
]
