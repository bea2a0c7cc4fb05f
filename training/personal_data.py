"""Which tables lead to a person, and what erasing makes of each row.

A test walks every key to a person and fails for one that is named neither in `OWN` nor in `KEPT`.
Without a key, on purpose: survey answers and groups (`labelers.grouping`), the counts of requests
(`labelers.models.UseCount`) and the deliveries of webhooks, which hold numbers of audit events.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import QuerySet

from annotation.models import (
    Desk,
    Exam,
    GuidelinesRead,
    Report,
    ScreeningProgress,
    TrustedLabeler,
    Watch,
)
from labelers.models import (
    ApiToken,
    BrowserSession,
    CompletionCode,
    Consent,
    CrowdWorker,
    KeptAnswer,
    Letter,
    Membership,
    Notice,
    Person,
    Qualification,
    SelfAssessment,
    SignInTries,
)

OWN: dict[Any, str] = {
    **dict.fromkeys((EmailAddress, SocialAccount, Authenticator), "user"),
    # A letter goes with its notice: it comes first, so that both are counted.
    **dict.fromkeys((Letter, Notice), "person"),
    **dict.fromkeys((ApiToken, KeptAnswer, SignInTries, BrowserSession), "person"),
    **dict.fromkeys((CrowdWorker, CompletionCode, Membership, TrustedLabeler), "person"),
    **dict.fromkeys((Consent, Qualification, SelfAssessment, GuidelinesRead), "person"),
    **dict.fromkeys((Desk, Watch, ScreeningProgress, Exam, Report), "person"),
    **dict.fromkeys((Person.groups.through, Person.user_permissions.through), "person"),
}
"""Tables whose rows are about one person and nothing else, by the key that says about whom: these
rows are deleted."""

_DEED = "who did it is the row without a name"

KEPT: dict[str, str] = {
    "annotation.Judgment.person": "an answer is kept without texts, or deleted as the admin says",
    "annotation.Assignment.person": "who had an item does not get it again; drafts are emptied",
    "annotation.Task.reserved_for": "the item is for everybody again: the key is emptied",
    "annotation.Task.not_for": "whose text it is does not compare it; the text is erased",
    "annotation.Comment.person": "the thread of an item stays; text and key are emptied",
    "annotation.Voiding.person": "why answers do not count; the name in the reason is replaced",
    "annotation.Appeal.person": "that a decision was appealed; text and answer are erased",
    "annotation.PayrollRow.person": "bookkeeping: the row by pseudonym, the worker's id is erased",
    "annotation.WrittenScore.scorer": "the result of somebody else's exam; the note is emptied",
    "labelers.AuditEvent.actor": "the trail has no gaps; names in its details are replaced",
    "labelers.Erasure.person": "that it was done, and when",
    "labelers.Erasure.done_by": _DEED,
    "labelers.Project.created_by": _DEED,
    "labelers.Invitation.created_by": _DEED,
    "labelers.ConsentForm.created_by": _DEED,
    "labelers.Webhook.created_by": _DEED,
    "annotation.Guidelines.created_by": _DEED,
    "annotation.ImportBatch.created_by": _DEED,
    "annotation.LongChange.created_by": _DEED,
    "annotation.PayRate.created_by": _DEED,
    "annotation.Gold.created_by": _DEED,
    "annotation.Gold.retired_by": _DEED,
    "annotation.Comment.resolved_by": _DEED,
    "annotation.Voiding.voided_by": _DEED,
    "annotation.Voiding.restored_by": _DEED,
    "annotation.Payroll.closed_by": _DEED,
    "annotation.PayrollRow.settled_by": _DEED,
    "annotation.Report.decided_by": _DEED,
    "annotation.Appeal.answered_by": _DEED,
    "annotation.Exam.decided_by": _DEED,
    "annotation.TrustedLabeler.marked_by": _DEED,
    "exports.Snapshot.created_by": _DEED,
    "exports.Push.created_by": _DEED,
    "training.Run.created_by": _DEED,
}
"""Keys that stay and lead to the row without a name, because ..."""


def rows_of(model: Any, person: Person) -> QuerySet[Any]:
    """The rows of a table of `OWN` that are about `person`."""
    found: QuerySet[Any] = model.objects.filter(**{OWN[model]: person})
    return found
