"""Notices: what somebody should know, written in the transaction of the deed that it is about.

What a notice says and where it leads stands in `notice_words`. The header of every page shows how
many are unread; whoever wants them by e-mail too gets a letter (`mailing.posting`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from labelers.mailing import posting
from labelers.models import Membership, Notice, Person, Project, Role
from labelers.notice_words import NOTICES


def notify(
    *, person: Person, project: Project | None, kind: str, detail: dict[str, Any] | None = None
) -> None:
    """Tell `person`, unless they have not yet read the very same notice.

    Must be called inside the transaction of the deed. ``detail`` holds what the kind's sentence
    and address name, as plain values; ``note`` in it is shown as somebody wrote it.
    """
    _notify([person.pk], project, kind, detail or {})


def notify_admins(*, project: Project, kind: str, detail: dict[str, Any] | None = None) -> None:
    """Tell every admin of `project`, as `notify` does."""
    admins = Membership.objects.filter(project=project, role=Role.ADMIN)
    _notify(list(admins.values_list("person_id", flat=True)), project, kind, detail or {})


def _notify(
    people: Iterable[int], project: Project | None, kind: str, detail: dict[str, Any]
) -> None:
    if kind not in NOTICES:
        raise ValueError(f"there is no kind of notice called {kind!r}; known are {list(NOTICES)}")
    if not connection.in_atomic_block:
        raise RuntimeError(f"notice {kind!r} outside the transaction of its deed")
    same = Notice.objects.filter(project=project, kind=kind, detail=detail, read_at=None)
    told = set(same.filter(person__in=people).values_list("person_id", flat=True))
    made = Notice.objects.bulk_create(
        Notice(person_id=pk, project=project, kind=kind, detail=detail)
        for pk in people
        if pk not in told
    )
    posting.post_notices(made)


def notices_of(person: Person) -> QuerySet[Notice]:
    """All notices of `person`, newest first, with their projects."""
    return Notice.objects.filter(person=person).select_related("project")


def unread_of(person: Person) -> QuerySet[Notice]:
    """Those that `person` has not read yet, newest first."""
    return notices_of(person).filter(read_at=None)


@transaction.atomic
def mark_read(*, person: Person, notices: Iterable[int] | None = None) -> int:
    """Mark the person's notices with these keys as read, all of them where none are named.

    Returns how many became read; keys of other people's notices change nothing.
    """
    unread = unread_of(person)
    if notices is not None:
        unread = unread.filter(pk__in=list(notices))
    return unread.update(read_at=timezone.now())


def sentence_of(notice: Notice) -> str:
    """What the notice says, in the viewer's language."""
    found = NOTICES.get(notice.kind)
    if found is None:
        return ""
    named = {**notice.detail, "project": notice.project.name if notice.project else ""}
    sentence = found.by_verdict.get(str(notice.detail.get("verdict", "")), found.sentence)
    return str(sentence).format_map(_Named(named))


def address_of(notice: Notice) -> str:
    """The page that the notice is about; empty where it has none."""
    found = NOTICES.get(notice.kind)
    if found is None or not found.address:
        return ""
    args = [notice.project.slug] if found.of_project and notice.project else []
    args += [notice.detail.get(name, "") for name in found.args]
    try:
        return reverse(found.address, args=args)
    except NoReverseMatch:
        # The page is gone, or the detail is of an earlier version.
        return ""


class _Named(dict[str, Any]):
    """What a sentence names; what is missing in an old notice reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"
