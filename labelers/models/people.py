"""People, and the pseudonym under which exports know them."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

PSEUDONYM_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_pseudonym() -> str:
    """A name for exports that says nothing about the person: 10 characters, 49 bits."""
    return "L-" + "".join(secrets.choice(PSEUDONYM_ALPHABET) for _ in range(10))


class Person(AbstractUser):
    """Somebody who signs in. `is_staff` people may create projects and reach all of them."""

    pseudonym = models.CharField(max_length=16, unique=True, default=new_pseudonym, editable=False)
    language = models.CharField(max_length=8, default="en", choices=settings.LANGUAGES)
    preferences = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.username
