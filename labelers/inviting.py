"""Invitation links: the only way in besides the sign-ins made at set-up."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from labelers import audit, recognizing, roles
from labelers.mailing import choosing, posting
from labelers.models import Invitation, Person, Project, Role

DEFAULT_LIFETIME = timedelta(days=14)
MOST_MAILED = 500
"""How many invitations can be sent in one go."""


class InvitationError(Exception):
    """An invitation that cannot be used; the message says why and what to do."""


def hash_token(token: str) -> str:
    """What is stored of a secret that was made from at least 128 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite(
    *,
    project: Project,
    role: str,
    created_by: Person | None,
    max_uses: int = 1,
    expires_at: datetime | None = None,
    note: str = "",
) -> tuple[Invitation, str]:
    """Make an invitation; returns it with its token, which is not stored and cannot be shown again.

    Raises:
        ValueError: `role` is not a role, or `max_uses` is not in 1..10,000.
    """
    if role not in Role.values:
        raise ValueError(f"role: {role!r} is not one of {', '.join(Role.values)}.")
    if not 1 <= max_uses <= 10_000:
        raise ValueError("max_uses: give a number from 1 to 10000.")
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        project=project,
        role=role,
        token_hash=hash_token(token),
        note=note,
        max_uses=max_uses,
        expires_at=expires_at or timezone.now() + DEFAULT_LIFETIME,
        created_by=created_by,
    )
    audit.record(
        actor=created_by,
        action="invitation.created",
        project=project,
        subject=f"invitation:{invitation.pk}",
        role=role,
        max_uses=max_uses,
    )
    return invitation, token


@transaction.atomic
def invite_by_mail(
    *,
    project: Project,
    role: str,
    addresses: Iterable[str],
    created_by: Person,
    language: str,
    link: Callable[[str], str],
    note: str = "",
) -> list[Invitation]:
    """Send everybody a link of their own; `link` makes the address of a token.

    An address that is named twice gets one letter. Nobody is invited unless all can be.

    Raises:
        ValidationError: by field; no mail server is named, or an address is none.
    """
    if not choosing.is_configured():
        said = _("No mail server is named, so nothing can be sent; make a link and pass it on.")
        raise ValidationError({"addresses": said})
    wanted = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    if not 1 <= len(wanted) <= MOST_MAILED:
        said = _("Give from 1 to %d addresses at a time.") % MOST_MAILED
        raise ValidationError({"addresses": said})
    wrong = [address for address in wanted if not _is_address(address)]
    if wrong:
        said = _("These are no addresses: %s") % ", ".join(wrong[:5])
        raise ValidationError({"addresses": said})
    made = []
    for address in wanted:
        invitation, token = invite(
            project=project, role=role, created_by=created_by, note=note or address[:120]
        )
        posting.post_invitation(
            invitation=invitation, address=address, link=link(token), language=language
        )
        made.append(invitation)
    return made


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


@transaction.atomic
def revoke(*, invitation: Invitation, revoked_by: Person) -> None:
    """Close an invitation; who has already come in stays."""
    if invitation.revoked_at is not None:
        return
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    audit.record(
        actor=revoked_by,
        action="invitation.revoked",
        project=invitation.project,
        subject=f"invitation:{invitation.pk}",
    )


def find_open(token: str, *, lock: bool = False) -> Invitation:
    """The invitation behind `token`.

    Raises:
        InvitationError: unknown, revoked, expired or used up.
    """
    invitations = Invitation.objects.select_related("project")
    if lock:
        invitations = invitations.select_for_update(of=("self",))
    invitation = invitations.filter(token_hash=hash_token(token)).first()
    if invitation is None:
        raise InvitationError(_("This link is not known here. Ask for a new one."))
    if invitation.revoked_at is not None:
        raise InvitationError(_("This link was withdrawn. Ask for a new one."))
    if invitation.expires_at <= timezone.now():
        raise InvitationError(_("This link has run out. Ask for a new one."))
    if invitation.uses >= invitation.max_uses:
        raise InvitationError(_("This link was already used. Ask for a new one."))
    return invitation


@transaction.atomic
def accept(*, token: str, person: Person, query: Mapping[str, str] | None = None) -> Project:
    """Let a signed-in `person` into the project; coming twice uses the link once.

    `query` are the parameters of the link, among which a crowd market names its worker.

    Raises:
        InvitationError: the link cannot be used (any more).
    """
    invitation = find_open(token, lock=True)
    if invitation.role not in roles.roles_in(person, invitation.project):
        Invitation.objects.filter(pk=invitation.pk).update(uses=invitation.uses + 1)
        roles.add_member(project=invitation.project, person=person, role=invitation.role)
        audit.record(
            actor=person,
            action="invitation.accepted",
            project=invitation.project,
            subject=f"invitation:{invitation.pk}",
            role=invitation.role,
        )
    if query and invitation.role == Role.LABELER:
        ids = recognizing.ids_in(invitation.project, query)
        recognizing.note_worker(project=invitation.project, person=person, ids=ids)
    return invitation.project


@transaction.atomic
def sign_up(
    *,
    token: str,
    username: str,
    password: str,
    language: str,
    query: Mapping[str, str] | None = None,
) -> Person:
    """Make an account through an invitation and let it into the project.

    Raises:
        InvitationError: the link cannot be used.
        ValidationError: the name is taken or malformed, or the password too weak; the error is
            a dict by field.
    """
    find_open(token, lock=True)
    person = Person(username=username, language=language)
    errors: dict[str, list[str]] = {}
    try:
        person.clean_fields(exclude=["password"])
        person.validate_unique()
    except ValidationError as problem:
        errors |= problem.message_dict
    try:
        validate_password(password, person)
    except ValidationError as problem:
        errors["password"] = problem.messages
    if errors:
        raise ValidationError(errors)
    person.set_password(password)
    person.save()
    audit.record(actor=person, action="person.signed_up", subject=f"person:{person.pk}")
    accept(token=token, person=person, query=query)
    return person
