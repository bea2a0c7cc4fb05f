"""Chromium labeling a project by keyboard, and what it saw: see `bench.labeling_page`.

The page is watched from outside (Chromium's own protocol) and by a few lines that run beside it;
the page itself knows nothing of being measured.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

SECONDS_PER_ITEM = 1.0
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# What follows the key press, seen from inside: no part of the page knows of it.
WATCH = """
    window.nextItems = [];
    let pressed = null;
    const prompt = () => {
        const e = document.getElementById("prompt");
        return e && !e.closest("[hidden]") ? e.textContent : "";
    };
    addEventListener("keydown", (event) => {
        if (event.key === "Enter") pressed = { at: event.timeStamp, prompt: prompt() };
    }, true);
    new MutationObserver(() => {
        const now = prompt();
        if (!pressed || !now || now === pressed.prompt) return;
        const { at } = pressed;
        pressed = null;
        requestAnimationFrame(() => requestAnimationFrame((frame) => {
            window.nextItems.push(Math.max(frame, performance.now()) - at);
        }));
    }).observe(document, { childList: true, subtree: true, attributes: true });
"""
REQUESTS = """performance.getEntriesByType("resource")
    .filter((entry) => entry.initiatorType === "fetch").map((entry) => entry.duration)"""


@dataclass(frozen=True)
class Setting:
    """How far away the server is (milliseconds there and back) and how slow the processor."""

    name: str
    latency: int = 0
    slower: int = 1


LOCAL = Setting("localhost")
FAR = Setting("300 ms round trip", latency=300)
SLOW = Setting("300 ms round trip, processor slowed 4 times", latency=300, slower=4)


@dataclass
class Traffic:
    """What went over the line since the last `clear`."""

    requests: int = 0
    received: int = 0

    def clear(self) -> None:
        """Count from here."""
        self.requests = self.received = 0


@dataclass
class Labeled:
    """What labeling in one setting showed: milliseconds of every item after the first, requests
    and received bytes per item, and what a request took (median), which shows the distance."""

    milliseconds: list[float]
    requests: float
    received: float
    request_ms: float

    def at(self, percent: float) -> float:
        """A percentile of the milliseconds."""
        return float(np.percentile(self.milliseconds, percent))


def chromium() -> str:
    """The program of a Chromium; leaves with a sentence where there is none."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        sys.exit("The package playwright is not here: install requirements-dev.lock.")
    given = os.environ.get("ACCORD_CHROMIUM")
    for name in [given] if given else CHROMIUM:
        if found := shutil.which(name):
            return found
    sys.exit("No Chromium is here: install one, or name its program in ACCORD_CHROMIUM.")


def label(
    program: str,
    labeler: Visitor,
    *,
    project: str,
    items: int,
    setting: Setting,
    scripts: dict[str, bytes],
) -> Labeled:
    """Label so many items by keyboard; what the page loads as JavaScript goes into `scripts`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        cookies = labeler.session.cookies
        context.add_cookies(
            [{"name": c.name, "value": str(c.value), "url": labeler.address} for c in cookies]
        )
        context.on("response", lambda answer: _keep_script(answer, scripts))
        page = context.new_page()
        page.add_init_script(WATCH)
        session = context.new_cdp_session(page)
        traffic = _watch_traffic(session)
        _slow_down(session, setting)
        page.goto(f"{labeler.address}/projects/{project}/label/")
        page.locator("#item").wait_for(state="visible", timeout=60_000)
        found = _label_items(page, traffic, items)
        _must_have_arrived(page, labeler, project, items)
        browser.close()
    return found


def _keep_script(answer: Any, scripts: dict[str, bytes]) -> None:
    """The body of what is JavaScript, workers included."""
    if answer.ok and "javascript" in answer.headers.get("content-type", ""):
        name, body = answer.url.split("?")[0], answer.body()
        # The service worker asks once more for its copy, which comes without a body.
        scripts[name] = max(scripts.get(name, b""), body, key=len)


def _watch_traffic(session: CDPSession) -> Traffic:
    """Count requests and received bytes from here on."""
    traffic = Traffic()

    def asked(_event: dict[str, Any]) -> None:
        traffic.requests += 1

    def came(event: dict[str, Any]) -> None:
        traffic.received += int(event["encodedDataLength"])

    session.send("Network.enable")
    session.on("Network.requestWillBeSent", asked)
    session.on("Network.loadingFinished", came)
    return traffic


def _slow_down(session: CDPSession, setting: Setting) -> None:
    """Put the browser far away and on a slow machine."""
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": setting.latency,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": setting.slower})


def _label_items(page: Page, traffic: Traffic, items: int) -> Labeled:
    """Choose and submit at the pace of a fast person."""
    # What comes after the first item is there before it was read.
    page.wait_for_timeout(3000)
    traffic.clear()
    for number in range(items):
        began = time.monotonic()
        page.keyboard.press(str(1 + number % 8))
        page.keyboard.press("Enter")
        page.wait_for_function(
            "(n) => window.nextItems.length >= n", arg=number + 1, timeout=60_000
        )
        left = SECONDS_PER_ITEM - (time.monotonic() - began)
        page.wait_for_timeout(max(left, 0.05) * 1000)
    page.wait_for_timeout(2000)
    times = page.evaluate("window.nextItems")
    request_ms = float(np.median(page.evaluate(REQUESTS)))
    return Labeled(times[1:], traffic.requests / items, traffic.received / items, request_ms)


def _must_have_arrived(page: Page, labeler: Visitor, project: str, items: int) -> None:
    """A fast page that loses answers is no page to measure."""
    page.wait_for_function(
        "!Object.keys(localStorage).some((key) => key.includes(':outbox:'))", timeout=60_000
    )
    answer = labeler.post(f"projects/{project}/labeling/next/", {"holding": []})
    if answer["work"]["done"] != items:
        sys.exit(f"{items} items were labeled, and {answer['work']['done']} arrived.")
