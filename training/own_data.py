"""What the site knows of a person, as that person may take it along: JSON, piece by piece.

Survey answers are not among it: nothing leads from a person to theirs. Nor are secrets: of tokens,
passwords and second factors it says that they are there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from annotation.models import (
    Appeal,
    Assignment,
    Comment,
    Exam,
    GuidelinesRead,
    Judgment,
    PayrollRow,
    Report,
    ScreeningProgress,
    TrustedLabeler,
    Voiding,
    Watch,
    WrittenScore,
)
from labelers import grouping
from labelers.models import (
    ApiToken,
    AuditEvent,
    BrowserSession,
    CompletionCode,
    Consent,
    CrowdWorker,
    Erasure,
    Letter,
    Membership,
    Notice,
    Person,
    Project,
    Qualification,
    SelfAssessment,
    SignInTries,
)

_PROJECT = "project__slug"
_TASK = ("task_id", "task__project__slug")

LISTS: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "email_addresses": (EmailAddress, "user", ("email", "verified", "primary")),
    "outside_accounts": (
        SocialAccount,
        "user",
        ("provider", "uid", "extra_data", "date_joined", "last_login"),
    ),
    "second_factors": (Authenticator, "user", ("type", "created_at", "last_used_at")),
    "browsers": (BrowserSession, "person", ("device", "address", "started_at", "seen_at")),
    "failed_sign_ins": (SignInTries, "person", ("count", "since", "locked_until")),
    "tokens": (ApiToken, "person", ("name", "scopes", "created_at", "last_used_at")),
    "memberships": (Membership, "person", (_PROJECT, "role", "created_at")),
    "crowd_ids": (
        CrowdWorker,
        "person",
        (_PROJECT, "worker", "study", "session", "created_at"),
    ),
    "completion_codes": (
        CompletionCode,
        "person",
        (_PROJECT, "code", "reason", "items", "given_at"),
    ),
    "qualifications": (
        Qualification,
        "person",
        (_PROJECT, "stage", "scores", "reason", "updated_at"),
    ),
    "screenings": (
        ScreeningProgress,
        "person",
        (_PROJECT, "survey_seen", "quiz_tries", "quiz_passed", "started_at"),
    ),
    "self_assessments": (SelfAssessment, "person", (_PROJECT, "topic", "level")),
    "exams": (
        Exam,
        "person",
        (_PROJECT, "number", "verdict", "right", "judged", "note", "started_at", "finished_at"),
    ),
    "trusted_in": (TrustedLabeler, "person", (_PROJECT, "created_at")),
    "consents": (
        Consent,
        "person",
        ("form__project__slug", "form__version", "given_at", "withdrawn_at"),
    ),
    "guidelines_read": (
        GuidelinesRead,
        "person",
        ("guidelines__project__slug", "guidelines__version", "read_at"),
    ),
    "judgments": (
        Judgment,
        "person",
        (*_TASK, "revision", "is_current", "standing", "answer", "reason", "seconds", "created_at"),
    ),
    "drafts": (Assignment, "person", (*_TASK, "draft", "state", "skip_reason", "leased_at")),
    "work_figures": (Watch, "person", (_PROJECT, "figures", "computed_at")),
    "voided": (Voiding, "person", (_PROJECT, "since", "reason", "voided_at", "restored_at")),
    "payments": (
        PayrollRow,
        "person",
        (
            *("payroll__project__slug", "payroll__number", "payroll__until", "payroll__currency"),
            *("items", "seconds", "earned", "adjustment", "bonus", "total", "state", "reason"),
        ),
    ),
    "appeals": (Appeal, "person", (_PROJECT, "about", "text", "state", "answer", "created_at")),
    "reports": (Report, "person", (*_TASK, "reason", "note", "decision", "created_at")),
    "comments": (Comment, "person", (*_TASK, "text", "created_at")),
    "texts_scored": (WrittenScore, "scorer", ("judgment_id", "score", "note", "created_at")),
    "notices": (Notice, "person", (_PROJECT, "kind", "detail", "created_at", "read_at")),
    "letters": (Letter, "person", ("address", "state", "created_at", "sent_at")),
    "erasures": (Erasure, "person", ("state", "judgments", "asked_at", "done_at")),
    "deeds": (AuditEvent, "actor", ("action", "subject", "at")),
}
"""Every list of the file: the table, its key to the person, and what is told of each row."""


def pieces(person: Person) -> Iterator[str]:
    """One JSON object in pieces: ``account``, then a list for everything else by name."""
    account = {
        name: getattr(person, name)
        for name in (
            *("username", "pseudonym", "email", "first_name", "last_name", "language"),
            *("preferences", "date_joined", "last_login"),
        )
    }
    yield '{"account": ' + _json(account)
    yield ',\n"groups": ' + _json(_groups(person))
    for name, (model, key, fields) in LISTS.items():
        rows: QuerySet[Any, dict[str, Any]] = model.objects.filter(**{key: person})
        yield f',\n"{name}": ['
        for number, row in enumerate(rows.order_by("pk").values(*fields).iterator()):
            yield (",\n" if number else "\n") + _json(row)
        yield "]"
    yield "}\n"


def _groups(person: Person) -> dict[str, dict[str, str]]:
    """By project: the groups in which the person consented to be counted."""
    counting = Project.objects.filter(groups__isnull=False).distinct()
    found = {each.slug: grouping.own_groups(project=each, person=person) for each in counting}
    return {slug: groups for slug, groups in found.items() if groups}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
