"""The audit trail: one row per deed, written inside the deed's own transaction."""

from __future__ import annotations

from typing import Any

from django.db import connection

from labelers.models import AuditEvent, Person, Project


def record(
    *,
    actor: Person | None,
    action: str,
    project: Project | None = None,
    subject: str = "",
    **detail: Any,
) -> None:
    """Write down that `actor` did `action` to `subject`.

    `action` is ``noun.verb`` (``task.created``), `subject` is ``noun:id``. Must be called inside
    the transaction that does the deed, so that neither exists without the other.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"audit row {action!r} outside the transaction of its deed")
    AuditEvent.objects.create(
        actor=actor, project=project, action=action, subject=subject, detail=detail
    )
