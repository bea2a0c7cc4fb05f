"""A real Chromium on a real server: pages at two widths that may not complain.

ACCORD_CHROMIUM names the browser's program; otherwise the usual names are tried. A test fails when
one of its pages logged an error, broke the content policy or asked another server for something.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.furnishing import furnished

NAMES = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
PASSWORD = "a long phrase"
# On two cores that have other work as well.
expect.set_options(timeout=15_000)


@pytest.fixture
def house(transactional_db, person_factory, project_factory):
    """A project of every kind, and in the first of them everything that a page can show."""
    return furnished(person_factory, project_factory)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all of these tests."""
    given = os.environ.get("ACCORD_CHROMIUM")
    found = next(filter(None, map(shutil.which, [given] if given else NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is here: install one, or name its program in ACCORD_CHROMIUM")
    # Playwright keeps an event loop in this thread, where Django then refuses its database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Requests:
    """How many requests the server is working on."""

    def __init__(self) -> None:
        self.open = 0
        self.lock = threading.Lock()

    def started(self, **_kwargs) -> None:
        with self.lock:
            self.open += 1

    def finished(self, **_kwargs) -> None:
        with self.lock:
            self.open -= 1

    def wait_for_none(self, seconds: float = 10) -> None:
        """The tables are emptied next; a request that still writes would be in the way."""
        end = time.monotonic() + seconds
        time.sleep(0.05)
        while self.open and time.monotonic() < end:
            time.sleep(0.02)


class Browsing:
    """Opens pages, and collects what they complain of."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.expected: list[str] = []

    def context(self, size: str = "desktop", person=None, **options) -> BrowserContext:
        """A browser of its own (cookies, storage), signed in as `person`."""
        made = self.browser.new_context(base_url=self.url, **SIZES[size], **options)
        made.set_default_timeout(15_000)
        made.on("console", self._heard)
        made.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        made.on("request", self._asked)
        self.contexts.append(made)
        if person is not None:
            self.give_session(made, person)
        return made

    def give_session(self, context: BrowserContext, person) -> None:
        """What signing in does, without the form."""
        client = Client()
        client.force_login(person)
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": self.url}])

    def page(self, size: str = "desktop", person=None, **options) -> Page:
        """A page in a browser of its own."""
        return self.context(size, person, **options).new_page()

    def expect(self, *patterns: str) -> None:
        """Complaints that match one of `patterns` are what this test is about."""
        self.expected += patterns

    def _heard(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"asked another server: {request.url}")

    def close(self) -> list[str]:
        for context in self.contexts:
            context.close()
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self.expected)
        ]


@pytest.fixture
def browse(chromium, live_server) -> Iterator[Browsing]:
    """Opens pages of the test's own server; none of them may complain."""
    browsing = Browsing(chromium, live_server.url)
    requests = Requests()
    request_started.connect(requests.started)
    request_finished.connect(requests.finished)
    yield browsing
    complaints = browsing.close()
    requests.wait_for_none()
    request_started.disconnect(requests.started)
    request_finished.disconnect(requests.finished)
    assert complaints == []
