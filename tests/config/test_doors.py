"""Whatever can be done on a page can be done over the API: one row for every page that does.

The pages come from the addresses themselves, so a new one fails here until its row says which
operations do the same, or why there can be none.
"""

from __future__ import annotations

import inspect
import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

SCREENING = [f"POST api-screening-{step}" for step in ("consent", "survey", "quiz", "exam")]

DOORS = {
    # Accounts
    "work-languages": ["PATCH api-preferences"],
    "account": ["PATCH api-me", "PATCH api-preferences", "POST api-tokens"],
    "token-revoke": ["DELETE api-token"],
    "sessions-end": ["POST api-sessions-end"],
    "session-end": ["DELETE api-session"],
    "sign-in-locks": ["POST api-sign-in-unlock"],
    "set_language": ["PATCH api-me"],
    "notices-read": ["POST api-notices-read"],
    "ask-erasure": ["POST api-own-erasure", "DELETE api-own-erasure"],
    "erasure": ["POST api-erasures"],
    # People of a project
    "people": ["GET api-members", "POST api-invitations", "POST api-invitations-by-mail"],
    "invitation": ["POST api-invitation-accept"],
    "invitation-revoke": ["DELETE api-invitation"],
    "site-webhooks": ["POST api-site-webhooks"],
    "webhooks": ["POST api-webhooks"],
    "webhook": [
        *("PATCH api-webhook", "DELETE api-webhook", "POST api-webhook-secret"),
        *("POST api-webhook-test", "POST api-webhook-resend"),
    ],
    # Projects
    "project-new": ["POST api-projects"],
    "project-state": ["PATCH api-project"],
    "project-clone": ["POST api-project-clone"],
    "overlap": ["POST api-overlap-changes"],
    "settings": ["PATCH api-project"],
    "guidelines": ["POST api-guidelines"],
    "guidelines-read": ["POST api-guidelines-read"],
    "data": ["POST api-imports"],
    "import-read": ["PUT api-import-preview"],
    "import-confirm": ["POST api-import-confirm"],
    "import-pause": ["POST api-import-pause"],
    "import-resume": ["POST api-import-resume"],
    "import-cancel": ["POST api-import-cancel"],
    # The way in, and work
    "start": [*SCREENING, "PUT api-screening-groups", "PUT api-screening-topics"],
    "report-decision": ["POST api-report-decision"],
    "screening-policy": ["PATCH api-screening-policy"],
    "screening-consent": ["POST api-consent-forms"],
    "candidate-decide": ["POST api-candidate-decision"],
    "candidate-attempt": ["POST api-candidate-attempt"],
    "written": ["POST api-written"],
    "pay": ["POST api-payrolls"],
    "pay-rate": ["POST api-pay-rates"],
    "payroll-paid": ["POST api-payroll-paid"],
    "appeal": ["POST api-own-appeals"],
    "appeal-answer": ["POST api-appeal"],
    "crowd": ["PATCH api-crowd"],
    "completion": ["POST api-completion"],
    "payment": ["POST api-payment-refusal", "DELETE api-payment-refusal"],
    # Quality
    "gold-answer": ["POST api-gold"],
    "gold-change": ["PUT api-gold-item"],
    "gold-decision": ["POST api-gold-item"],
    "gold-proposal": ["POST api-gold-proposal"],
    "comments": ["POST api-comments"],
    "comment": ["PATCH api-comment"],
    "watches-refresh": ["POST api-labelers-refresh"],
    "labeler-pause": ["POST api-labeler-pause"],
    "labeler-trust": ["POST api-labeler-trust"],
    "labeler-resume": ["POST api-labeler-resume"],
    "labeler-void": ["POST api-voidings"],
    "voiding-restore": ["POST api-voiding-restore"],
    "quality-refresh": ["POST api-quality-refresh"],
    "opinions": ["PUT api-population"],
    # Snapshots and runs
    "snapshots": ["POST api-snapshots"],
    "snapshot-again": ["POST api-snapshot-again"],
    "snapshot-delete": ["POST api-snapshot-delete"],
    "snapshot-pushes": ["POST api-pushes"],
    "run-new": ["POST api-runs"],
    "run-check": ["POST api-run-checks", "GET api-run-report"],
    "run-cancel": ["POST api-run-cancel"],
    "run-resume": ["POST api-run-resume"],
    "run-to-tasks": ["POST api-run-tasks"],
}

IN_A_BROWSER_ONLY = {
    **dict.fromkeys(
        [
            *("sign-in", "account_login", "socialaccount_login_cancelled", "sign-out"),
            *("mfa_authenticate", "account_reauthenticate", "mfa_reauthenticate"),
            *("account_reset_password", "account_reset_password_from_key"),
        ],
        "signing in; programs have tokens",
    ),
    **dict.fromkeys(
        [
            *("safety", "mfa_index", "socialaccount_connections", "identity-leave"),
            *("email-remove", "email-confirm", "mfa_activate_totp", "mfa_deactivate_totp"),
            "mfa_generate_recovery_codes",
        ],
        "whoever has a token must not be able to take over the account",
    ),
    "mail-stop": "a link in a letter, for people who cannot sign in",
}


def addresses(patterns, before=""):
    for found in patterns:
        if isinstance(found, URLResolver):
            yield from addresses(found.url_patterns, before + str(found.pattern))
        elif isinstance(found, URLPattern):
            yield before + str(found.pattern), found


def does_something(pattern: URLPattern) -> bool:
    """Whether a page takes POST: its class has the method, or its function looks at the form."""
    kind = getattr(pattern.callback, "view_class", None)
    if kind is not None:
        return hasattr(kind, "post")
    source = inspect.getsource(inspect.unwrap(pattern.callback))
    return bool(re.search(r"require_POST|request\.POST|\"POST\"", source))


def names_of_pages_that_do() -> set[str]:
    return {
        found.name
        for route, found in addresses(get_resolver().url_patterns)
        if not route.startswith("api/") and does_something(found)
    }


def operations() -> set[str]:
    return {
        f"{method.upper()} {found.name}"
        for route, found in addresses(get_resolver().url_patterns)
        if route.startswith("api/v1/")
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(found.callback.view_class, method)
    }


def test_every_page_that_does_something_has_a_row():
    assert names_of_pages_that_do() - set(DOORS) - set(IN_A_BROWSER_ONLY) == set()


def test_every_row_is_of_a_page():
    assert set(DOORS) | set(IN_A_BROWSER_ONLY) <= names_of_pages_that_do()


@pytest.mark.parametrize("page", DOORS)
def test_the_api_has_what_the_row_names(page):
    assert DOORS[page]
    assert set(DOORS[page]) - operations() == set()
