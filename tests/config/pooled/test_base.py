"""A connection of the pool whose server hung up is not given out again."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.db import connections

from config.database import database_settings
from config.pooled.base import DatabaseWrapper, look_at

pytestmark = pytest.mark.usefixtures("django_db_setup")


@pytest.fixture
def pool():
    """The pool of a web process, over the tests' database."""
    given = connections["default"].settings_dict
    options = {**given["OPTIONS"], **database_settings(pooled=True)["OPTIONS"]}
    wrapper = DatabaseWrapper({**given, "OPTIONS": options}, alias="pooled")
    wrapper.pool.open()
    yield wrapper.pool
    wrapper.close_pool()


def test_a_lost_connection_is_replaced_before_it_is_used(pool):
    with pool.connection() as first:
        lost = first.info.backend_pid
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = %s", [lost]
        )
    # Those that were there before are given out first.
    taken = [pool.getconn() for _ in range(3)]
    assert all(each.execute("SELECT 1").fetchone() == (1,) for each in taken)
    assert lost not in [each.info.backend_pid for each in taken]
    for each in taken:
        pool.putconn(each)


def test_a_connection_at_rest_is_not_asked(monkeypatch):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as own:
        with monkeypatch.context() as context:
            context.setattr(own, "execute", lambda *_asked: pytest.fail("the server was asked"))
            look_at(own)
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [own.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            look_at(own)
