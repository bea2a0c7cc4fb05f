"""Queries whose rows arrive as Arrow columns, at the moment that another transaction reads.

The driver (ADBC) copies rows out of PostgreSQL in binary form, without a Python object per row. It
has a connection of its own, which takes over the snapshot of the first one.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import adbc_driver_manager
import psycopg
import pyarrow as pa
from django.db import OperationalError
from psycopg import conninfo

POINT_LOOKUPS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


class ArrowReading:
    """Reads at the moment of `connection`, whose transaction must be repeatable read.

    Raises:
        OperationalError: the database went away; from every method.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        # It brings pandas along, 40 MB that most processes never need.
        from adbc_driver_postgresql import dbapi

        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        info = connection.info
        parameters = info.get_parameters() | {"password": info.password}
        try:
            self._connection = dbapi.connect(
                conninfo.make_conninfo(**{k: v for k, v in parameters.items() if v})
            )
            self._cursor = self._connection.cursor()
            self._run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._run(f"SET TRANSACTION SNAPSHOT '{row[0]}'" if row else "")
            self._run("SET LOCAL jit = off")
        except adbc_driver_manager.Error as error:
            raise OperationalError(str(error)) from error

    def look_up_only(self) -> None:
        """From now on queries name their rows by key: the planner is not to read whole tables."""
        for setting in POINT_LOOKUPS:
            self._run(f"SET LOCAL {setting} = off")
        self._run("SET LOCAL max_parallel_workers_per_gather = 0")

    def table(self, query: str) -> pa.Table:
        """The rows of `query`, each column in one piece; JSON is text."""
        try:
            self._cursor.execute(query)
            table = self._cursor.fetch_arrow_table()
        except adbc_driver_manager.OperationalError as error:
            raise OperationalError(str(error)) from error
        columns = [_plain(column) for column in table.columns]
        return pa.table(columns, names=table.column_names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            self._cursor.close()
            self._connection.close()
        except adbc_driver_manager.Error:
            # It is of no use any more, whatever it says.
            return

    def _run(self, command: str) -> None:
        self._cursor.execute(command)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    found = column.combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found
