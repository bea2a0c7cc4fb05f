"""Django's way to PostgreSQL, but for how a connection of the pool is looked at before it is used.

Django has the server asked an empty question each time, which every request would wait for. A
server that went away has closed its end, which a look at the socket tells.
"""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that comes from a pool."""

    @property
    def pool(self) -> ConnectionPool[Any]:
        """The pool of this process; made when it is first asked for, opened by who takes from it.

        The same as Django's, which leaves no choice of the check.
        """
        pools = self._connection_pools
        if self.alias not in pools:
            made: ConnectionPool[Any] = ConnectionPool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                configure=self._configure_connection,
                check=look_at,
                **self.settings_dict["OPTIONS"]["pool"],
            )
            pools.setdefault(self.alias, made)
        found: ConnectionPool[Any] = pools[self.alias]
        return found


def look_at(connection: Connection[Any]) -> None:
    """Raise where the server is gone: a connection at rest has nothing to read until it is."""
    seen = select.poll()
    seen.register(connection.fileno(), select.POLLIN)
    if seen.poll(0):
        ConnectionPool.check_connection(connection)
