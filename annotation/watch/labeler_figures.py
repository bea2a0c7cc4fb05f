"""Reading what is kept about labelers: all of them as a table, one of them in full.

The figures were measured by `watching`; here they get names, words and an order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from annotation import trusting
from annotation.models import Judgment, KeptFigures, ProjectSettings, Watch
from annotation.stats.bootstrap import wilson_interval
from annotation.watch import signal_words
from annotation.watch.watching import FIGURES
from labelers.models import AuditEvent, Person, Project, Qualification, Role

NOTHING: dict[str, Any] = {"value": None, "low": None, "high": None, "n": 0}
HISTORY = ("labeler.paused", "labeler.resumed")


@dataclass(frozen=True)
class Labeler:
    """One row of the table. ``evidence`` is the share of what a pause needs, by the watch that is
    nearer to one; ``signals`` are the titles of those raised, ``copies`` of whom they repeat;
    ``trusted`` says why they get contested items: ``named``, ``gold``, or empty for not."""

    key: str
    name: str
    stage: str
    state: str
    answers: int
    last_at: datetime | None
    gold: dict[str, Any]
    consensus: dict[str, Any]
    corrected: dict[str, Any]
    evidence: float | None
    signals: list[str]
    copies: list[str]
    trusted: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_paused(self) -> bool:
        """Whether they get no work."""
        return self.stage == Qualification.Stage.SUSPENDED


ORDERS = ("name", "answers", "gold", "consensus", "corrected", "evidence", "signals", "last_at")


@dataclass(frozen=True)
class Table:
    """All labelers, as of ``computed_at``; None while nothing was measured yet."""

    labelers: list[Labeler]
    computed_at: datetime | None
    usual: float | None
    pauses: bool


def table(*, project: Project, order: str = "name") -> Table:
    """Everybody who labeled, imported ones too; ``order`` is one of ORDERS, with - from above."""
    kept = KeptFigures.objects.filter(project=project, name=FIGURES).first()
    names = _names(project)
    stages = _stages(project)
    rows = [
        _labeler(f"p:{watch.person_id}", watch.figures, names, stages)
        for watch in Watch.objects.filter(project=project).select_related("person")
    ]
    # Who was let in but has not answered yet is shown as well.
    seen = {row.key for row in rows}
    members = project.memberships.filter(role=Role.LABELER).values_list("person_id", flat=True)
    rows += [_labeler(f"p:{pk}", {}, names, stages) for pk in set(members) if f"p:{pk}" not in seen]
    imported = kept.figures.get("imported", {}) if kept else {}
    rows += [_labeler(key, found, names, stages) for key, found in imported.items()]
    trusted = trusting.trusted_in(project)
    return Table(
        labelers=in_order([_with_trust(row, trusted) for row in rows], order),
        computed_at=kept.computed_at if kept else None,
        usual=kept.figures.get("usual") if kept else None,
        pauses=ProjectSettings.objects.get(project=project).pauses_on_fall,
    )


def in_order(rows: list[Labeler], order: str) -> list[Labeler]:
    """By one of ORDERS; who has no such figure comes last either way."""
    name = order.removeprefix("-")
    if name not in ORDERS:
        name, order = "name", "name"
    by_name = sorted(rows, key=lambda row: row.name.casefold())

    def value(row: Labeler) -> Any:
        found = getattr(row, name)
        if name == "signals":
            return len(row.signals) + len(row.copies)
        return found["value"] if isinstance(found, dict) else found

    if name == "name":
        return by_name[::-1] if order.startswith("-") else by_name
    known = [row for row in by_name if value(row) is not None]
    unknown = [row for row in by_name if value(row) is None]
    return sorted(known, key=value, reverse=order.startswith("-")) + unknown


def one(*, project: Project, key: str) -> Labeler | None:
    """One labeler by key, None where nothing is known of them in the project."""
    if key.startswith("i:"):
        kept = KeptFigures.objects.filter(project=project, name=FIGURES).first()
        found = kept.figures.get("imported", {}).get(key) if kept else None
        return None if found is None else _labeler(key, found, {}, {})
    pk = key.removeprefix("p:")
    if not key.startswith("p:") or not pk.isascii() or not pk.isdigit() or len(pk) > 18:
        return None
    watch = Watch.objects.filter(project=project, person=int(pk)).first()
    if watch is None and not project.memberships.filter(person=int(pk)).exists():
        return None
    found = _labeler(key, watch.figures if watch else {}, _names(project), _stages(project))
    return _with_trust(found, trusting.trusted_in(project))


def _labeler(
    key: str,
    figures: dict[str, Any],
    names: dict[str, str],
    stages: dict[str, tuple[str, str]],
) -> Labeler:
    stage, state = stages.get(key, ("", ""))
    paths = figures.get("paths", {}).values()
    last = figures.get("last_at")
    return Labeler(
        key=key,
        name=names.get(key, key.partition(":")[2]),
        stage=stage,
        state=state,
        answers=figures.get("answers", 0),
        last_at=None if last is None else datetime.fromtimestamp(last, UTC),
        **{name: figures.get(name, NOTHING) for name in ("gold", "consensus", "corrected")},
        evidence=max(
            (min(1.0, path["points"][-1][1] / path["threshold"]) for path in paths), default=None
        ),
        signals=[
            str(signal_words.SIGNALS[signal["name"]].title)
            for signal in figures.get("signals", [])
            if signal["raised"]
        ],
        copies=[
            names.get(copied["whom"], copied["whom"])
            for copied in figures.get("copies", [])
            if copied["who"] == key
        ],
        figures=figures,
    )


def _with_trust(labeler: Labeler, trusted: dict[int, str]) -> Labeler:
    if not labeler.key.startswith("p:"):
        return labeler
    return replace(labeler, trusted=trusted.get(int(labeler.key[2:]), ""))


def _names(project: Project) -> dict[str, str]:
    told = Person.objects.filter(watches__project=project) | Person.objects.filter(
        memberships__project=project
    )
    return {f"p:{pk}": name for pk, name in told.distinct().values_list("pk", "username")}


def _stages(project: Project) -> dict[str, tuple[str, str]]:
    records = Qualification.objects.filter(project=project)
    return {f"p:{each.person_id}": (each.stage, each.get_stage_display()) for each in records}


def signals_of(labeler: Labeler) -> list[dict[str, Any]]:
    """The signals with their words, raised ones first, and the items behind each."""
    signals = labeler.figures.get("signals", [])
    judgments = {pk for signal in signals for pk in signal["judgments"]}
    tasks = dict(Judgment.objects.filter(pk__in=judgments).values_list("pk", "task_id"))
    found = [
        {
            **signal,
            "words": signal_words.SIGNALS[signal["name"]],
            "told": [
                (title, signal["counts"][name], name.endswith("_share"))
                for name, title in signal_words.SIGNALS[signal["name"]].counts
                if signal["counts"].get(name) is not None
            ],
            "items": [tasks[pk] for pk in signal["judgments"] if pk in tasks],
        }
        for signal in signals
        if signal["n"]
    ]
    return sorted(found, key=lambda signal: not signal["raised"])


def pairs_of(*, project: Project, labeler: Labeler) -> list[dict[str, Any]]:
    """Agreement with every other labeler on what both decided, most shared first."""
    names = _names(project)
    rows = []
    for key, shared, same in labeler.figures.get("pairs", []):
        low, high = wilson_interval(same, shared)
        name = names.get(key, key.partition(":")[2])
        rows.append(
            {"key": key, "name": name, "n": shared, "same": same}
            | {"value": same / shared, "low": low, "high": high}
        )
    return sorted(rows, key=lambda row: (-row["n"], row["name"]))


def copies_of(*, project: Project, labeler: Labeler) -> list[dict[str, Any]]:
    """Evidence that they repeat somebody, or somebody them, with names."""
    names = _names(project)
    return [
        {
            **copied,
            "who_name": names.get(copied["who"], copied["who"]),
            "whom_name": names.get(copied["whom"], copied["whom"]),
        }
        for copied in labeler.figures.get("copies", [])
    ]


def pausing_of(*, project: Project, labeler: Labeler) -> dict[str, Any] | None:
    """Why and since when they are paused; None where they are not."""
    if not labeler.is_paused:
        return None
    record = Qualification.objects.get(project=project, person=int(labeler.key[2:]))
    pausing = record.scores.get("pausing", {})
    return {
        **pausing,
        "at": parse_datetime(pausing.get("at", "")) or record.updated_at,
        "why": signal_words.WHY.get(pausing.get("why", "")),
        # What the figures told the labeler is in the labeler's language.
        "reason": "" if pausing.get("why") else record.reason,
    }


def history_of(*, project: Project, labeler: Labeler) -> list[dict[str, Any]]:
    """When they were paused and let work again, by whom and why, newest first."""
    if not labeler.key.startswith("p:"):
        return []
    deeds = AuditEvent.objects.filter(
        project=project, action__in=HISTORY, subject=f"person:{labeler.key[2:]}"
    )
    return [
        {
            "at": deed.at,
            "is_pause": deed.action == HISTORY[0],
            "actor": deed.actor,
            "why": signal_words.WHY.get(deed.detail.get("why", ""), deed.detail.get("reason", "")),
        }
        for deed in deeds.select_related("actor")
    ]
