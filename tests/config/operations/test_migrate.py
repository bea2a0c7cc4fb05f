"""Migrating beside a site that works: short waits for locks, and another try."""

import pytest
from django.core.management import call_command, get_commands
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import OperationalError, connection, migrations
from psycopg.errors import LockNotAvailable

from config.operations.management.commands import migrate

pytestmark = pytest.mark.django_db


def test_the_command_is_ours():
    assert get_commands()["migrate"] == "config.operations"


def limit():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


class Concurrent(migrations.Migration):
    atomic = False


@pytest.mark.parametrize(("kind", "seconds"), [(migrations.Migration, "5s"), (Concurrent, "0")])
def test_only_what_blocks_others_has_a_limit(kind, seconds):
    command = migrate.Command()
    command._alias, command.verbosity = "default", 0
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
    command.migration_progress_callback("apply_start", kind("0001", "nowhere"))
    assert limit() == seconds


def busy(times, monkeypatch, cause):
    calls = []

    def handle(self, *args, **options):
        calls.append(1)
        if len(calls) <= times:
            raise OperationalError("canceling statement due to lock timeout") from cause

    monkeypatch.setattr(DjangoCommand, "handle", handle)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0)
    return calls


def test_a_table_in_use_is_tried_again(monkeypatch, capsys):
    calls = busy(2, monkeypatch, LockNotAvailable())
    call_command("migrate", verbosity=0)
    assert len(calls) == 3
    assert "A table is in use" in capsys.readouterr().err
    assert limit() == "0"


@pytest.mark.parametrize(("cause", "tries"), [(LockNotAvailable(), 20), (None, 1)])
def test_it_gives_up_in_the_end(monkeypatch, cause, tries):
    calls = busy(99, monkeypatch, cause)
    with pytest.raises(OperationalError):
        call_command("migrate", verbosity=0)
    assert len(calls) == tries
