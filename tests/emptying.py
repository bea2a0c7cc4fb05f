"""The database emptied after a test whose writes were committed.

Django truncates every table, each a handful of new files, and makes content types and permissions
anew: half a second for a test that wrote ten rows. Here only rows go, where there are few.
"""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

_FEW = 500
_KEPT = {"django_migrations", "django_content_type", "auth_permission"}

_REFUSE_DELETION = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
    WHERE NOT tgisinternal AND tgtype & 8 = 8"""


def install() -> None:
    """Have `empty` do what Django does after tests with real transactions."""
    TransactionTestCase._fixture_teardown = lambda self: empty()


def empty() -> None:
    """Delete all rows of Django's tables but those that migrations make."""
    names = sorted(set(connection.introspection.django_table_names(only_existing=True)) - _KEPT)
    tables = [connection.ops.quote_name(name) for name in names]
    with transaction.atomic(), connection.cursor() as cursor:
        # Requests that are still at work end first, as they would before TRUNCATE.
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        counts = (
            f"SELECT {n}, (SELECT count(*) FROM (SELECT FROM {table} LIMIT {_FEW + 1}) AS found)"
            for n, table in enumerate(tables)
        )
        cursor.execute(" UNION ALL ".join(counts))
        found = {tables[n]: count for n, count in cursor.fetchall() if count}
        few = max(found.values(), default=0) <= _FEW
        if few:
            cursor.execute(_REFUSE_DELETION)
            refusing = [table for (table,) in cursor.fetchall()]
            _run(cursor, [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in refusing])
            _run(cursor, [f"DELETE FROM {table}" for table in found])
            # Foreign keys wait for the end of the transaction, and so need no order here.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            _run(cursor, [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in refusing])
    if not few:
        call_command("flush", verbosity=0, interactive=False)


def _run(cursor: CursorWrapper, statements: list[str]) -> None:
    for statement in statements:
        cursor.execute(statement)
