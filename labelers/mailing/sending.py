"""Sending letters: a job takes what is due out of the outbox and writes down what became of it.

A letter goes out at most once. It is written down as being sent, and that is committed, before the
mail server gets it. If the worker is killed in between, or the line breaks while the server has it,
nobody knows whether it arrived: it stays as ``unknown`` and is not sent again, for the notice is on
the site in any case. Whatever the server refused for now is tried again, later and later.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from labelers.mailing import choosing, writing
from labelers.models import Letter, Person

log = logging.getLogger(__name__)
State = Letter.State

RETRIES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720)]
"""How long to wait after each refusal; after the last one a letter has failed."""

GIVEN_UP_AFTER = timedelta(days=3)
LOST_AFTER = timedelta(minutes=15)
"""After so long whoever was sending a letter is gone."""

KEPT_FOR = timedelta(days=90)
MOST_IN_ONE = 50
MOST_AT_ONCE = 500


class _LineBrokenError(Exception):
    """The connection ended in the middle of a letter."""


def send_due() -> int:
    """Send what is due, at most some hundred messages; returns how many went out."""
    _give_up_old()
    if not choosing.is_configured() or not _due().exists():
        return 0
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as problem:
        # Nobody got anything, so nothing counts as tried.
        log.warning("the mail server cannot be reached: %s", type(problem).__name__)
        return 0
    sent = 0
    try:
        for _number in range(MOST_AT_ONCE):
            letters = _claim()
            if letters is None:
                break
            sent += bool(letters) and _send(connection, letters)
    except _LineBrokenError:
        log.warning("the line to the mail server broke; the rest goes out the next time")
    finally:
        connection.close()
    return sent


def _due() -> QuerySet[Letter]:
    return Letter.objects.filter(state=State.WAITING, due_at__lte=timezone.now())


@transaction.atomic
def _claim() -> list[Letter] | None:
    """The letters of the next message, written down as being sent; None when nothing is due.

    All that is due to one person goes in one message. Empty where what was due is not wanted any
    more.
    """
    waiting = _due().order_by("due_at", "id").select_for_update(skip_locked=True, of=("self",))
    first = waiting.first()
    if first is None:
        return None
    letters = [first]
    if first.person_id is not None:
        letters = list(waiting.filter(person=first.person_id).select_related("person", "notice"))
        letters = letters[:MOST_IN_ONE]
    wanted = [letter for letter in letters if _is_wanted(letter)]
    left = [letter.pk for letter in letters if letter not in wanted]
    Letter.objects.filter(pk__in=left).update(state=State.LEFT_OUT)
    Letter.objects.filter(pk__in=[letter.pk for letter in wanted]).update(
        state=State.SENDING, begun_at=timezone.now(), attempts=F("attempts") + 1
    )
    return wanted


def _is_wanted(letter: Letter) -> bool:
    """Whether it still makes sense: not read meanwhile, not stopped, the person still there."""
    if letter.notice is None:
        invitation = letter.invitation
        return invitation is not None and invitation.revoked_at is None
    person = letter.person
    if person is None or not person.email or not person.is_active or letter.notice.read_at:
        return False
    chosen = choosing.choices_of(person)[choosing.group_of(letter.notice.kind)]
    return chosen != choosing.NONE


def _send(connection: BaseEmailBackend, letters: list[Letter]) -> bool:
    """Send one message about all `letters`; whether it went out."""
    keys = [letter.pk for letter in letters]
    message = _written(letters)
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as problem:
        code, said = next(iter(problem.recipients.values()))
        _refused(keys, code, said)
    except smtplib.SMTPResponseException as problem:
        _refused(keys, problem.smtp_code, problem.smtp_error)
    except (OSError, smtplib.SMTPException) as problem:
        _settle(keys, State.UNKNOWN, type(problem).__name__)
        raise _LineBrokenError from problem
    else:
        _settle(keys, State.SENT)
        return True
    return False


def _written(letters: list[Letter]) -> EmailMultiAlternatives:
    first = letters[0]
    if first.notice is None:
        return writing.about_invitation(first)
    person: Person = first.person
    return writing.about_notices(person, letters)


def _settle(keys: list[int], state: str, problem: str = "") -> None:
    Letter.objects.filter(pk__in=keys).update(
        state=state,
        problem=problem[:300],
        link="",
        sent_at=timezone.now() if state == State.SENT else None,
    )


def _refused(keys: list[int], code: int, said: bytes | str) -> None:
    """The server said no: for good (5xx), or for now."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    problem = f"{code} {text}"[:300]
    log.warning("the mail server refused %d letters: %d", len(keys), code)
    for letter in Letter.objects.filter(pk__in=keys):
        if code >= 500 or letter.attempts > len(RETRIES):
            _settle([letter.pk], State.FAILED, problem)
            continue
        letter.state, letter.problem = State.WAITING, problem
        letter.due_at = timezone.now() + RETRIES[letter.attempts - 1]
        letter.save(update_fields=["state", "problem", "due_at"])


def _give_up_old() -> None:
    now = timezone.now()
    lost = Letter.objects.filter(state=State.SENDING, begun_at__lt=now - LOST_AFTER)
    lost.update(state=State.UNKNOWN, link="", problem="the worker ended while sending")
    old = Letter.objects.filter(state=State.WAITING, due_at__lt=now - GIVEN_UP_AFTER)
    old.update(state=State.FAILED, link="", problem="not sent within three days")


def forget_old() -> int:
    """Delete letters that were settled long ago, with their addresses; returns how many."""
    settled = Letter.objects.exclude(state__in=[State.WAITING, State.SENDING])
    count, _by_model = settled.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return count
