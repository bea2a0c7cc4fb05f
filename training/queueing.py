"""Asking for runs, for their end, and for their going on: the three deeds behind every door.

Settings are checked here once, against the trainer's own configuration class, so that a page, the
API and a command refuse the same things with the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from exports.models import Snapshot
from labelers import audit
from labelers.models import Person, Project
from training import wording
from training.models import Checkpoint, Run
from training.run_dir import RunDir
from training.run_inputs import (
    NamedModels,
    find_models,
    hold_around,
    is_filled_in,
    why_not_resumable,
)
from training.trainers.catalog import TRAINERS, TrainerEntry
from training.trainers.config_fields import ConfigError, TrainerConfig

CHECKS_FIRST = 10
"""The priority of checks in the queue: somebody waits for the answer before a form."""


@transaction.atomic
def request_run(
    *,
    project: Project,
    created_by: Person | None,
    trainer: str,
    name: str = "",
    config: Mapping[str, Any],
    snapshot: Snapshot | None,
    parent: Checkpoint | None = None,
    as_text: bool = False,
    is_check: bool = False,
) -> Run:
    """Queue a run of `trainer` on `snapshot`, starting from `parent` where one is given.

    `config` holds JSON values, or with `as_text` what a form or a command line gives; settings
    left out have their defaults. The run directory exists when this returns. One that `is_check`
    trains nothing: it reports on the data, and measures a step.

    Raises:
        ValidationError: with messages by field; ``trainer``, ``snapshot``, ``parent`` and ``name``
            besides the trainer's own settings.
    """
    if trainer not in TRAINERS:
        raise ValidationError(
            {"trainer": [_("Choose one of {names}.").format(names=", ".join(TRAINERS))]}
        )
    entry = TRAINERS[trainer]
    if not entry.needs_snapshot:
        # What a form had chosen for another trainer is not meant.
        snapshot = None
    errors = _check_snapshot(project, snapshot) if entry.needs_snapshot else {}
    errors |= _check_name(name)
    if snapshot is not None and not errors and not _can_learn_from(trainer, snapshot):
        errors["snapshot"] = [
            _(
                "{name} has no comparisons, which this trainer learns from: choose another one."
            ).format(name=snapshot.name)
        ]
    models = find_models(entry, config, project=project, parent=parent)
    values, refused = _settings(entry, config, snapshot, models)
    checked, wrong = _check_config(entry.config, values, as_text=as_text)
    errors |= wrong | refused | models.refused
    if errors or checked is None:
        raise ValidationError(errors)
    run = Run.objects.create(
        project=project,
        name=name.strip() or _default_name(project, trainer),
        trainer=trainer,
        config=checked.as_dict(),
        snapshot=snapshot,
        parent=models.parent,
        created_by=created_by,
        is_check=is_check,
    )
    models.keep(run)
    RunDir(run.path).create(run.config)
    audit.record(
        actor=created_by,
        action="run.check_requested" if is_check else "run.requested",
        project=project,
        subject=f"run:{run.uid}",
        trainer=trainer,
        snapshot=str(snapshot.uid) if snapshot else None,
    )
    enqueue(run=run)
    return run


@transaction.atomic
def request_cancel(*, run: Run, requested_by: Person | None) -> None:
    """Have the run stop with a checkpoint; one that still waits stops at once.

    Raises:
        ValidationError: the run has already ended.
    """
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if not locked.is_live:
        raise ValidationError(
            _("{run} has already ended: there is nothing to cancel.").format(run=locked.name)
        )
    if locked.state == Run.State.QUEUED:
        Run.objects.filter(pk=run.pk).update(state=Run.State.CANCELLED, finished_at=Now())
    else:
        Run.objects.filter(pk=run.pk).update(cancel_requested=True)
    audit.record(
        actor=requested_by,
        action="run.cancel_requested",
        project=locked.project,
        subject=f"run:{locked.uid}",
    )
    run.refresh_from_db()


@transaction.atomic
def request_resume(*, run: Run, requested_by: Person | None) -> None:
    """Let a cancelled or failed run go on from its last checkpoint, or begin where it has none.

    Raises:
        ValidationError: the run is still at work, or is done; or a live run reads its checkpoints,
            or is one whose checkpoints it reads.
    """
    locked = hold_around(run)
    if not locked.is_resumable:
        raise ValidationError(
            _("{run} is {state}: only a cancelled or failed run can go on.").format(
                run=locked.name, state=locked.get_state_display().lower()
            )
        )
    refused = why_not_resumable(locked)
    if refused:
        raise ValidationError(refused)
    folder = RunDir(locked.path)
    # Before the commit: a worker must never meet the old end under the new state.
    folder.clear_stop()
    folder.clear_outcome()
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.QUEUED,
        cancel_requested=False,
        error="",
        attempts=0,
        finished_at=None,
        followed_at=None,
    )
    audit.record(
        actor=requested_by,
        action="run.resumed",
        project=locked.project,
        subject=f"run:{locked.uid}",
    )
    enqueue(run=run)
    run.refresh_from_db()


def enqueue(*, run: Run) -> bool:
    """Defer the run's follower, unless one already waits in the queue; whether it was deferred.

    The lock is on queueing alone: a job that a killed worker left behind must not block the next.
    """
    lock = f"run:{run.uid}"
    if ProcrastinateJob.objects.filter(queueing_lock=lock, status="todo").exists():
        return False
    try:
        with transaction.atomic():
            job = app.configure_task(
                "training.follow",
                queue="training",
                queueing_lock=lock,
                priority=CHECKS_FIRST if run.is_check else 0,
            )
            job.defer(run_uid=str(run.uid))
    except AlreadyEnqueued:
        return False
    return True


def _can_learn_from(trainer: str, snapshot: Snapshot) -> bool:
    """Whether the snapshot has a kind of record that the trainer reads; prompts are in all."""
    wanted = TRAINERS[trainer].consumes
    return "prompts" in wanted or not set(wanted).isdisjoint(snapshot.counts.get("splits", wanted))


def _check_snapshot(project: Project, snapshot: Snapshot | None) -> dict[str, list[str]]:
    if snapshot is None:
        said = _("Choose the snapshot to work on, or make one first.")
    elif snapshot.project_id != project.pk:
        said = _("This snapshot belongs to another project: choose one of this one.")
    elif snapshot.state != Snapshot.State.DONE:
        said = _("Snapshot {name} is not ready yet: wait for it.").format(name=snapshot.name)
    else:
        return {}
    return {"snapshot": [said]}


def _check_name(name: str) -> dict[str, list[str]]:
    if len(name.strip()) > Run._meta.get_field("name").max_length:
        return {"name": [_("Give a name of at most 120 characters.")]}
    return {}


def _settings(
    entry: TrainerEntry, config: Mapping[str, Any], snapshot: Snapshot | None, models: NamedModels
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The settings with the server's own filled in, and what was refused of those given."""
    refused: dict[str, list[str]] = {}
    values = dict(config)
    for info in entry.config.options():
        if is_filled_in(info) and values.pop(info.name, ""):
            refused[info.name] = [_why_not_given(info.name)]
        if snapshot is not None and info.name == "dataset":
            values["dataset"] = str(snapshot.path)
    return values | models.values, refused


