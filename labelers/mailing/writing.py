"""What a letter says: plain text and simple HTML, in the reader's language.

A subject is one of a few fixed sentences, so that nothing that people wrote, and nothing about
them, stands in it. Every letter about notices can be stopped by one click, signed in or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from labelers import notifying
from labelers.mailing import choosing, stopping
from labelers.models import Letter, Person

SUBJECTS = {
    "standing": gettext_noop("Accord: about whether you may work"),
    "pay": gettext_noop("Accord: about your pay"),
    "work": gettext_noop("Accord: about your work"),
    "admin": gettext_noop("Accord: about a project that you lead"),
    "account": gettext_noop("Accord: about the safety of your account"),
    "several": gettext_noop("Accord: news for you"),
    "invitation": gettext_noop("Accord: an invitation"),
}


def site_root() -> str:
    """The address of this site as letters name it, without a slash at the end."""
    return str(settings.PUBLIC_URL)


def about_notices(person: Person, letters: Sequence[Letter]) -> EmailMultiAlternatives:
    """One message to `person` about the notices of all `letters`."""
    groups = {choosing.group_of(letter.notice.kind) for letter in letters if letter.notice}
    group = groups.pop() if len(groups) == 1 else "several"
    with translation.override(person.language):
        stop = site_root() + stopping.address_for(person, group)
        context = {
            "notices": [_told(letter) for letter in letters],
            "stop": stop,
            "account": site_root() + reverse("account"),
            "name": person.username,
        }
        return _message(
            _(SUBJECTS[group]),
            "notices",
            context,
            person.email,
            {
                # RFC 8058: mail programs offer a button that stops these letters.
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )


def _told(letter: Letter) -> dict[str, str]:
    notice = letter.notice
    address = notifying.address_of(notice)
    return {
        "sentence": notifying.sentence_of(notice),
        "note": str(notice.detail.get("note", "")),
        "address": site_root() + address if address else "",
    }


def about_invitation(letter: Letter) -> EmailMultiAlternatives:
    """The message that carries an invitation's link."""
    invitation = letter.invitation
    with translation.override(letter.language or settings.LANGUAGE_CODE):
        context = {
            "project": invitation.project.name,
            "role": invitation.get_role_display(),
            "until": invitation.expires_at,
            "link": letter.link,
        }
        return _message(_(SUBJECTS["invitation"]), "invitation", context, letter.address, {})


def _message(
    subject: str, name: str, context: dict[str, object], to: str, headers: dict[str, str]
) -> EmailMultiAlternatives:
    text = render_to_string(f"labelers/mail/{name}.txt", context).strip() + "\n"
    sender = settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message = EmailMultiAlternatives(
        subject,
        text,
        sender,
        [to],
        headers={
            "Message-ID": make_msgid(domain=domain),
            "Auto-Submitted": "auto-generated",
            **headers,
        },
    )
    message.attach_alternative(render_to_string(f"labelers/mail/{name}.html", context), "text/html")
    return message
