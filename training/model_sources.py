"""Which models a run may start from when the request comes over the web.

A name is a built-in model, a hub id, or a folder in a place set aside for models. Everything else
on the server's disk stays out of reach: other projects' runs, uploads, keys.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from labelers.models import Project
from training.trainers.configs import DEFAULT_MODEL, TINY_MODEL

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


class ModelRefusedError(ValueError):
    """A model that may not be used from here; the message says what may."""


def check_model(name: str, *, project: Project) -> str:
    """The model as the trainer shall read it: a built-in name, a hub id or an absolute folder.

    Folders are accepted below ``ACCORD_HOME/models``, below the folders listed in the environment
    variable ACCORD_MODEL_DIRS, and in the runs of this very project; links are followed first.

    Raises:
        ModelRefusedError: none of these.
    """
    if name in (DEFAULT_MODEL, TINY_MODEL):
        return name
    if ".." in name or "\0" in name or "\\" in name:
        raise ModelRefusedError(
            _("{name} is no model: write a hub id such as org/name.").format(name=repr(name))
        )
    if not os.path.isabs(name):
        if _HUB_ID.fullmatch(name):
            return name
        raise ModelRefusedError(
            _(
                "{name} is no model: write {default}, a hub id such as org/name, or the full path"
                " of a folder."
            ).format(name=repr(name), default=DEFAULT_MODEL)
        )
    folder = Path(name).resolve()
    if not any(folder.is_relative_to(place) for place in _model_dirs()) and not _is_own_run(
        folder, project
    ):
        raise ModelRefusedError(
            _(
                "{name} lies outside the folders for models: put it below {folder}, or list its"
                " folder in ACCORD_MODEL_DIRS."
            ).format(name=name, folder=Path(settings.ACCORD_HOME) / "models")
        )
    if not folder.is_dir():
        raise ModelRefusedError(
            _("{name} is no folder on the server: check the path.").format(name=name)
        )
    return str(folder)


def _model_dirs() -> list[Path]:
    listed = os.environ.get("ACCORD_MODEL_DIRS", "").split(os.pathsep)
    places = [Path(settings.ACCORD_HOME) / "models", *(Path(item) for item in listed if item)]
    return [place.resolve() for place in places]


def _is_own_run(folder: Path, project: Project) -> bool:
    runs = (Path(settings.ACCORD_HOME) / "runs").resolve()
    if not folder.is_relative_to(runs) or folder == runs:
        return False
    uid = folder.relative_to(runs).parts[0]
    return str(uid) in {str(found) for found in project.runs.values_list("uid", flat=True)}
