"""Labeling in a real browser: from submitting to the next item readable, and what it costs.

A throw-away Accord with a pairwise project of 300-word responses; Chromium labels it by keyboard,
one item a second: on this machine as it is, over a line with a round trip of 300 ms, and with a
processor slowed four times besides. The clock runs from the key press of Enter to the second frame
after the next prompt stands on the page. What is named is the slowest setting.
"""

from __future__ import annotations

import gzip
import json
import random
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.contract import progress, report
from bench.demo_labeling import wait_for
from bench.labeling_browser import FAR, LOCAL, SLOW, Labeled, Setting, chromium, label
from bench.throwaway import served
from bench.visitor import Visitor

ITEMS = 65
WORDS = 300
PROJECT = "labeling-page"


def main() -> None:
    """Measure and report."""
    program = chromium()
    with served() as (supervisor, password):
        address = supervisor.address
        admin = Visitor(address)
        admin.sign_in("admin", password)
        link = fill_project(admin)
        found: dict[Setting, Labeled] = {}
        scripts: dict[str, bytes] = {}
        for number, setting in enumerate((LOCAL, FAR, SLOW)):
            progress(f"{ITEMS} items: {setting.name}")
            labeler = Visitor(address)
            labeler.sign_up(link, f"labeler-{number}", secrets.token_urlsafe(12))
            found[setting] = label(
                program, labeler, project=PROJECT, items=ITEMS, setting=setting, scripts=scripts
            )
    report_times(found)
    report_costs(found[SLOW], scripts)


def report_times(found: dict[Setting, Labeled]) -> None:
    """Percentiles: the slowest setting's by the plain name, localhost's beside it."""
    for percent, goal in ((95, "<= 100"), (50, None)):
        detail = "; ".join(
            f"{setting.name}: {labeled.at(percent):.0f} ms (a request: {labeled.request_ms:.0f} ms)"
            for setting, labeled in found.items()
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


if __name__ == "__main__":
    main()
