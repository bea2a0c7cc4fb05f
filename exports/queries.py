"""Reading about snapshots: whose they are, what one would hold, and what a page shows of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.http import Http404

from annotation.task_kinds.base import STRENGTHS
from exports import wording
from exports.collecting import Reading
from exports.downloading import counts_of
from exports.filters import Filters
from exports.formats.base import Format
from exports.formats.catalog import FORMATS
from exports.models import Snapshot
from exports.splitting import SPLITS, Fractions
from exports.tables import Wanted, made_in
from exports.tallying import NO_STRENGTH, Tally
from labelers import roles
from labelers.models import Person, Project, Role

PREVIEW_TASKS = 20_000


def find_snapshot(person: Person, uid: UUID, allowed: frozenset[Role]) -> Snapshot:
    """The snapshot `uid`, if `person` holds one of the `allowed` roles in its project.

    Raises:
        Http404: there is none, or `person` is a stranger to its project.
        PermissionDenied: `person` is a member without any of the `allowed` roles.
    """
    snapshot = Snapshot.objects.select_related("project", "created_by").filter(uid=uid).first()
    if snapshot is None:
        raise Http404("No such snapshot.")
    roles.require(person, snapshot.project, allowed)
    return snapshot


def find_of_project(project: Project, uid: str) -> Snapshot | None:
    """The snapshot `uid` of `project`; None where it is none of them."""
    try:
        return Snapshot.objects.filter(project=project, uid=UUID(uid)).first()
    except ValueError:
        return None


def preview(project: Project, filters: Filters, fractions: Fractions) -> dict[str, Any]:
    """What a snapshot would hold now: the counts of `Tally` and records by split.

    ``labeled`` is the number of labeled tasks that pass; only the first twenty thousand are read,
    ``complete`` says whether that was all of them.
    """
    tally = Tally()
    splits: dict[str, dict[str, int]] = {}
    wanted = Wanted(project.slug, filters, fractions)
    with Reading(project, filters) as reading:
        labeled = reading.count()
        for made in made_in(reading, reading.freeze(PREVIEW_TASKS), reading.knowledge(), wanted):
            tally.add_other(made.tally.state())
            for config, table in made.tables.items():
                by_split = splits.setdefault(config, dict.fromkeys(SPLITS, 0))
                counts = np.bincount(table.split, minlength=len(SPLITS)).tolist()
                for split, count in zip(SPLITS, counts, strict=True):
                    by_split[split] += count
    return {
        **tally.as_dict(),
        "splits": splits,
        "labeled": labeled,
        "complete": labeled <= PREVIEW_TASKS,
    }


@dataclass(frozen=True)
class FormatChoice:
    """A format as a page offers it for one snapshot; ``refused`` records have no place in it."""

    format: Format
    description: object
    splits: list[tuple[str, object, int]]
    options: list[tuple[str, object]]
    refused: int

    @property
    def total(self) -> int:
        """Records in all splits."""
        return sum(count for *_, count in self.splits)


def format_choices(snapshot: Snapshot) -> list[FormatChoice]:
    """The formats that have something to hold, with the splits that are not empty."""
    choices = []
    for format in FORMATS.values():
        counts = counts_of(format, snapshot)
        splits = [
            (split, wording.SPLITS[split], counts[split]) for split in SPLITS if counts.get(split)
        ]
        if splits:
            options = [(name, wording.OPTIONS[name]) for name in format.options]
            refused = snapshot.counts["refused"].get(format.name, 0)
            description = wording.FORMATS[format.name]
            choices.append(FormatChoice(format, description, splits, options, refused))
    return choices


def listed(project: Project, most: int) -> list[tuple[Snapshot, list[tuple[object, int]]]]:
    """The newest `most` snapshots, each with (what its records are called, how many)."""
    return [
        (snapshot, record_table(snapshot.counts))
        for snapshot in project.snapshots.select_related("created_by")[:most]
    ]


def record_table(counts: Mapping[str, Any]) -> list[tuple[object, int]]:
    """What the records are called and how many there are, in the order of the catalog."""
    found = counts.get("records", {})
    return [(title, found[config]) for config, title in wording.CONFIGS.items() if config in found]


def split_table(
    splits: Mapping[str, Mapping[str, int]],
) -> list[tuple[object, list[int], int]]:
    """Rows of (what they are called, records by split, records in all)."""
    rows = [
        (title, [splits[config].get(split, 0) for split in SPLITS])
        for config, title in wording.CONFIGS.items()
        if config in splits
    ]
    return [(title, counts, sum(counts)) for title, counts in rows]


def strength_histogram(counts: Mapping[str, Any]) -> list[tuple[object, int]]:
    """Pairs by strength from the strongest to none given; empty when none was asked at all."""
    found = counts["strengths"]
    if set(found) <= {NO_STRENGTH}:
        return []
    return [(wording.STRENGTHS[name], found.get(name, 0)) for name in (*STRENGTHS, NO_STRENGTH)]


def left_out_table(counts: Mapping[str, Any]) -> list[tuple[object, int]]:
    """How many comparisons or tasks were left out, by reason."""
    return [(wording.REASONS[reason], count) for reason, count in counts["left_out"].items()]


def filter_table(snapshot: Snapshot) -> list[tuple[object, object]]:
    """The filters of a snapshot in words."""
    return [
        (title, wording.filter_value(snapshot.filters.get(name)))
        for name, title in wording.FILTERS.items()
        if name in snapshot.filters
    ]
