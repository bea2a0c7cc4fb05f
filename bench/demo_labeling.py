"""The demo's first half, over HTTP: projects, imports, people, labels, agreement, snapshots."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.demo_data import DemoData, pair_rows, usual_difference, write_rows
from bench.demo_display import Display, Stage, interval, number_interval, percent
from bench.demo_plans import FRACTIONS, Plan
from bench.planted_truth import quality, text_of
from bench.simulated_labelers import (
    PROFILES,
    SimulatedLabeler,
    label_together,
    profiles_for,
    sign_up_all,
)
from bench.visitor import Visitor, pause

PAIRS, RANKINGS, COMPARISON = "demo-pairs", "demo-rankings", "demo-new-against-old"
GOLD_RATE = 0.35
LOOKS_EVERY = 1.5
"""Seconds between two looks at the labelers: people take days for what takes seconds here."""

GUIDELINES = "Choose what helps the person who asked more: concrete, on the subject, no evasion."


class StageFailedError(Exception):
    """A stage that did not come to its end; the message says why."""


@dataclass
class Work:
    """What the stages share; ``folder`` is a place for files, its ``home`` is the server's."""

    admin: Visitor
    plan: Plan
    data: DemoData
    display: Display
    folder: Path
    seed: int
    labelers: list[SimulatedLabeler] = field(default_factory=list)


def make_projects(work: Work) -> None:
    """A pairwise project with gold and a ranking project, both with the prompts read in."""
    with work.display.stage("Projects and import", total=2) as stage:
        _make_project(work, PAIRS, "Demo: pairs", "pairwise", gold_rate=GOLD_RATE)
        _make_project(work, RANKINGS, "Demo: rankings of four", "ranking")
        for slug, rows in ((PAIRS, pair_rows(work.data.rows)), (RANKINGS, work.data.rows)):
            counts = _import(work, slug, write_rows(rows, work.folder / f"{slug}.jsonl"))
            gold = f", {counts['gold']} of them gold" if counts.get("gold") else ""
            stage.add(slug, f"{counts['tasks']} tasks{gold}", f"{counts['prompts']} prompts")
            stage.advance()
        stage.add("data", work.data.sentence)


def make_comparison(work: Work) -> None:
    """A pairwise project for new against old, into which the same people come."""
    _make_project(work, COMPARISON, "Demo: new against old, blind", "pairwise")
    link = _invite(work, COMPARISON)
    for labeler in work.labelers:
        labeler.visitor.accept(link)


def invite_people(work: Work) -> None:
    """The simulated people sign up by an invitation and accept one to the second project."""
    with work.display.stage("People by invitation", total=len(PROFILES)) as stage:
        address, link = work.admin.address, _invite(work, PAIRS)
        usual = usual_difference(work.data.rows)
        profiles = profiles_for(usual)
        work.labelers = sign_up_all(address, link, work.seed, profiles, stage.advance)
        second = _invite(work, RANKINGS)
        for labeler in work.labelers:
            labeler.visitor.accept(second)
        noise = [p.temperature for p in profiles if p.manner == "honest"]
        stage.add(
            "labelers",
            f"{len(PROFILES)} simulated",
            f"{len(noise)} honest, 1 random, 1 always left; noise {min(noise):.2f} to"
            f" {max(noise):.2f} where responses usually differ by {usual:.2f}",
        )


def label(work: Work, slug: str, title: str, *, tasks: int) -> None:
    """All people label the project through the addresses that the browser uses."""
    with work.display.stage(title, total=tasks * work.plan.overlap) as stage:
        with _somebody_watching(work, slug):
            done = label_together(work.labelers, slug, stage.advance)
        stage.add("answers", str(done.answers), f"{done.resent} of them sent twice, stored once")
        stage.add(
            "single answers against planted truth",
            percent(done.right / done.compared if done.compared else None),
            f"{done.compared} comparisons",
        )


@contextmanager
def _somebody_watching(work: Work, slug: str) -> Iterator[None]:
    """Meanwhile the admin looks after the labelers, which pauses whoever has clearly fallen."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOKS_EVERY):
            look_after(work, slug)

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            yield
        finally:
            over.set()
        looking.result()


def look_after(work: Work, slug: str) -> None:
    """Have everybody's work looked at now, as the background does every half minute."""
    page = f"/projects/{slug}/labelers/"
    work.admin.submit(f"{page}refresh/", {}, page=page)


def measure(work: Work, slug: str, title: str) -> None:
    """Agreement of the project, and of each labeler with gold and with the others."""
    with work.display.stage(title) as stage:
        work.admin.submit(
            f"/projects/{slug}/quality/refresh/", {}, page=f"/projects/{slug}/quality/"
        )
        found = work.admin.get(f"projects/{slug}/quality/")
        for each in found["agreement"]:
            show = interval if each["name"] == "percent" else number_interval
            stage.add(
                each["title"],
                show(each["value"], each["low"], each["high"]),
                "of comparisons, 95% interval" if each["name"] == "percent" else "0 is chance",
            )
        for person in found["labelers"]:
            _add_person(stage, person)
        _add_pauses(work, stage, slug)


