"""Where the database is, for Django and for everything that starts Accord.

`DATABASE_URL` names a PostgreSQL server; without it the home's embedded server is meant. Imports no
Django. Starting and stopping the embedded server is `config.embedded_postgres`.
"""

import os
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.embedded_postgres import EmbeddedPostgres, connection_parameters
from config.environment import secret
from config.homes import CannotStart, home_folder
from config.postgres_data import DATABASE

__all__ = ["EmbeddedPostgres", "database_settings", "given_url", "prepare_server"]

OLDEST_SERVER = 15
POOL_MOST = 24
_CONNECT_SECONDS = 10


def given_url() -> str:
    """DATABASE_URL, or an empty string where the embedded server is meant."""
    return secret("DATABASE_URL").strip()


def parameters_of(url: str) -> dict[str, str]:
    """libpq's parameters in a URL or a `key=value` string; the database is `accord` unless named.

    Raises CannotStart for a text that names no PostgreSQL server.
    """
    try:
        found = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.Error as error:
        # The message may quote the password.
        raise CannotStart(
            "DATABASE_URL is not a PostgreSQL address: write it as "
            "postgresql://user:password@host:5432/name."
        ) from error
    return {"dbname": DATABASE, "connect_timeout": str(_CONNECT_SECONDS), **found}


def database_settings(*, pooled: bool | None = None) -> dict[str, Any]:
    """Django's `DATABASES["default"]`. Reads the environment and files; connects to nothing.

    `pooled` keeps connections open between requests, for processes with many threads; by default
    that is what the process says of itself in ACCORD_PROCESS=web.
    """
    if pooled is None:
        pooled = os.environ.get("ACCORD_PROCESS") == "web"
    url = given_url()
    parameters = parameters_of(url) if url else connection_parameters(home_folder())
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        **{key: parameters.pop(name, "") for key, name in names.items()},
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": parameters,
    }
    if pooled:
        settings["ENGINE"] = "config.pooled"
        # More callers than that wait their turn, which PostgreSQL's 100 connections call for. A
        # server that was away is tried again by the next caller, not after ever longer pauses.
        settings["OPTIONS"]["pool"] = {
            "min_size": 2,
            "max_size": POOL_MOST,
            "timeout": 5,
            "reconnect_timeout": 2,
        }
        # What `labelers.statements` sends is prepared from its second time on a connection.
        settings["OPTIONS"]["prepare_threshold"] = 1
    return settings


def _reason(error: psycopg.Error) -> str:
    """What libpq says went wrong, without the address that it repeats and its advice."""
    first = (str(error).strip().splitlines() or ["no reason given"])[0]
    return first.rpartition("failed: ")[2].strip().rstrip(".")


def prepare_server(url: str) -> None:
    """Check the server that DATABASE_URL names, and make its database when that is absent.

    Raises CannotStart when it cannot be reached, is older than PostgreSQL 15 or does not store
    UTF-8.
    """
    parameters = parameters_of(url)
    where = " ".join(f"{key}={parameters[key]}" for key in ("host", "port") if key in parameters)
    try:
        try:
            connection = psycopg.connect(make_conninfo(**parameters))
        except psycopg.OperationalError as error:
            if not _make_database(parameters):
                raise error
            connection = psycopg.connect(make_conninfo(**parameters))
    except psycopg.Error as error:
        raise CannotStart(
            f"The database that DATABASE_URL names cannot be used ({where or 'no host given'}: "
            f"{_reason(error)}): start that server, correct DATABASE_URL, or unset it."
        ) from error
    with connection:
        version, encoding = connection.info.server_version, connection.info.parameter_status
        if version < OLDEST_SERVER * 10000:
            raise CannotStart(
                f"The server that DATABASE_URL names is PostgreSQL {version // 10000}: "
                f"Accord needs version {OLDEST_SERVER} or later."
            )
        if encoding("server_encoding") != "UTF8":
            raise CannotStart(
                f"The database {parameters['dbname']} stores {encoding('server_encoding')}: "
                "name one in DATABASE_URL that was made with ENCODING 'UTF8'."
            )


def _make_database(parameters: dict[str, str]) -> bool:
    """Make the database when the server is there and lacks only that; True when it was made."""
    name = parameters["dbname"]
    try:
        with psycopg.connect(
            make_conninfo(**{**parameters, "dbname": "postgres"}), autocommit=True
        ) as connection:
            if connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone():
                return False
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name)
                )
            )
    except psycopg.Error:
        return False
    return True
