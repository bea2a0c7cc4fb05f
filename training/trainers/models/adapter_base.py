"""Where the weights under adapters lie, and what adapters from elsewhere may not name as such.

A checkpoint of ours knows its base, wherever the run was moved to. Any other adapters may name a
hub id or a folder that came with them, never one of this machine's folders.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from training.trainers.configs import DEFAULT_MODEL
from training.trainers.models.default_model import ModelError, default_model
from training.trainers.models.model_checks import loading_error, object_of

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def is_hub_id(name: str) -> bool:
    """Whether a name is looked up on the hub: it reads like an id and nothing here has it."""
    return bool(_HUB_ID.fullmatch(name)) and not Path(name).exists()


def base_of(folder: Path, about: dict[str, Any]) -> str:
    """The folder or hub id of the weights under the adapters in ``folder``.

    ``about`` is what a checkpoint of ours says of itself, empty for other adapters. Raises
    ModelError where the base is gone or must not be taken.
    """
    named = _named_base(folder / "adapter_config.json")
    if not about:
        return _base_from_elsewhere(folder, named)
    beside = folder / about.get("relative_base", "none")
    if about.get("relative_base") and beside.is_dir():
        return str(beside.resolve())
    if about.get("base_model") == DEFAULT_MODEL and not Path(named).is_dir():
        return str(default_model())
    if os.path.isabs(named) and not Path(named).is_dir():
        raise ModelError(f"{folder} stands on {named}, which is gone: put that model back.")
    return named


def check_hub_adapters(name: str) -> None:
    """Refuse adapters of the hub whose base is a folder: transformers would load it by itself."""
    from transformers.utils.peft_utils import find_adapter_config_file

    try:
        found = find_adapter_config_file(name)
    except (OSError, ValueError) as error:
        raise loading_error(name, error, "could not be loaded") from error
    if found is not None and not is_hub_id(base := _named_base(Path(found))):
        raise _refused(name, base)


def _base_from_elsewhere(folder: Path, named: str) -> str:
    came_with = (folder.resolve(), folder.resolve().parent)
    for place in (folder / named, folder.parent / named):
        if named and place.is_dir() and place.resolve().parent in came_with:
            return str(place.resolve())
    if is_hub_id(named):
        return named
    raise _refused(str(folder), named)


def _named_base(config: Path) -> str:
    return str(object_of(config).get("base_model_name_or_path") or "")


def _refused(adapters: str, named: str) -> ModelError:
    return ModelError(
        f"The adapters {adapters} name {named or 'nothing'} as their base, which is no hub id and"
        " did not come with them: put that model beside them and correct adapter_config.json."
    )