def _add_person(stage: Stage, person: dict[str, Any]) -> None:
    gold, others = person["gold"], person["others"]
    manner = next((p.manner for p in PROFILES if p.name == person["name"]), "")
    with_others = interval(others["value"], others["low"], others["high"])
    if gold["n"]:
        value = (
            f"gold {gold['right']}/{gold['n']} {interval(gold['value'], gold['low'], gold['high'])}"
        )
        stage.add(f"{person['name']} ({manner})", value, f"with others {with_others}")
    else:
        stage.add(f"{person['name']} ({manner})", f"with others {with_others}")


def _add_pauses(work: Work, stage: Stage, slug: str) -> None:
    """Who was paused, after how many of their answers, and what the figures had against them."""
    look_after(work, slug)
    stopped = {each.profile.name: each.tallies[slug].paused for each in work.labelers}
    for person in work.admin.get(f"projects/{slug}/labelers/")["labelers"]:
        if person["stage"] != "suspended":
            continue
        told = stopped.get(person["name"])
        after = person["answers"] if told is None else told
        low, high = person["consensus"]["low"], person["consensus"]["high"]
        score = interval(person["consensus"]["value"], low, high)
        signals = ", ".join(person["signals"])
        stage.add(
            f"{person['name']} paused",
            f"after {after} answers{'' if told is not None else ', all there were'}",
            f"right by the others {score}{f'; {signals}' if signals else ''}",
        )


def take_snapshot(work: Work, slug: str, title: str) -> str:
    """Freeze the project's labels; the uid. Its pairs are held against the planted truth."""
    with work.display.stage(title) as stage:
        languages = {row["language"] for row in work.data.rows}
        wanted = [x for x in work.plan.languages if x in languages] if slug != PAIRS else []
        made = work.admin.post(
            f"projects/{slug}/snapshots/",
            {"name": "demo", "fractions": FRACTIONS, "filters": {"languages": wanted}},
        )
        found = wait_for(
            lambda: work.admin.get(f"snapshots/{made['uid']}/"),
            lambda at: stage.at(at["rows_done"], at["rows_total"] or 0),
        )
        counts = found["counts"]
        records = ", ".join(f"{n} {kind}" for kind, n in sorted(counts["records"].items()))
        only = f", only {', '.join(wanted)}" if wanted else ""
        stage.add("records", records, f"of {counts['used']} tasks{only}")
        _add_consensus(work, stage, made["uid"])
        stage.add("digest", found["digest"][:16], "the same labels give the same bytes")
        return str(made["uid"])


def _add_consensus(work: Work, stage: Stage, uid: str) -> None:
    """How often the majority agrees with the planted truth, pair by pair."""
    lines = work.admin.download(f"snapshots/{uid}/download/", format="trl_preference").splitlines()
    right = told_apart = longer = 0
    for line in lines:
        pair = json.loads(line)
        prompt, chosen, rejected = (text_of(pair[k]) for k in ("prompt", "chosen", "rejected"))
        difference = quality(prompt, chosen) - quality(prompt, rejected)
        right += difference > 0
        told_apart += difference != 0
        longer += len(chosen) > len(rejected)
    stage.add(
        "consensus against planted truth",
        percent(right / told_apart if told_apart else None),
        f"of {told_apart} pairs that truth and majority decide;"
        f" the longer one is chosen in {percent(longer / len(lines))}",
    )


def wait_for(
    look: Callable[[], dict[str, Any]], show: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """Look again and again until it is done. Raises StageFailedError with the reason given."""
    while True:
        found = look()
        show(found)
        if found["state"] == "done":
            return found
        if found["state"] in ("failed", "cancelled"):
            raise StageFailedError(found.get("error") or f"It was {found['state']}.")
        pause()


def _make_project(work: Work, slug: str, name: str, kind: str, gold_rate: float = 0.0) -> None:
    work.admin.post(
        "projects/",
        {
            "name": name,
            "slug": slug,
            "kind": kind,
            "overlap": work.plan.overlap,
            "gold_rate": gold_rate,
            "guidelines": GUIDELINES,
        },
    )


def _import(work: Work, slug: str, file: Path) -> dict[str, int]:
    made = work.admin.upload(f"projects/{slug}/imports/", file, {"format": "accord"})
    found = wait_for(
        lambda: work.admin.get(f"projects/{slug}/imports/{made['uid']}/"), lambda _: None
    )
    counts: dict[str, int] = found["counts"]
    return counts


def _invite(work: Work, slug: str) -> str:
    made = work.admin.post(
        f"projects/{slug}/invitations/", {"role": "labeler", "max_uses": len(PROFILES)}
    )
    return str(made["link"])
