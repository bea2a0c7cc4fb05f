"""How people sign in: the browsers they are signed in with, and tries that were counted.

Passwords, second factors and outside identities are Django's and allauth's tables.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from labelers.models.people import Person


class BrowserSession(models.Model):
    """One browser in which a person is signed in; the session itself is Django's."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"session {self.pk} of {self.person}"


class SignInTries(models.Model):
    """How often somebody tried to sign in as one person, or from one address, since a time.

    ``key`` is ``person:7``, ``address:192.0.2.7`` or, for a name that nobody has, a hash of it:
    people type passwords into the wrong field.
    """

    key = models.CharField(max_length=80, primary_key=True)
    person = models.ForeignKey(
        Person, null=True, on_delete=models.CASCADE, related_name="sign_in_tries"
    )
    count = models.PositiveIntegerField()
    since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.count} tries of {self.key}"
