"""The checkpoint folder of an ensemble: one plain checkpoint per member, and their names.

Files of members are linked, not copied, where the disk can; they never change once they are there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from training.durable_files import read_object, write_json
from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.models.model_loading import ABOUT, checkpoint_about

_OF_THE_RUN = shutil.ignore_patterns("resume*", "checkpoint.json")
"""What a member's checkpoint holds for its own run, and an ensemble has no use for."""


def write_ensemble(
    run: RunDir, config: RewardModelConfig, folders: Sequence[Path], target: Path
) -> None:
    """Fill an empty checkpoint folder with the members that lie in ``folders``."""
    names = [f"member-{number}" for number in range(1, len(folders) + 1)]
    for name, source in zip(names, folders, strict=True):
        shutil.copytree(source, target / name, copy_function=_link, ignore=_OF_THE_RUN)
        write_json(target / name / ABOUT, _about_member(run, target / name))
    first = checkpoint_about(str(target / names[0]))
    about = {
        "kind": "reward_ensemble",
        "members": names,
        "base_model": config.model,
        "dataset": config.dataset,
        "tuning": config.tuning,
        "loss": config.loss,
        "seed": config.seed,
        "criteria": first.get("criteria", []),
    }
    write_json(target / ABOUT, about)


def _about_member(run: RunDir, folder: Path) -> dict[str, object]:
    """What the member says of itself, with the way to its base should the run be moved."""
    about = checkpoint_about(str(folder))
    adapter = read_object(folder / "adapter_config.json") or {}
    base = Path(adapter.get("base_model_name_or_path") or "")
    if base.is_relative_to(run.path.resolve()):
        about["relative_base"] = os.path.relpath(base, folder.resolve())
    return about


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
    return target
