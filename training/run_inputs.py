"""The models that a new run names in its settings: found, allowed, of the right kind, written down.

A person names a checkpoint by its id or its folder; the trainer is given the folder, and what is
kept beside the run leads from one to the other. Every other name goes through `model_sources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from labelers.models import Project
from training import queries
from training.model_sources import ModelRefusedError, check_model
from training.models import Checkpoint, Run, RunInput
from training.trainers.catalog import TrainerEntry
from training.trainers.config_fields import FieldInfo

STARTED_FROM = "model"
"""The setting whose checkpoint is the run's parent."""


@dataclass
class NamedModels:
    """What the settings name: texts for the trainer, checkpoints by role, and what was refused."""

    values: dict[str, str] = field(default_factory=dict)
    parent: Checkpoint | None = None
    inputs: list[tuple[str, Checkpoint]] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    def keep(self, run: Run) -> None:
        """Write down which checkpoints `run` reads."""
        RunInput.objects.bulk_create(
            [
                RunInput(run=run, role=role, checkpoint=checkpoint)
                for role, checkpoint in dict.fromkeys(self.inputs)
            ]
        )


def is_filled_in(info: FieldInfo) -> bool:
    """Whether the server gives this setting: a person names a snapshot, never a path."""
    return info.is_file


def model_fields(entry: TrainerEntry) -> list[FieldInfo]:
    """The settings of a trainer that name models."""
    return [info for info in entry.config.options() if info.model]


def find_models(
    entry: TrainerEntry, given: Mapping[str, Any], *, project: Project, parent: Checkpoint | None
) -> NamedModels:
    """Read every model that the settings in `given` name; `parent` is the one to start from.

    A text that is no model, and a checkpoint of another kind or one that is not ready, is refused
    under the name of its setting (``parent`` where it was given as that). Until the transaction
    ends, none of the runs behind them can go on.
    """
    found = NamedModels(parent=parent and _held(parent))
    for info in model_fields(entry):
        starts = info.name == STARTED_FROM
        if starts and found.parent is not None:
            found.values[info.name] = found.parent.path
            _note_refusal(found, "parent", why_unusable(found.parent, project, info.model))
            continue
        text = given.get(info.name)
        if not (isinstance(text, str) and text.strip()):
            continue
        names = [name.strip() for name in text.split(",")] if info.many_models else [text.strip()]
        found.values[info.name] = ",".join(
            _read(found, info, name, project) for name in names if name
        )
    return found


def why_unusable(checkpoint: Checkpoint, project: Project, kind: str) -> str:
    """One sentence why the checkpoint cannot be read as `kind`, or nothing where it can."""
    if checkpoint.run.project_id != project.pk:
        return _("This checkpoint belongs to another project.")
    if checkpoint.run.is_live:
        return _(
            "{run} is still training and may replace this checkpoint: wait for its end or"
            " cancel it."
        ).format(run=checkpoint.run.name)
    if not checkpoint.available:
        return _("This checkpoint was pruned: choose the run's best or last one.")
    if kind == Checkpoint.Produces.POLICY and checkpoint.produces != kind:
        return _("{run} is a reward model: choose a policy here.").format(run=checkpoint.run.name)
    if kind == Checkpoint.Produces.REWARD_MODEL and checkpoint.produces != kind:
        return _("{run} is a policy: choose a reward model here.").format(run=checkpoint.run.name)
    return ""


def why_not_resumable(run: Run) -> str:
    """One sentence why `run` may not train on now, or nothing; for its rows held by `hold_around`.

    A run at work replaces and prunes its checkpoints, also those that others read.
    """
    reads = Q(parent__run=run) | Q(inputs__checkpoint__run=run)
    reader = Run.objects.filter(reads, state__in=Run.LIVE).order_by("id").first()
    if reader is not None:
        return _(
            "{reader} stands on a checkpoint of {run}, which may be replaced when {run} goes on:"
            " wait for the end of {reader} or cancel it."
        ).format(reader=reader.name, run=run.name)
    base = Run.objects.filter(pk__in=_read_by(run), state__in=Run.LIVE).order_by("id").first()
    if base is not None:
        return _(
            "{run} stands on a checkpoint of {base}, which is still training and may replace it:"
            " wait for the end of {base} or cancel it."
        ).format(run=run.name, base=base.name)
    return ""


def hold_around(run: Run) -> Run:
    """The run as it is now; until the transaction ends, neither it nor a run it reads can go on."""
    around = Q(pk=run.pk) | Q(pk__in=_read_by(run))
    held = {each.pk: each for each in Run.objects.select_for_update().filter(around).order_by("pk")}
    return held[run.pk]


def _read_by(run: Run) -> QuerySet[Checkpoint, Any]:
    """The runs whose checkpoints `run` started from or reads."""
    return Checkpoint.objects.filter(Q(children=run) | Q(uses__run=run)).values("run")


def _held(checkpoint: Checkpoint) -> Checkpoint:
    whole = Checkpoint.objects.select_related("run").select_for_update(of=("run",))
    return whole.get(pk=checkpoint.pk)


def _read(found: NamedModels, info: FieldInfo, name: str, project: Project) -> str:
    """The name as the trainer reads it; what it leads to is noted in `found`."""
    checkpoint, known = None, name
    if _is_uid(name):
        checkpoint = queries.find_checkpoint(project, name)
        if checkpoint is None:
            _note_refusal(found, info.name, _("No checkpoint here has this id."))
            return name
        known = checkpoint.path
    else:
        try:
            known = check_model(name, project=project)
        except ModelRefusedError as error:
            _note_refusal(found, info.name, str(error))
            return name
        checkpoint = _checkpoint_at(project, known)
    if checkpoint is not None:
        checkpoint = _held(checkpoint)
        _note_refusal(found, info.name, why_unusable(checkpoint, project, info.model))
        if info.name == STARTED_FROM:
            found.parent = checkpoint
        else:
            found.inputs.append((info.name, checkpoint))
    return known


def _note_refusal(found: NamedModels, field_name: str, sentence: str) -> None:
    if sentence:
        found.refused.setdefault(field_name, []).append(sentence)


def _checkpoint_at(project: Project, path: str) -> Checkpoint | None:
    """The checkpoint whose folder, or a part of whose folder, `path` is."""
    runs = (Path(settings.ACCORD_HOME) / "runs").resolve()
    folder = Path(path)
    if not folder.is_absolute() or not folder.is_relative_to(runs):
        return None
    uid, *rest = folder.relative_to(runs).parts
    if rest[:1] != ["checkpoints"] or len(rest) < 2:
        return None
    found = Checkpoint.objects.filter(run__project=project, run__uid=uid, name=rest[1])
    return found.select_related("run").first()


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
