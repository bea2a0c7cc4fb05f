"""A small disk of its own for a test, where this user may mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BLOCK = 1024 * 1024


@contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[Path]:
    """Mount a disk of that size at `place`. Raises PermissionError where that is not allowed."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "tmpfs", str(place)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise PermissionError(done.stderr.strip())
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path, *, leave: int = 0) -> Path:
    """Fill the disk at `place` with a file, all but `leave` bytes; returns that file."""
    ballast = place / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (_BLOCK, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    if leave:
        with ballast.open("rb+") as file:
            file.truncate(max(ballast.stat().st_size - leave, 0))
    return ballast
