"""Who somebody is: by name and password once, by the key in their session at every request after.

Django's own backend, but for how a person is found at every request: by a prepared statement.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from labelers import statements
from labelers.models import Person

_PERSON = f"""
SELECT {statements.columns(Person, "p")} FROM labelers_person p WHERE p.id = %(key)s
"""  # noqa: S608 - no values, names of our own


class People(ModelBackend):
    """Passwords, and the people of sessions."""

    def authenticate(self, request: HttpRequest | None, **given: Any) -> Person | None:
        """The person with this name and password.

        Raises:
            PermissionDenied: the password is wrong; then no other backend is asked.
        """
        found: Person | None = super().authenticate(request, **given)
        if found is None and given.get("password") is not None:
            raise PermissionDenied
        return found

    def get_user(self, user_id: int) -> Person | None:
        """The person of a session; None where they are gone or their account is closed."""
        found = statements.row(_PERSON, {"key": user_id})
        person = found and statements.instance(Person, found)
        return person if person and self.user_can_authenticate(person) else None
