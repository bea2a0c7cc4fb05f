"""Labeling in a real browser: from submitting to the next item readable, and what it costs.

A throw-away Accord with a pairwise project of 300-word responses; Chromium labels it by keyboard,
one item a second: on this machine as it is, over a line with a round trip of 300 ms, and with a
processor slowed four times besides. The clock runs from the key press of Enter to the second frame
after the next prompt stands on the page. What is named is the slowest setting.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.contract import progress, report
from bench.demo import heed_signals, password_of
from bench.demo_labeling import wait_for
from bench.visitor import Visitor
from config.supervising import Supervisor

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

ITEMS = 65
SECONDS_PER_ITEM = 1.0
WORDS = 300
PROJECT = "labeling-page"
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
    scripts: dict[str, bytes] = field(default_factory=dict)

    def clear(self) -> None:
        """Count from here."""
        self.requests = self.received = 0


@dataclass
class Labeled:
    """What labeling in one setting showed; milliseconds of every item after the first."""

    milliseconds: list[float]
    requests: float
    received: float

    def at(self, percent: float) -> float:
        """A percentile of the milliseconds."""
        return float(np.percentile(self.milliseconds, percent))


def main() -> None:
    """Measure and report."""
    program = chromium()
    with served() as (address, password):
        admin = Visitor(address)
        admin.sign_in("admin", password)
        link = fill_project(admin)
        found, scripts = {}, {}
        for number, setting in enumerate((LOCAL, FAR, SLOW)):
            progress(f"{ITEMS} items: {setting.name}")
            labeler = Visitor(address)
            labeler.sign_up(link, f"labeler-{number}", secrets.token_urlsafe(12))
            found[setting] = label(program, labeler, setting, scripts)
    report_times(found)
    report_costs(found[SLOW], scripts)


def report_times(found: dict[Setting, Labeled]) -> None:
    """Percentiles: the slowest setting's by the plain name, localhost's beside it."""
    for percent, goal in ((95, "<= 100"), (50, None)):
        detail = "; ".join(
            f"{setting.name}: {labeled.at(percent):.0f} ms" for setting, labeled in found.items()
        )
        for name, setting in ((f"next_p{percent}_ms", SLOW), (f"next_p{percent}_ms_local", LOCAL)):
            report(
                name,
                ours=round(found[setting].at(percent), 1),
                unit="ms",
                goal=goal,
                higher_is_better=False,
                detail=f"{len(found[setting].milliseconds)} items; {detail}",
            )


def report_costs(labeled: Labeled, scripts: dict[str, bytes]) -> None:
    """JavaScript of the page, and what an item costs after the first."""
    sizes = {url: gzipped(body) for url, body in scripts.items()}
    largest = sorted(sizes.items(), key=lambda size: -size[1])[:5]
    report(
        "js_kb_gzip",
        ours=round(sum(sizes.values()) / 1024, 1),
        unit="KB",
        goal="<= 60",
        higher_is_better=False,
        detail=f"{len(sizes)} files; "
        + ", ".join(f"{url.rsplit('/', 1)[-1]} {size / 1024:.1f}" for url, size in largest),
    )
    report(
        "requests_per_item",
        ours=round(labeled.requests, 2),
        unit="requests",
        goal=None,
        higher_is_better=False,
        detail="everything the page asked for after its first item, divided by the items",
    )
    report(
        "bytes_per_item",
        ours=round(labeled.received),
        unit="bytes",
        goal=None,
        higher_is_better=False,
        detail=f"received on the wire, with headers; items of two responses of {WORDS} words",
    )


def gzipped(body: bytes) -> int:
    """Bytes of `body` as gzip makes it at its best."""
    return len(gzip.compress(body, 9))


# ------------------------------------------------------------------------------------ the server


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """A throw-away Accord: its address and the admin's password."""
    folder = Path(tempfile.mkdtemp(prefix="accord-bench-"))
    # PostgreSQL runs as another account when root runs the benchmark.
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    said: list[str] = []
    supervisor = Supervisor(
        folder / "home", port=0, database_url="", samples=False, say=said.append
    )
    heed_signals(supervisor)
    try:
        progress("starting a throw-away server")
        supervisor.start()
        yield supervisor.address, password_of("admin", said)
    finally:
        supervisor.stopping = True
        supervisor.stop()
        shutil.rmtree(folder, ignore_errors=True)


