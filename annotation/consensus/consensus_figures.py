"""What the page of consensus shows: how much is decided, who is reliable, and whether what is
stated as certain holds. Kept, because it is dear; how answers are weighed is `aggregating`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import connection
from django.utils import timezone

from annotation.consensus import fitting
from annotation.consensus.aggregating import is_tied, winner
from annotation.consensus.foretelling import against_gold, against_others, differences, without_gold
from annotation.consensus.methods.base import ADJUDICATOR, GOLD, Reliabilities
from annotation.models import Consensus, KeptFigures
from annotation.stats.stated_confidence import Curve
from labelers.models import Person, Project

FIGURES = "consensus"
MOST_EXAMPLES = 50
SMALL = 2000
"""A project with at most so many answers is measured while somebody waits."""

EDGES = [round(0.5 + 0.05 * step, 2) for step in range(11)]
WEIGHING = "reliability"


def figures(project: Project, *, measure_now: bool = True) -> dict[str, Any] | None:
    """The figures of a project, measured anew where answers or the method changed.

    A large project's are measured by `keep_changed` in the background, and shown as they were.
    """
    kept = KeptFigures.objects.filter(project=project, name=FIGURES).first()
    basis = _basis(project)
    if kept is not None and kept.basis == basis:
        return _shown(kept)
    small = int(basis.rsplit(":", 1)[1]) <= SMALL
    if measure_now and small:
        return _shown(keep(project))
    return _shown(kept) if kept is not None else None


def keep(project: Project) -> KeptFigures:
    """Measure and keep."""
    basis, began = _basis(project), time.monotonic()
    found = measure(project)
    kept, _ = KeptFigures.objects.update_or_create(
        project=project,
        name=FIGURES,
        defaults={
            "figures": found,
            "basis": basis,
            "seconds": time.monotonic() - began,
            "computed_at": timezone.now(),
        },
    )
    return kept


def keep_changed(project: Project) -> bool:
    """Measure again where something changed and the last measuring is long enough ago."""
    kept = KeptFigures.objects.filter(project=project, name=FIGURES).first()
    if kept is not None:
        rested = (timezone.now() - kept.computed_at).total_seconds()
        if kept.basis == _basis(project) or rested < fitting.REST_FACTOR * kept.seconds:
            return False
    elif not Consensus.objects.filter(task__project=project).exists():
        return False
    keep(project)
    return True


def measure(project: Project) -> dict[str, Any]:
    """Every figure of the page; plain values."""
    method = project.settings.consensus_method
    with connection.cursor() as cursor:
        answers = fitting.answers_of(cursor, fitting.everything_of(project))
    held = fitting.fitted(project).reliabilities
    # A majority learns nothing of anybody; to judge it, somebody has to.
    weighed = held or fitting.fit(answers, WEIGHING)
    assert weighed is not None  # noqa: S101 - the method that weighs does fit
    other = "majority" if held is not None else WEIGHING
    ordinary = without_gold(answers)
    differing, differing_tasks = differences(ordinary, weighed)
    return {
        "method": method,
        **_decided(project),
        "other_method": other,
        "differing": differing,
        "differing_tasks": differing_tasks[:MOST_EXAMPLES],
        "labelers": _labelers(held) if held else [],
        "calibration": {
            "others": _plain(against_others(ordinary, held, weighed)),
            "gold": _plain(against_gold(answers, held, project.settings.overlap)),
        },
    }


def _shown(kept: KeptFigures) -> dict[str, Any]:
    """With the names of people, who may have been renamed."""
    found = {**kept.figures, "computed_at": kept.computed_at}
    keys = [row["key"] for row in found["labelers"]]
    people = [int(key[2:]) for key in keys if key.startswith("p:")]
    names = dict(Person.objects.filter(pk__in=people).values_list("pk", "username"))
    found["labelers"] = [{**row, "name": _name(row["key"], names)} for row in found["labelers"]]
    return found


def _name(key: str, names: dict[int, str]) -> str:
    return names.get(int(key[2:]), key) if key.startswith("p:") else key[2:]


def _basis(project: Project) -> str:
    method = project.settings.consensus_method
    fit = KeptFigures.objects.filter(project=project, name=fitting.FIGURES).first()
    fitted_at = fit.computed_at.isoformat() if fit and fit.figures.get("method") == method else ""
    return f"{fitted_at}:{fitting.basis_of(project, method)}"


def _decided(project: Project) -> dict[str, Any]:
    """What the stored consensus decides, with some of the tasks where it does not."""
    tasks = decided = tied = undecided = cycles = 0
    counts = [0] * (len(EDGES) - 1)
    examples: dict[str, list[int]] = {"undecided": [], "tied": [], "cycles": []}
    rows = Consensus.objects.filter(task__project=project).values_list(
        "task_id", "comparisons", "ranks"
    )
    for task, compared, ranks in rows.order_by("task_id").iterator(chunk_size=2000):
        tasks += 1
        found = [each for each in compared if each["n"]]
        sure = [winner(each) is not None for each in found]
        ties = [is_tied(each) for each in found]
        decided += sum(sure)
        tied += sum(ties)
        undecided += len(found) - sum(sure) - sum(ties)
        # Where some were never compared (best of several) there is no order to be missed.
        in_circle = ranks is None and len(found) == len(compared)
        cycles += in_circle
        for name, there in (
            ("undecided", len(found) > sum(sure) + sum(ties)),
            ("tied", any(ties)),
            ("cycles", in_circle),
        ):
            if there and len(examples[name]) < MOST_EXAMPLES:
                examples[name].append(task)
        for each in found:
            sides = each["p_i"] + each["p_j"]
            share = max(each["p_i"], each["p_j"]) / sides if sides else 0.5
            counts[min(int((share - 0.5) * 20 + 1e-9), len(counts) - 1)] += 1
    return {
        **{"tasks": tasks, "decided": decided, "tied": tied, "undecided": undecided},
        **{"cycles": cycles, "examples": examples, "edges": EDGES, "counts": counts},
    }


def _labelers(held: Reliabilities) -> list[dict[str, Any]]:
    """The most reliable first; gold is nobody."""
    rows = [
        {
            "key": name.removeprefix(ADJUDICATOR),
            "adjudicates": name.startswith(ADJUDICATOR),
            **{field: values[field] for field in ("answers", "reliability", "low", "high")},
        }
        for name, values in held.labelers.items()
        if name != GOLD
    ]
    return sorted(rows, key=lambda row: (-row["reliability"], row["key"]))


def _plain(found: Curve) -> dict[str, Any]:
    return {"bins": _rows(found.bins), "error": found.error, "n": found.n}


def _rows(bins: Iterable[Any]) -> list[dict[str, Any]]:
    return [asdict(each) for each in bins]
