"""Files that survive a crash: written whole or not at all, appended by lines, read while growing.

Plain functions on paths; what the files mean is `training.run_dir`'s business.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


class BrokenFileError(Exception):
    """A file that should hold JSON and does not; the message says in a sentence what to do."""


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file so that it is there whole or not at all, also after a power cut."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "w", encoding="utf-8") as handle:
            json.dump(_finite(value), handle, ensure_ascii=False, indent=1, allow_nan=False)
            handle.write("\n")
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_object(path: Path) -> dict[str, Any] | None:
    """A file's JSON object, None where there is no file. Raises BrokenFileError otherwise."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BrokenFileError(f"{path} is not JSON ({error}): correct or delete it.") from error
    if not isinstance(found, dict):
        raise BrokenFileError(f"{path} must hold one JSON object: correct or delete it.")
    return found


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def append_line(path: Path, record: dict[str, Any]) -> None:
    """Append one JSON line in one write."""
    append_lines(path, [record])


def append_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Append JSON lines in one write, so that a reader rarely meets a part of them."""
    dumped = [json.dumps(_finite(r), ensure_ascii=False, allow_nan=False) for r in records]
    with open(path, "ab") as handle:
        handle.write("".join(f"{line}\n" for line in dumped).encode())


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """A whole file of JSON lines, there under its name complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    append_lines(temporary, [dict(record) for record in records])
    synced_size(temporary)
    temporary.replace(path)
    sync_folder(path.parent)


def read_lines(path: Path, after_offset: int) -> tuple[list[dict[str, Any]], int]:
    """The complete lines after a byte offset and the next offset; from 0 where it fits no line."""
    try:
        with open(path, "rb") as handle:
            if after_offset > 0:
                handle.seek(after_offset - 1)
                if handle.read(1) != b"\n":
                    after_offset = 0
                    handle.seek(0)
            data = handle.read()
    except FileNotFoundError:
        return [], 0
    complete = data[: data.rfind(b"\n") + 1]
    records = []
    for line in complete.splitlines():
        with suppress(ValueError):  # a line torn by a crash of the machine
            records.append(json.loads(line))
    return records, after_offset + len(complete)


def truncate(path: Path, size: int) -> None:
    """Cut a file to ``size`` bytes; never make it longer, never create it."""
    with suppress(FileNotFoundError):
        if path.stat().st_size > size:
            os.truncate(path, size)


def try_flock(descriptor: int, mode: int) -> bool:
    """Whether a lock of ``mode`` could be had at once."""
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def synced_size(path: Path) -> int:
    """Bytes of a file, all of them on disk now; 0 where it is missing."""
    try:
        with open(path, "rb") as handle:
            os.fsync(handle.fileno())
            return handle.seek(0, os.SEEK_END)
    except FileNotFoundError:
        return 0


def sync_tree(folder: Path) -> None:
    """Put every file below a folder, and the folders themselves, on disk."""
    for root, _, names in os.walk(folder):
        for name in names:
            with open(Path(root) / name, "rb") as handle:
                os.fsync(handle.fileno())
        sync_folder(Path(root))


def sync_folder(folder: Path) -> None:
    """Put a folder's names on disk: without it a rename may be lost with the power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
