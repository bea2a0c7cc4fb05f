"""What a run tells of a policy that learns from rewards: alarms, and why a checkpoint is the best.

`RUN/alarms.json` is written by the trainer at every evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from training import run_report, wording
from training.models import Checkpoint, Run
from training.run_report import Figure
from training.trainers.evaluation.kl_budget import is_within

ALARMS = "alarms.json"
LISTED = ("held_out_reward", "held_out_kl", "held_out_accuracy", "held_out_loss")
MOST_LISTED = 2


@dataclass(frozen=True)
class ToldAlarm:
    """An alarm in the reader's language, and since which step it rings."""

    name: str
    step: int
    sentence: str


@dataclass(frozen=True)
class Alarms:
    """What rang at the last evaluation, and whether the run ended itself because of it."""

    step: int
    alarms: list[ToldAlarm]
    stopped: bool


@dataclass(frozen=True)
class ListedCheckpoint:
    """A checkpoint with the figures that it was chosen by."""

    checkpoint: Checkpoint
    figures: list[Figure]
    is_beyond: bool


def alarms(run: Run) -> Alarms | None:
    """The alarms of `run`; None where nothing rings."""
    found = run_report.read_object(run.path / ALARMS)
    told = [
        ToldAlarm(
            name=str(each.get("name", "")),
            step=int(each.get("step", 0)),
            sentence=wording.sentence_of(str(each.get("sentence", ""))),
        )
        for each in found.get("alarms", [])
    ]
    return Alarms(int(found.get("step", 0)), told, bool(found.get("stopped"))) if told else None


def listed(run: Run, checkpoints: Iterable[Checkpoint]) -> list[ListedCheckpoint]:
    """The checkpoints with the held-out figures that tell them apart."""
    budget = _budget(run) or 0.0
    rows = []
    for checkpoint in checkpoints:
        known = {row.key: row for row in run_report.result_rows(checkpoint.metrics)}
        # The column says that they are held out.
        figures = [
            replace(known[key], name=wording.name_of(key.removeprefix("held_out_")))
            for key in LISTED
            if key in known
        ][:MOST_LISTED]
        kl = known.get("held_out_kl")
        beyond = kl is not None and not is_within(kl.value, budget)
        rows.append(ListedCheckpoint(checkpoint, figures, beyond))
    return rows


def why_best(run: Run, rows: Iterable[ListedCheckpoint]) -> str:
    """Why a run's best checkpoint is the best, in a sentence; empty where no KL is limited."""
    budget = _budget(run)
    best = next((row for row in rows if row.checkpoint.is_best), None)
    if budget is None or best is None:
        return ""
    if budget == 0:
        return _("The best has the highest held-out reward; no KL budget is set.")
    if best.is_beyond:
        return _(
            "No checkpoint keeps to the KL budget of {budget} nats per response: the nearest to it"
            " counts as the best."
        ).format(budget=f"{budget:g}")
    return _(
        "The best has the highest held-out reward of those whose KL to the start is within the"
        " budget of {budget} nats per response."
    ).format(budget=f"{budget:g}")


def _budget(run: Run) -> float | None:
    """The run's KL budget, 0 for none; None where its kind knows no budget."""
    found = run.config.get("kl_budget")
    return float(found) if run_report.is_number(found) else None
