"""Forgotten passwords and e-mail addresses: letters that prove that somebody reads an address.

The letter for a new password is written by a job, which alone looks whether anybody has the
address: the page answers the same, and as fast, whoever asks for whatever address. Links lead to
the site's own address (ACCORD_PUBLIC_URL), not to the host that a request names. Where no mail
server is named nothing is written at all; then staff make a link and hand it over.
"""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.core import signing
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from procrastinate.contrib.django import app

from labelers import audit, notifying
from labelers.mailing import choosing
from labelers.models import BrowserSession, Person
from labelers.signing_in import sessions

SALT = "labelers.signing_in.email"
CONFIRMED_WITHIN = 24 * 3600


class ClosedAccountError(Exception):
    """An account that no password opens."""


class NotConfirmedError(Exception):
    """A link for an address that was made for somebody else, is too old or was tampered with."""


def ask_for_reset(*, email: str) -> None:
    """Have a letter written to `email` for every account that has it."""
    if choosing.is_configured():
        app.configure_task("labelers.send_reset_letters", queue="light").defer(email=email)


def send_reset_letters(*, email: str) -> int:
    """Write to each active person with this address and a password; returns how many."""
    people = Person.objects.filter(email__iexact=email, is_active=True).exclude(email="")
    found = [person for person in people if person.has_usable_password()]
    for person in found:
        _send("reset", person.email, person, _reset_address(person))
        with transaction.atomic():
            audit.record(actor=None, action="password.reset_asked", subject=f"person:{person.pk}")
    return len(found)


@transaction.atomic
def make_reset_link(*, person: Person, made_by: Person) -> str:
    """The path of a link for a new password, to be handed over by whoever made it.

    It works for an hour, once, and their second factor is asked for all the same. They are told.

    Raises:
        ClosedAccountError: the account is closed, or opened by another site alone.
    """
    if not (person.is_active and person.has_usable_password()):
        raise ClosedAccountError
    notifying.notify(person=person, project=None, kind="password_link", detail={})
    audit.record(actor=made_by, action="password.link_made", subject=f"person:{person.pk}")
    return _reset_address(person)


@transaction.atomic
def change(*, request: HttpRequest, password: str) -> None:
    """Keep a new password of whoever is signed in; every session but this one ends."""
    person, before = request.user, request.session.session_key
    person.set_password(password)
    person.save(update_fields=["password"])
    # Gives the session a new key; the others hold no longer, because they know the old password.
    update_session_auth_hash(request, person)
    BrowserSession.objects.filter(session_key=before).update(
        session_key=request.session.session_key
    )
    sessions.end_others(person=person, kept=request.session.session_key, ended_by=person)
    audit.record(actor=person, action="password.changed", subject=f"person:{person.pk}")


def ask_to_confirm(*, person: Person, email: str) -> None:
    """Write to a new address of `person`; it is theirs once they open the link, signed in."""
    token = signing.dumps([person.pk, person.email, email], salt=SALT, compress=True)
    _send("confirm", email, person, reverse("email-confirm", args=[token]))


@transaction.atomic
def confirm(*, person: Person, token: str) -> str:
    """Make the address of the link the person's own; returns it.

    Raises:
        NotConfirmedError: the link is not for this person, was used, or is older than a day.
    """
    try:
        key, before, email = signing.loads(token, salt=SALT, max_age=CONFIRMED_WITHIN)
    except signing.BadSignature as problem:
        raise NotConfirmedError from problem
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if (key, before) != (locked.pk, locked.email):
        raise NotConfirmedError
    locked.email = email
    locked.save(update_fields=["email"])
    audit.record(actor=locked, action="email.confirmed", subject=f"person:{locked.pk}")
    return str(email)


@transaction.atomic
def remove_email(*, person: Person) -> None:
    """Forget the person's address; no letter goes out to them from then on."""
    Person.objects.filter(pk=person.pk).update(email="")
    audit.record(actor=person, action="email.removed", subject=f"person:{person.pk}")


def _reset_address(person: Person) -> str:
    key = default_token_generator.make_token(person)
    return reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(person), "key": key},
    )


def _send(name: str, address: str, person: Person, path: str) -> None:
    with translation.override(person.language):
        text = render_to_string(
            f"labelers/signing_in/{name}_letter.txt",
            {
                "name": person.username,
                "link": settings.PUBLIC_URL + path,
                "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
            },
        )
    subject, _blank, body = text.strip().partition("\n")
    send_mail(subject.strip(), body.strip() + "\n", None, [address])
