"""A file of blocks between checking and writing: what was read once is not read again.

It lies beside the upload and is gone when the import is done. A spool that was not finished, or
that was made by another reading, is none.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

_FRAME = struct.Struct(">QQ")
_NAME = "ready"


class Spool:
    """A spool that is being written; it counts once it is finished."""

    def __init__(self, folder: Path, made_by: str) -> None:
        self._path = folder / _NAME
        self._path.unlink(missing_ok=True)
        self._file = self._path.with_suffix(".part").open("wb")
        self._file.write(made_by.encode().ljust(64)[:64])

    def add(self, rows: int, laid: bytes) -> None:
        """Keep one block: the number of its rows and what is to be stored."""
        self._file.write(_FRAME.pack(rows, len(laid)))
        self._file.write(laid)

    def finish(self) -> None:
        """Put it on the disk, whole."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.with_suffix(".part").rename(self._path)

    def close(self) -> None:
        """Leave it unfinished."""
        self._file.close()


def is_there(folder: Path, made_by: str) -> bool:
    """Whether there is a whole spool that was made by that reading."""
    try:
        with (folder / _NAME).open("rb") as file:
            return file.read(64) == made_by.encode().ljust(64)[:64]
    except OSError:
        return False


def blocks(folder: Path, after_rows: int = 0) -> Iterator[tuple[int, bytes]]:
    """Number of rows yet to come and content of every block behind the first `after_rows` rows.

    Where that is in the middle of a block, the block is given whole and only the rest is counted:
    what is stored already is known by its content and changes nothing.
    """
    with (folder / _NAME).open("rb") as file:
        file.seek(64)
        passed = 0
        while head := file.read(_FRAME.size):
            rows, length = _FRAME.unpack(head)
            passed += rows
            if passed <= after_rows:
                file.seek(length, os.SEEK_CUR)
            else:
                yield min(rows, passed - after_rows), file.read(length)


def remove(folder: Path) -> None:
    """Remove what there is of a spool."""
    for name in (_NAME, f"{_NAME}.part"):
        (folder / name).unlink(missing_ok=True)
