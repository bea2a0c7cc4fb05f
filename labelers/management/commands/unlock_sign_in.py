"""`unlock_sign_in NAME`: let somebody who is locked out sign in again; for when no admin can."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labelers.models import Person
from labelers.signing_in import guarding, second_factors


class Command(BaseCommand):
    """Lifts the lock of one person, and with an option takes a lost second factor away."""

    help = "Lift the lock on somebody's sign-in after too many wrong passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name of the person."""
        parser.add_argument("username")
        parser.add_argument(
            "--second-factor", action="store_true", help="take their lost second factor away, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Unlock."""
        person = Person.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        was_locked = guarding.unlock(key=f"person:{person.pk}", unlocked_by=None)
        self.stdout.write("Unlocked." if was_locked else "Nothing was locked.")
        if options["second_factor"]:
            had_one = second_factors.take_away(person=person, taken_by=None)
            self.stdout.write("Second factor taken away." if had_one else "There was none.")
