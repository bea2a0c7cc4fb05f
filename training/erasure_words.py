"""What pages call the things that an erasure counts (`Erasure.report`), in each language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

WORDS = {
    "account": _("Account"),
    "answers": _("Answers"),
    "reasons": _("Reasons of answers"),
    "drafts": _("Drafts"),
    "comments": _("Comments"),
    "appeals": _("Appeals"),
    "sessions": _("Sign-ins that still held"),
    "mentions": _("Places that mentioned the name"),
    "emailaddress": _("E-mail addresses"),
    "socialaccount": _("Accounts elsewhere to sign in with"),
    "authenticator": _("Second factors"),
    "letter": _("Letters"),
    "notice": _("Notices"),
    "apitoken": _("Tokens"),
    "keptanswer": _("Answers kept for repeated requests"),
    "signintries": _("Counts of failed sign-ins"),
    "browsersession": _("Browsers"),
    "crowdworker": _("Ids on crowd markets"),
    "completioncode": _("Completion codes"),
    "membership": _("Memberships in projects"),
    "trustedlabeler": _("Projects that trusted them most"),
    "consent": _("Consents"),
    "qualification": _("Standings in projects"),
    "selfassessment": _("Self-assessments"),
    "guidelinesread": _("Guidelines read"),
    "desk": _("Places in queues"),
    "watch": _("Figures of their work"),
    "screeningprogress": _("Steps of screening"),
    "exam": _("Exams"),
    "report": _("Reports"),
}


def in_words(erased: Mapping[str, int]) -> list[tuple[str, int]]:
    """The counts of a report by what pages call them; what has no word goes by its name."""
    return [(str(WORDS.get(name, name)), count) for name, count in erased.items()]
