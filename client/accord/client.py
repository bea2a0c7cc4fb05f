"""The client: everything by subject, over one server and one token."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Callable

from accord.calls import TRIES, Calls, Query, part
from accord.errors import Json
from accord.imports import Imports
from accord.quality import Quality
from accord.runs import Runs
from accord.settings import checked_url, find
from accord.snapshots import Snapshots
from accord.webhooks import Webhooks


class Accord:
    """Accord as one person may use it, by a token of theirs.

    Args:
        url: the server; ACCORD_URL or what `accord login` kept where it is left out.
        token: likewise ACCORD_TOKEN; its scopes limit what can be done.
        timeout: seconds to wait for an answer.
        tries: how often a request is sent before it counts as failed.
        sleep: how to wait, for tests.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 60.0,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not (url and token):
            url, token = find(url, token)
        self.calls = Calls(checked_url(url), token, timeout=timeout, tries=tries, sleep=sleep)
        self.projects = Projects(self.calls)
        self.imports = Imports(self.calls)
        self.snapshots = Snapshots(self.calls)
        self.runs = Runs(self.calls)
        self.quality = Quality(self.calls)
        self.webhooks = Webhooks(self.calls)

    def __repr__(self) -> str:
        return f"Accord({self.calls.url!r})"

    def me(self) -> Json:
        """The person whose token it is."""
        return dict(self.calls.get("me/"))

    def get(self, path: str, **query: Any) -> Any:
        """Anything that the API answers: ``client.get("projects/essays/biases/")``."""
        return self.calls.get(path, query)

    def pages(self, path: str, **query: Any) -> Iterator[Json]:
        """Everything in a list of the API, page after page."""
        return self.calls.pages(path, query)


class Projects:
    """Projects as such."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def list(self, query: Query | None = None) -> Iterator[Json]:
        """The projects that one may know of, newest first."""
        return self._calls.pages("projects/", query)

    def get(self, slug: str) -> Json:
        """One project with its settings and one's roles in it."""
        return dict(self._calls.get(f"projects/{part(slug)}/"))

    def create(self, name: str, kind: str, **fields: Any) -> Json:
        """Make a project; `fields` are slug, overlap, guidelines and so on."""
        return dict(self._calls.post("projects/", {"name": name, "kind": kind, **fields}))
