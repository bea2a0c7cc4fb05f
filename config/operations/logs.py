"""What is written to logs, and how: plain lines for people, JSON lines for collectors.

Every line of a request carries its id. Addresses appear as the name of their route, because the raw
ones hold invitations and what people searched for; what a database error quotes of a row is left
out. So no name, e-mail address or text of anybody gets into a log by way of a request.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from labelers.request_ids import current

ACCESS = "accord.access"
_QUOTED = re.compile(r"^(DETAIL|CONTEXT|QUERY|STATEMENT|LINE \d+):.*(\n[ \t]+.*)*", re.MULTILINE)
_CALLED = re.compile(r"(\b[\w.]+\[\d*\])\(.*\)", re.DOTALL)
"""How the queue writes a job: its task, its number, and in brackets what it was called with."""
_FIELDS = ("method", "route", "status", "ms", "bytes")
"""What an access line says beside the fields of every line."""


def route_of(request: Any) -> str:
    """The name of the address that was asked for, never the address itself."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return "static" if request.path_info.startswith("/static/") else "unknown"
    return match.view_name if match.url_name else "unnamed"


def without_rows(text: str) -> str:
    """A traceback or message without the rows that PostgreSQL quotes in it."""
    return _QUOTED.sub(r"\1: left out", text)


class RequestNames(logging.Filter):
    """Puts the request's id on a record, and a route's name where Django wrote the raw path.

    An outage needs no traceback for every request that met it. Of a job its name and number are
    written, not what it was called with: that may be somebody's address.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current()
        if getattr(record, "status_code", None) in (503, 507):
            record.exc_info, record.exc_text = None, None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        if record.name.startswith("procrastinate."):
            record.msg, record.args = _CALLED.sub(r"\1", record.getMessage()), None
        request = getattr(record, "request", None)
        if record.name.startswith("django.") and request is not None and record.args:
            paths = {getattr(request, "path", None), getattr(request, "path_info", None)}
            given = record.args if isinstance(record.args, tuple) else (record.args,)
            record.args = tuple(route_of(request) if arg in paths else arg for arg in given)
        return True


class PlainLines(logging.Formatter):
    """One line for a person, with the request's id where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        name = getattr(record, "request_id", "")
        return without_rows(super().format(record)) + (f" [{name}]" if name else "")


class JsonLines(logging.Formatter):
    """One JSON object per line: time (UTC), level, logger, message, request id, and exceptions."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_rows(record.getMessage()),
        }
        if name := getattr(record, "request_id", ""):
            line["request_id"] = name
        if record.name == ACCESS:
            line |= {field: getattr(record, field, None) for field in _FIELDS}
        if record.exc_info:
            line["exception"] = without_rows(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def logging_settings(*, as_json: bool, access: bool) -> dict[str, Any]:
    """Django's `LOGGING`. With `access` every request is a line of its own."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": "config.operations.logs.RequestNames"}},
        "formatters": {
            "plain": {"()": "config.operations.logs.PlainLines"},
            "json": {"()": "config.operations.logs.JsonLines"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json" if as_json else "plain",
                "filters": ["request"],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # One line per periodic task at every start tells nobody anything.
            "procrastinate.periodic": {"level": "WARNING"},
            "procrastinate.blueprints": {"level": "WARNING"},
            # Each try of each connection while the database is away, with where it is.
            "psycopg.pool": {"level": "ERROR"},
            ACCESS: {"level": "INFO" if access else "WARNING"},
        },
    }
