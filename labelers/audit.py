"""The audit trail: one row per deed, written inside the deed's own transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from labelers import statements
from labelers.models import AuditEvent, Person, Project


def record(
    *,
    actor: Person | None,
    action: str,
    project: Project | None = None,
    subject: str = "",
    is_reading: bool = False,
    **detail: Any,
) -> None:
    """Write down that `actor` did `action` to `subject`.

    `action` is ``noun.verb`` (``task.created``), `subject` is ``noun:id``. Must be called inside
    the transaction that does the deed, so that neither exists without the other.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"audit row {action!r} outside the transaction of its deed")
    statements.insert(
        AuditEvent(
            actor=actor,
            project=project,
            action=action,
            subject=subject,
            detail=detail,
            is_reading=is_reading,
        )
    )


@transaction.atomic
def record_reading(
    *, actor: Person, action: str, project: Project | None = None, subject: str = "", **detail: Any
) -> None:
    """Write down that `actor` read or downloaded what is about people: names, answers, figures.

    Called before the answer is given, so that nobody has read what was not written down.
    """
    record(actor=actor, action=action, project=project, subject=subject, is_reading=True, **detail)


@contextmanager
def rewriting() -> Iterator[None]:
    """Let rows of the trail be changed until the end of this block: for erasing a person's data.

    Must be called inside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the audit trail is rewritten inside a transaction only")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL accord.rewriting_audit = 'on'")
        yield
        cursor.execute("SET LOCAL accord.rewriting_audit = 'off'")
