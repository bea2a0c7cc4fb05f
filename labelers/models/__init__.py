"""The tables of labelers: who takes part, and in what. Nothing here points to another app."""

from labelers.models.deeds import ApiToken, AuditEvent, Notice
from labelers.models.people import Person, new_pseudonym
from labelers.models.projects import Invitation, Membership, Project, Role
from labelers.models.standing import (
    Consent,
    ConsentForm,
    GroupMembership,
    Qualification,
    SelfAssessment,
    SurveyAnswers,
)

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Consent",
    "ConsentForm",
    "GroupMembership",
    "Invitation",
    "Membership",
    "Notice",
    "Person",
    "Project",
    "Qualification",
    "Role",
    "SelfAssessment",
    "SurveyAnswers",
    "new_pseudonym",
]
