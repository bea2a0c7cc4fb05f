"""Where else a name stands: texts and details that are about something else, or about others too.

Texts that people wrote freely are searched only where they are about the person: a name may be an
everyday word. An e-mail address is nobody else's, and is found everywhere.
"""

from __future__ import annotations

import json
import re

from django.db import connection

from labelers import audit
from labelers.models import Letter, Person

_DETAILS = (("labelers_auditevent", "detail"), ("labelers_notice", "detail"))
_ABOUT_THEM = (("annotation_voiding", "reason"), ("annotation_payrollrow", "reason"))
_ABOUT_ANYBODY = (("labelers_invitation", "note"),)


def replace(*, person: Person, username: str, email: str, by: str) -> int:
    """Put `by` in the place of what `person` was called; how many rows changed.

    Must be called inside a transaction.
    """
    # A whole value of a detail, which is no key of it.
    whole = f"{re.escape(json.dumps(username, ensure_ascii=False))}(?! *:)"
    changed = 0
    with audit.rewriting():
        for table, column in _DETAILS:
            changed += _replace(table, f"{column}::text", whole, f'"{by}"')
            if email:
                changed += _replace(table, f"{column}::text", _word(email), by)
    for table, column in _ABOUT_THEM:
        for name in filter(None, (username, email)):
            changed += _replace(table, column, _word(name), by, person=person)
    if email:
        for table, column in _ABOUT_ANYBODY:
            changed += _replace(table, column, _word(email), by)
        # An invitation's letter knows an address, and not yet a person.
        changed += Letter.objects.filter(address__iexact=email).delete()[0]
    return changed


def _word(name: str) -> str:
    """`name`, in any case of letters, unless it is a part of a longer word."""
    # Other letters may follow at once, in languages that put no spaces.
    return f"(?i)(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])"


def _replace(
    table: str, column: str, pattern: str, by: str, *, person: Person | None = None
) -> int:
    """Replace `pattern` in a column, or in one read as text (``name::text``)."""
    name, _cast, is_json = column.partition("::")
    found = f"regexp_replace({column}, %(pattern)s, %(by)s, 'g')"
    about = "AND person_id = %(person)s" if person else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} SET {name} = {f"({found})::jsonb" if is_json else found}
            WHERE {column} ~ %(pattern)s {about}
            """,  # noqa: S608 - the names are ours
            {"pattern": pattern, "by": by, "person": person and person.pk},
        )
        return cursor.rowcount
