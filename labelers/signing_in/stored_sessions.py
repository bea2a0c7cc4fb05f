"""Django's sessions in the database, found by a prepared statement.

A session is read in every request of a browser, so it is not kept anywhere else: one that was
ended is gone with the next request.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from labelers import statements

_FOUND = f"""
SELECT {statements.columns(Session, "s")} FROM django_session s
WHERE s.session_key = %(key)s AND s.expire_date > %(now)s
"""  # noqa: S608 - no values, names of our own


class SessionStore(db.SessionStore):
    """Django's store, but for how a session is found."""

    def _get_session_from_db(self) -> Session | None:
        found = statements.row(_FOUND, {"key": self.session_key, "now": timezone.now()})
        if found is None:
            self._session_key = None
            return None
        return statements.instance(Session, found)
