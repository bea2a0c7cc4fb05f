"""Migrations may run beside a site that works: a linter reads the SQL of each.

What a running site of the release before would break on (a column that it must fill and does not
know, a rename, a drop) or wait for (an index that is not built concurrently) fails here. What is
named below was written before there was a release to run beside; nothing may be added to it
without a reason that holds for a site with a million tasks.
"""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.sql_analyser import analyse_sql_statements, get_sql_analyser_class

OURS = ("labelers", "annotation", "exports", "training")
FATAL_WARNINGS = {"CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE", "REINDEX"}
"""What the linter only warns of, and what stops writers of a large table."""

FIRST = "it is part of the first release: no site ran before it"
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("annotation", "0002_initial"): FIRST,
    ("annotation", "0004_kinds_and_reports"): FIRST,
    ("annotation", "0005_screening_and_quality"): FIRST,
    ("annotation", "0012_attempts_allowed"): FIRST,
    ("annotation", "0016_judgments_from_elsewhere"): FIRST,
    ("exports", "0002_snapshots_in_hand"): "an index of snapshots, of which there are hundreds",
    ("labelers", "0002_preferences"): FIRST,
}


def ours() -> list[tuple[str, str]]:
    known = MigrationLoader(None).disk_migrations or {}
    return sorted(key for key in known if key[0] in OURS)


def statements_of(said: str) -> list[str]:
    """The statements that `sqlmigrate` prints, each on one line."""
    statements, parts = [], []
    for line in said.splitlines():
        if not line.strip() or line.startswith("--"):
            continue
        parts.append(line.strip())
        whole = " ".join(parts)
        # The body of a function holds statements of its own.
        if whole.endswith(";") and whole.count("$$") % 2 == 0:
            statements.append(whole.replace("CREATE UNLOGGED TABLE", "CREATE TABLE"))
            parts = []
    return statements


def on_tables_that_were_there(statements: list[str]) -> list[str]:
    """All but indexes of tables that the same migration makes, which nobody uses yet."""
    made = {name for each in statements for name in re.findall(r'^CREATE TABLE "?(\w+)', each)}
    index = re.compile(r'^CREATE (?:UNIQUE )?INDEX .* ON "?(\w+)')
    return [each for each in statements if not ((found := index.match(each)) and found[1] in made)]


def dangers(statements: list[str]) -> set[str]:
    """What the linter says against this SQL, by its codes."""
    lines = on_tables_that_were_there(statements)
    errors, _, warnings = analyse_sql_statements(get_sql_analyser_class("postgresql"), lines)
    told = {issue.code for issue in errors}
    return told | {issue.code for issue in warnings if issue.code in FATAL_WARNINGS}


@pytest.fixture
def sql_of(django_db_setup, django_db_blocker):
    """The SQL of a migration. Without a transaction, in which no index is built concurrently."""

    def sql(key: tuple[str, str]) -> str:
        with django_db_blocker.unblock():
            said: str = call_command("sqlmigrate", *key, stdout=io.StringIO())
            return said

    return sql


@pytest.mark.parametrize("key", ours(), ids=".".join)
def test_a_migration_is_safe_beside_a_site_that_works(key, sql_of):
    found = dangers(statements_of(sql_of(key)))
    if key in EXCEPTIONS:
        assert found, f"{key} is safe: take it out of the exceptions"
    else:
        assert found == set(), f"{found}: see docs/running.md, Upgrades"


def test_every_exception_is_a_migration_that_is_there():
    assert set(EXCEPTIONS) <= set(ours())


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ('ALTER TABLE "t" ADD COLUMN "c" integer NOT NULL;', "NOT_NULL"),
        ('ALTER TABLE "t" DROP COLUMN "c" CASCADE;', "DROP_COLUMN"),
        ('ALTER TABLE "t" RENAME COLUMN "c" TO "d";', "RENAME_COLUMN"),
        ('ALTER TABLE "t" ALTER COLUMN "c" TYPE text;', "ALTER_COLUMN"),
        ('CREATE INDEX "i" ON "t" ("c");', "CREATE_INDEX"),
    ],
)
def test_dangerous_sql_is_told(statement, code):
    assert code in dangers(["BEGIN;", statement, "COMMIT;"])


def test_an_index_of_a_new_table_hides_none_of_an_old_one():
    made = ['CREATE TABLE "new" ("c" integer);', 'CREATE INDEX "a" ON "new" ("c");']
    assert dangers(made) == set()
    assert dangers([*made, 'CREATE INDEX "b" ON "old" ("c");']) == {"CREATE_INDEX"}


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "t" ADD COLUMN "c" integer NULL;',
        'ALTER TABLE "t" ADD COLUMN "c" integer DEFAULT 0 NOT NULL;',
        'CREATE INDEX CONCURRENTLY "i" ON "t" ("c");',
    ],
)
def test_safe_sql_is_not(statement):
    assert dangers([statement]) == set()
