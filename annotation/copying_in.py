"""Rows written by COPY, table after table, while the rows of the next one are made ready.

A thread carries the statements out on the connection of the transaction that is open, so Python and
the database work at the same time. Nothing else may be asked on that connection meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import sql

NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Copies:
    """The statements of one transaction. Leaving waits for the last and raises what went wrong."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._sent: list[Future[None]] = []

    def __enter__(self) -> Copies:
        return self

    def __exit__(self, problem: type[BaseException] | None, *_details: object) -> None:
        self._thread.shutdown(cancel_futures=problem is not None)
        if problem is None:
            # The first one that failed is the reason why those behind it did.
            with connection.wrap_database_errors:
                for sent in self._sent:
                    sent.result()

    def send(self, model: type[Model], columns: Sequence[str], lines: Iterable[str]) -> None:
        """Have lines written into a table: a value for each of `columns`, with tabs between."""
        data = "".join(lines).encode()
        if data:
            own = connection.connection
            self._sent.append(self._thread.submit(_copy, own, model, columns, data))


def _copy(own: Any, model: type[Model], columns: Sequence[str], data: bytes) -> None:
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with own.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(data)


def new_numbers(wanted: Mapping[type[Model], int]) -> dict[type[Model], list[int]]:
    """So many numbers for each table's rows, which no other row has or gets, in order."""
    # The name of a sequence is looked up once for all of its numbers.
    each = sql.SQL(
        "ARRAY(SELECT nextval(named.at) FROM (SELECT pg_get_serial_sequence({}, 'id')::regclass"
        " AS at OFFSET 0) named, generate_series(1, {}))"
    )
    parts = [each.format(model._meta.db_table, count) for model, count in wanted.items()]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(parts)))
        found = cursor.fetchone()
    return {model: sorted(numbers) for model, numbers in zip(wanted, found, strict=True)}


def text(value: str) -> str:
    """A text as COPY takes it."""
    return value.translate(_ESCAPES) if value else ""


def document(value: str) -> str:
    """JSON as COPY takes it: of what COPY minds, it can hold nothing but backslashes."""
    return value.replace("\\", "\\\\")


def or_null(value: str | None) -> str:
    """A text or nothing as COPY takes it."""
    return NULL if value is None else text(value)


def array(values: Sequence[str]) -> str:
    """An array of texts as COPY takes it."""
    if not values:
        return "{}"
    quoted = (v.replace("\\", "\\\\").replace('"', '\\"') for v in values)
    return text("{" + ",".join(f'"{v}"' for v in quoted) + "}")