def _why_not_given(field: str) -> str:
    """Why a setting that names something on the machine is refused from a person."""
    if field == "dataset":
        said = _("{field} cannot be given here: choose a snapshot instead.")
    else:
        said = _(
            "{field} cannot be given here: only a command line on the machine that trains can name"
            " it."
        )
    return said.format(field=field)


def _check_config(
    kind: type[TrainerConfig], values: dict[str, Any], *, as_text: bool
) -> tuple[TrainerConfig | None, dict[str, list[str]]]:
    """All errors by field: each bad setting is set aside in turn, so that one look shows them all.

    A missing dataset is the snapshot's error, told there.
    """
    errors: dict[str, list[str]] = {}
    known = {info.name for info in kind.options()}
    values = {"dataset": "-", **values} if "dataset" in known else dict(values)
    while True:
        try:
            made = kind.from_text(values) if as_text else kind.from_dict(values)
        except ConfigError as error:
            field = _field_of(str(error), known)
            errors.setdefault(field, []).append(str(error))
            if field not in values or field == "dataset":
                return None, errors
            del values[field]
        else:
            return (None if errors else made), errors


def _field_of(sentence: str, known: set[str]) -> str:
    first = re.match(r"\w+", sentence)
    return first[0] if first and first[0] in known else "config"


def _default_name(project: Project, trainer: str) -> str:
    earlier = project.runs.filter(is_check=False).count()
    return f"{wording.TRAINERS[trainer].title} {earlier + 1}"
