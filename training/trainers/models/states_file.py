"""The file of frozen layers' states in a run: what it is called, and when it is removed."""

from __future__ import annotations

from training.run_dir import RunDir

FILE = "frozen_states.safetensors"


def remove_leftovers(run: RunDir) -> None:
    """Remove what a kill -9 left of files that were being written; for the leading trainer."""
    if run.leads:
        for path in run.path.glob(f".writing-*-{FILE}"):
            path.unlink(missing_ok=True)


def remove_states(run: RunDir) -> None:
    """Remove the states of a run that is done, and of its members: nothing reads them again."""
    for path in [*run.path.rglob(FILE), *run.path.rglob(f".writing-*-{FILE}")]:
        path.unlink(missing_ok=True)
