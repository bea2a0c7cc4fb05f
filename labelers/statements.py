"""Statements of every request: bound and prepared by the server, so that it plans them once.

Django writes values into the text of a query, which the server then reads and plans each time; for
the few statements that every answer asks that would be most of their cost. Where connections are
not kept nothing is prepared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import JSONField, Model
from django.db.models.expressions import DatabaseDefault
from psycopg.types.json import Jsonb

M = TypeVar("M", bound=Model)


def rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute one statement with named values; its rows, in which JSON is text.

    Counted, logged and wrapped like every other query of Django's.
    """
    # Looked up once: the proxy that Django calls `connection` asks for the thread's at every word.
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    bound = _cursor(here.connection, statement)
    here._prepare_cursor(bound).execute(statement, values)
    # Its description says the same, after looking up the type of every column.
    has_rows = bound.pgresult is not None and bound.pgresult.nfields > 0
    return bound.fetchall() if has_rows else []


def _cursor(connection: Any, statement: str) -> ServerBindingCursor:
    """The cursor of a statement, kept as long as its connection: it knows the types by then."""
    kept: dict[str, ServerBindingCursor] = vars(connection).setdefault("_statements", {})
    if statement not in kept:
        kept[statement] = ServerBindingCursor(connection)
    return kept[statement]


def row(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row of a statement, None where there is none."""
    found = rows(statement, values)
    return found[0] if found else None


def insert(made: Model) -> None:
    """Store a new object, as its ``save`` would, without reading anything back but its key."""
    model = type(made)
    names, documents = _fields(model)
    values = {
        name: Jsonb(value) if n in documents else value
        for n, name in enumerate(names)
        if not isinstance(value := getattr(made, name), DatabaseDefault)
    }
    del values[model._meta.pk.attname]
    made.pk = rows(_insertion(model, tuple(values)), values)[0][0]


@cache
def _insertion(model: type[Model], names: tuple[str, ...]) -> str:
    fields = {field.attname: field.column for field in model._meta.concrete_fields}
    given = ", ".join(f"%({name})s" for name in names)
    into = ", ".join(fields[name] for name in names)
    table, key = model._meta.db_table, model._meta.pk.column
    return f"INSERT INTO {table} ({into}) VALUES ({given}) RETURNING {key}"  # noqa: S608


@cache
def columns(model: type[Model], alias: str) -> str:
    """Every column of a model's table, for a statement whose rows `instance` reads."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def instance(model: type[M], values: Sequence[Any]) -> M:
    """A row of `columns` as an object, as Django would have read it."""
    names, documents = _fields(model)
    read = list(values)
    for place in documents:
        if read[place] is not None:
            read[place] = json.loads(read[place])
    return model.from_db("default", names, read)


@cache
def _fields(model: type[Model]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    fields = model._meta.concrete_fields
    documents = tuple(n for n, field in enumerate(fields) if isinstance(field, JSONField))
    return tuple(field.attname for field in fields), documents
