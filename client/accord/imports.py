"""Files that come in: sent with progress, then read by the server in the background."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from accord.calls import Calls, part
from accord.errors import Json, WorkFailedError
from accord.waiting import wait_for

UNDER_WAY = ("fetching", "queued", "checking", "writing")
PIECE = 256 * 1024
Sent = Callable[[int, int], None]
"""Called with the bytes sent so far and all there are."""


class Imports:
    """The imports of projects."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, slug: str) -> Iterator[Json]:
        """The imports of a project, newest first."""
        return self._calls.pages(f"projects/{part(slug)}/imports/")

    def get(self, slug: str, uid: str) -> Json:
        """One import: how far it is, and what was wrong."""
        return dict(self._calls.get(f"projects/{part(slug)}/imports/{part(uid)}/"))

    def send(
        self,
        slug: str,
        path: str | Path,
        *,
        format: str,
        key: str | None = None,
        on_sent: Sent | None = None,
        **options: Any,
    ) -> Json:
        """Send a file; it is read in the background, see `wait`.

        Args:
            format: its format, by the name that the server gives it.
            key: an idempotency key; with the same one the same file is taken once.
            on_sent: called while it is sent.
            options: source, skip_bad, make_tasks, ask_people and whatever else the server takes.
        """
        fields = {"format": format, **{k: v for k, v in options.items() if v is not None}}
        file = Path(path)
        made: Json = self._calls.ask(
            "POST",
            f"projects/{part(slug)}/imports/",
            body=lambda: _form(file, fields, on_sent),
            key=key or str(uuid.uuid4()),
        )
        return made

    def wait(
        self,
        slug: str,
        uid: str,
        *,
        on_progress: Callable[[Json], None] | None = None,
        timeout: float | None = None,
    ) -> Json:
        """Wait for an import to be done.

        Raises:
            WorkFailedError: it was refused, paused, or waits for somebody to confirm it;
                ``result["problems"]`` names lines and fields.
        """
        found = wait_for(
            self._calls,
            f"projects/{part(slug)}/imports/{part(uid)}/",
            under_way=UNDER_WAY,
            on_progress=on_progress,
            timeout=timeout,
        )
        if found["state"] != "done":
            said = found.get("error") or f"The import is {found['state']}."
            raise WorkFailedError(str(said), found)
        return found


def problems_of(found: Json) -> list[str]:
    """What was wrong with an import's rows, a line each."""
    said = []
    for problem in found.get("problems") or []:
        place = f"line {problem['line']}" if problem.get("line") else "file"
        field = f", {problem['field']}" if problem.get("field") else ""
        said.append(f"{place}{field}: {problem.get('problem', '')}")
    return said


def _form(path: Path, fields: Json, on_sent: Sent | None) -> tuple[Iterator[bytes], int, str]:
    """A form with a file in it, read while it is sent."""
    boundary = uuid.uuid4().hex
    head = b""
    for name, value in fields.items():
        about = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        head += f"{about}{_text(value)}\r\n".encode()
    quoted = path.name.replace('"', "%22").replace("\r", "").replace("\n", "")
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    size = os.stat(path).st_size
    length = len(head) + size + len(tail)
    return (
        _pieces(path, head, tail, size, on_sent),
        length,
        (f"multipart/form-data; boundary={boundary}"),
    )


def _pieces(
    path: Path, head: bytes, tail: bytes, size: int, on_sent: Sent | None
) -> Iterator[bytes]:
    yield head
    sent = 0
    with open(path, "rb") as file:
        # No more than was announced, should somebody write to it meanwhile.
        while sent < size:
            piece = file.read(min(PIECE, size - sent))
            if not piece:
                break
            sent += len(piece)
            yield piece
            if on_sent is not None:
                on_sent(sent, size)
    yield tail


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
