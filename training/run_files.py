"""What a run left to take along: the files below its outputs, one by one or all in one archive.

Names are compared with what lies there, never followed: no name leads out of the folder. Inputs,
checkpoints and logs are no part of it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.models import Run

PIECE = 1024 * 1024


@dataclass(frozen=True)
class RunFile:
    """A file by its path below the outputs, with its size in bytes."""

    name: str
    path: Path
    size: int


def listed(run: Run) -> list[RunFile]:
    """The files in the order of their names; links and hidden files are left out."""
    root = run.path / "outputs"
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                found.append(RunFile(str(path.relative_to(root)), path, path.stat().st_size))
    return found


def find(run: Run, name: str) -> RunFile | None:
    """The file of that name; None where the run left none."""
    return next((file for file in listed(run) if file.name == name), None)


def archive(files: list[RunFile]) -> Iterator[bytes]:
    """A zip archive of the files, piece by piece: models do not compress, so nothing is."""
    written = _Written()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
        for file in files:
            about = zipfile.ZipInfo.from_file(file.path, file.name)
            with file.path.open("rb") as source, packed.open(about, "w", force_zip64=True) as into:
                while piece := source.read(PIECE):
                    into.write(piece)
                    yield written.take()
    yield written.take()


class _Written:
    """A file that cannot be sought in: `zipfile` then tells sizes after each entry."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        """What was written since it was last asked."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
