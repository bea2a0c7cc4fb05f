"""Parquet files that are written once, row group by row group, and hashed while they are written.

Memory stays flat: rows wait until a row group is full, by number or by text. What the rows mean is
`exports.dataset_dir`'s business.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Ints = NDArray[np.int64]

GROUP_ROWS = 4096
GROUP_CHARACTERS = 8_000_000


class HashedFile(io.RawIOBase):
    """A new file that knows its SHA-256 and size, and reaches the disk before it counts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        # Unbuffered: Parquet comes in large pieces, and closing must not find bytes left to write.
        self._handle = open(path, "xb", buffering=0)  # noqa: SIM115 - closed in close()
        self._sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Append `data`; returns its length in bytes."""
        view = memoryview(data).cast("B")
        written = 0
        while written < len(view):
            written += self._handle.write(view[written:])
        self._sha256.update(view)
        self.size += len(view)
        return len(view)

    def tell(self) -> int:
        """How many bytes were written."""
        return self.size

    def hexdigest(self) -> str:
        """The SHA-256 of what was written, as 64 hexadecimal digits."""
        return self._sha256.hexdigest()

    def sync(self) -> None:
        """Return when the disk has it all."""
        os.fsync(self._handle.fileno())

    def close(self) -> None:
        """Close; what was written stays."""
        self._handle.close()
        super().close()


def sync_folder(folder: Path) -> None:
    """Return when the disk has the names in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class TableFile:
    """One Parquet file of one schema. Same rows in the same order, same bytes."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(exist_ok=True)
        self.rows = 0
        self._schema = schema
        self._waiting: list[dict[str, Any]] = []
        self._settled: list[pa.Table] = []
        self._settled_rows = 0
        self._characters = 0
        self._file = HashedFile(path)
        try:
            self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")
        except OSError:
            self._file.close()
            raise

    def append(self, row: dict[str, Any], characters: int = 0) -> None:
        """Add one row; `characters` is about how long its texts are."""
        self._waiting.append(row)
        self._characters += characters
        self.rows += 1
        if (
            len(self._waiting) + self._settled_rows >= GROUP_ROWS
            or self._characters >= GROUP_CHARACTERS
        ):
            self._write_group()

    def append_rows(self, rows: pa.Table, characters: Ints) -> None:
        """Add all `rows`; row groups end where they would if rows came one by one."""
        self._settle()
        self.rows += rows.num_rows
        longer = np.cumsum(characters)
        start = 0
        while start < rows.num_rows:
            before = int(longer[start - 1]) if start else 0
            full = int(np.searchsorted(longer, before + GROUP_CHARACTERS - self._characters))
            by_number = start + GROUP_ROWS - self._settled_rows - 1
            last = min(full, by_number)
            end = min(last + 1, rows.num_rows)
            self._settled.append(rows.slice(start, end - start))
            self._settled_rows += end - start
            self._characters += int(longer[end - 1]) - before
            start = end
            if last < end:
                self._write_group()

    def finish(self) -> Mapping[str, Any]:
        """Write what waits and close: ``{"sha256", "bytes", "rows"}``."""
        if self._waiting or self._settled:
            self._write_group()
        self._writer.close()
        self._file.sync()
        self._file.close()
        return {"sha256": self._file.hexdigest(), "bytes": self._file.size, "rows": self.rows}

    def abandon(self) -> None:
        """Close without caring for the content."""
        self._file.close()
        # The footer finds its file closed, or the disk full; the file is deleted anyway.
        with suppress(ValueError, OSError, pa.ArrowException):
            self._writer.close()

    def _write_group(self) -> None:
        self._settle()
        table = pa.concat_tables(self._settled).combine_chunks()
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._settled = []
        self._settled_rows = 0
        self._characters = 0

    def _settle(self) -> None:
        """Turn the rows that wait one by one into a table."""
        if self._waiting:
            self._settled.append(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._settled_rows += len(self._waiting)
            self._waiting = []