def fill_project(admin: Visitor) -> str:
    """A project with more items than are labeled; returns the link by which people come."""
    admin.post(
        "projects/",
        {
            "name": "Labeling page",
            "slug": PROJECT,
            "kind": "pairwise",
            "overlap": 3,
            "gold_rate": 0,
        },
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "items.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows(ITEMS + 10)))
        made = admin.upload(f"projects/{PROJECT}/imports/", file, {"format": "accord"})
        wait_for(
            lambda: admin.get(f"projects/{PROJECT}/imports/{made['uid']}/"), lambda _found: None
        )
    invitation = admin.post(f"projects/{PROJECT}/invitations/", {"role": "labeler", "max_uses": 3})
    return str(invitation["link"])


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Prompts with two responses each: paragraphs, a list and some code, `WORDS` words long."""
    rng = random.Random(0)
    for number in range(count):
        yield {
            "prompt": [{"role": "user", "content": f"Question {number}: {sentence(rng, 25)}"}],
            "responses": [
                {"messages": [{"role": "assistant", "content": response(rng)}], "source": source}
                for source in ("one", "another")
            ],
        }


def response(rng: random.Random) -> str:
    """One response as models write them."""
    parts = [
        sentence(rng, 60),
        "\n".join(f"- **{sentence(rng, 2)}** {sentence(rng, 18)}" for _ in range(5)),
        f"```python\ndef {word(rng)}({word(rng)}):\n    return '{word(rng)}'  # {word(rng)}\n```",
        sentence(rng, 70),
        sentence(rng, WORDS - 60 - 5 * 20 - 70 - 6),
    ]
    return "\n\n".join(parts)


def sentence(rng: random.Random, words: int) -> str:
    """As many words, with a full stop."""
    return " ".join(word(rng) for _ in range(words)).capitalize() + "."


def word(rng: random.Random) -> str:
    """Something of the length of a word."""
    syllables = rng.choices(("ta", "re", "mo", "ni", "sel", "or"), k=rng.choice((1, 2, 2, 3)))
    return "".join(syllables)


# ----------------------------------------------------------------------------------- the browser


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


def label(program: str, labeler: Visitor, setting: Setting, scripts: dict[str, bytes]) -> Labeled:
    """Label `ITEMS` items by keyboard; what the page loads as JavaScript goes into `scripts`."""
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
        context.on("response", lambda answer: keep_script(answer, scripts))
        page = context.new_page()
        page.add_init_script(WATCH)
        session = context.new_cdp_session(page)
        traffic = watch_traffic(session)
        slow_down(session, setting)
        page.goto(f"{labeler.address}/projects/{PROJECT}/label/")
        page.locator("#item").wait_for(state="visible", timeout=60_000)
        found = label_items(page, traffic)
        must_have_arrived(page, labeler)
        browser.close()
    return found


def keep_script(answer: Any, scripts: dict[str, bytes]) -> None:
    """The body of what is JavaScript, workers included."""
    if answer.ok and "javascript" in answer.headers.get("content-type", ""):
        scripts[answer.url.split("?")[0]] = answer.body()


def watch_traffic(session: CDPSession) -> Traffic:
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


def slow_down(session: CDPSession, setting: Setting) -> None:
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


def label_items(page: Page, traffic: Traffic) -> Labeled:
    """Choose and submit at the pace of a fast person."""
    # What comes after the first item is there before it was read.
    page.wait_for_timeout(3000)
    traffic.clear()
    for number in range(ITEMS):
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
    return Labeled(times[1:], traffic.requests / ITEMS, traffic.received / ITEMS)


def must_have_arrived(page: Page, labeler: Visitor) -> None:
    """A fast page that loses answers is no page to measure."""
    page.wait_for_function(
        "!Object.keys(localStorage).some((key) => key.includes(':outbox:'))", timeout=60_000
    )
    answer = labeler.post(f"projects/{PROJECT}/labeling/next/", {"holding": []})
    if answer["work"]["done"] != ITEMS:
        sys.exit(f"{ITEMS} items were labeled, and {answer['work']['done']} arrived.")


if __name__ == "__main__":
    main()
