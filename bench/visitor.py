"""A person at a browser, as a program: a session with cookies and CSRF, pages and the API.

It knows addresses and forms of Accord and nothing else: no database, no shortcuts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

_TIMEOUT = 120.0
_BETWEEN_LOOKS = 0.4
_PROBLEM = re.compile(r'class="(?:errorlist|error)[^"]*"[^>]*>(.*?)</', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


class RequestRefusedError(Exception):
    """The server said no; the message is what it said, ``status`` the HTTP status of it."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Visitor:
    """One person's session at ``address``. Not for several threads at once."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.session = requests.Session()
        # A proxy of the environment is not on the way to a server on this machine.
        self.session.trust_env = False

    def sign_in(self, username: str, password: str) -> None:
        """Sign in on the page for it."""
        self.submit("/sign-in/", {"username": username, "password": password})
        self.username = username

    def sign_up(self, link: str, username: str, password: str) -> None:
        """Make an account on the page that an invitation leads to."""
        self.submit(self._path(link), {"username": username, "password": password})
        self.username = username

    def accept(self, link: str) -> None:
        """Come into a further project with the account one has."""
        self.submit(self._path(link), {})

    def submit(self, path: str, fields: Mapping[str, str], *, page: str | None = None) -> None:
        """Open ``page`` (by default the form's own) and send a form; a redirect means success."""
        shown = self.session.get(self.address + (page or path), timeout=_TIMEOUT)
        if shown.status_code >= 400:
            raise RequestRefusedError(
                f"{page or path} answered {shown.status_code}.", shown.status_code
            )
        sent = self.session.post(
            self.address + path,
            data={**fields, "csrfmiddlewaretoken": self.session.cookies.get("csrftoken", "")},
            allow_redirects=False,
            timeout=_TIMEOUT,
        )
        if sent.status_code != 302:
            said = " ".join(_TAG.sub("", found).strip() for found in _PROBLEM.findall(sent.text))
            raise RequestRefusedError(
                f"{path} answered {sent.status_code}. {said}".strip(), sent.status_code
            )

    def get(self, path: str, **query: str) -> Any:
        """What the API answers to a GET below /api/v1/."""
        return self._json(
            self.session.get(f"{self.address}/api/v1/{path}", params=query, timeout=_TIMEOUT)
        )

    def get_all(self, path: str) -> list[dict[str, Any]]:
        """Every row of a list, page after page."""
        rows: list[dict[str, Any]] = []
        answer = self.get(path)
        while True:
            rows += answer["results"]
            if not answer["next"]:
                return rows
            answer = self._json(self.session.get(answer["next"], timeout=_TIMEOUT))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the API answers to a POST of JSON."""
        return self._json(
            self.session.post(
                f"{self.address}/api/v1/{path}",
                json=dict(body or {}),
                headers=self._headers(),
                timeout=_TIMEOUT,
            )
        )

    def upload(self, path: str, file: Path, fields: Mapping[str, str]) -> Any:
        """What the API answers to a file sent as a form."""
        with file.open("rb") as content:
            return self._json(
                self.session.post(
                    f"{self.address}/api/v1/{path}",
                    data=dict(fields),
                    files={"file": (file.name, content)},
                    headers=self._headers(),
                    timeout=_TIMEOUT,
                )
            )

    def download(self, path: str, **query: str) -> bytes:
        """The bytes of a file."""
        answer = self.session.get(f"{self.address}/api/v1/{path}", params=query, timeout=_TIMEOUT)
        if answer.status_code >= 400:
            self._json(answer)
        return answer.content

    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.session.cookies.get("csrftoken") or ""}

    def _path(self, link: str) -> str:
        """Links name the host as the server knows it; this visitor keeps to its own address."""
        return "/" + link.split("://", 1)[-1].split("/", 1)[1]

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        try:
            body = answer.json() if answer.content else None
        except ValueError:
            body = None
        if answer.status_code < 400:
            return body
        said = body.get("detail") or body.get("title") if isinstance(body, dict) else None
        errors = body.get("errors") if isinstance(body, dict) else None
        raise RequestRefusedError(
            f"{answer.request.method} {answer.request.path_url} answered {answer.status_code}:"
            f" {said or answer.reason}{f' {errors}' if errors else ''}",
            answer.status_code,
        )


def pause() -> None:
    """The time between two looks at something that goes on in the background."""
    time.sleep(_BETWEEN_LOOKS)
