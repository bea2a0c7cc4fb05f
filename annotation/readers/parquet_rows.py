"""The rows of a Parquet file, a few hundred in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.readers.base import FileError, Row

MOST_OF_A_GROUP = 4 * 1024**3


def parquet_rows(path: Path) -> Iterator[Row]:
    """The rows of a Parquet file, numbered from 1.

    Raises:
        FileError: it is no Parquet file, or unpacks beyond all reason.
    """
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1024 * 1024) as file:
            meta = file.metadata
            for group in range(meta.num_row_groups):
                if meta.row_group(group).total_byte_size > MOST_OF_A_GROUP:
                    raise FileError(
                        "A row group of this Parquet file unpacks to more than 4 GB; write it with "
                        "smaller ones."
                    )
            total, size = max(meta.num_rows, 1), path.stat().st_size
            number = 0
            for batch in file.iter_batches(batch_size=200):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(number, size * number // total, fields)
    except (pa.ArrowException, OSError) as problem:
        # Arrow tells of a damaged file as an OSError too; what the disk says has a number.
        if getattr(problem, "errno", None):
            raise
        raise FileError(f"This is not a readable Parquet file ({problem}).") from problem
