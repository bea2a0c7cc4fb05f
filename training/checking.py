"""Looking before a run: data and model as the trainer would see them, and what a step costs.

A check is a run of the same trainer with the same settings that stops before it learns. It goes
through the same queue, before runs that wait; it is forgotten after a day.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from exports.models import Snapshot
from labelers.models import Person, Project
from training import queueing
from training.models import Checkpoint, Run
from training.trainers.catalog import TRAINERS

KEPT_FOR = timedelta(days=1)


@transaction.atomic
def request_check(
    *,
    project: Project,
    created_by: Person | None,
    trainer: str,
    config: Mapping[str, Any],
    snapshot: Snapshot | None,
    parent: Checkpoint | None = None,
    as_text: bool = False,
) -> Run:
    """Queue a check of what `queueing.request_run` would be asked for with the same arguments.

    Raises:
        ValidationError: the trainer has no check, or the run itself would be refused; with messages
            by field.
    """
    if trainer in TRAINERS and not TRAINERS[trainer].config.can_check:
        said = _("This trainer cannot look at data and cost first: start the run itself.")
        raise ValidationError({"trainer": [said]})
    made = queueing.request_run(
        project=project,
        created_by=created_by,
        trainer=trainer,
        config=config,
        snapshot=snapshot,
        parent=parent,
        as_text=as_text,
        is_check=True,
    )
    _forget_old(project)
    return made


def _forget_old(project: Project) -> None:
    old = project.runs.filter(is_check=True, finished_at__lt=Now() - KEPT_FOR)
    for check in old.exclude(state__in=Run.LIVE):
        path = check.path
        check.delete()
        transaction.on_commit(lambda path=path: shutil.rmtree(path, ignore_errors=True))
