"""The dataset directory: records as Parquet files with a card, a manifest and their lineage.

It is written beside its target and renamed when it is whole, so that a target is complete or
absent. Where records come from, and the formats they leave in, are other modules' business.
"""

from __future__ import annotations

import errno
import hashlib
import heapq
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from exports.dataset_card import card
from exports.durable_tables import HashedFile, TableFile, sync_folder
from exports.records import RECORD_TYPES, SCHEMA_VERSION, Record
from exports.splitting import SPLITS, Fractions, split_of, task_order

MANIFEST = "manifest.json"
MAJORITY: Mapping[str, Any] = {"method": "majority"}
CARD = "README.md"
LINEAGE = "lineage.parquet"
LINEAGE_SCHEMA = pa.schema(
    [
        ("record", pa.string()),
        ("config", pa.string()),
        ("task", pa.string()),
        ("judgment", pa.string()),
        ("revision", pa.int32()),
        ("labeler", pa.string()),
    ]
)
READ_ROWS = 512
Ints = NDArray[np.int64]
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DatasetDirError(Exception):
    """A dataset directory that cannot be written or read; the message says what to do."""


class DatasetWriter:
    """Writes one dataset directory::

        with DatasetWriter(target, project=..., filters=..., fractions=...) as writer:
            for records in groups:
                writer.add(records)
            manifest = writer.publish(name=...)

    Leaving without `publish` leaves nothing. One process at a time may write a target: what a
    killed one left beside it is removed.

    Raises:
        DatasetDirError: the target exists, or the disk is full or refuses; also from `add` and
            `publish`.
    """

    def __init__(
        self, target: Path, *, project: str, filters: Mapping[str, Any], fractions: Fractions
    ) -> None:
        self._target = target
        self._temporary = target.with_name(f".{target.name}.partial")
        self._about: dict[str, Any] = {"project": project, "filters": dict(filters)}
        self._fractions = fractions
        self._tables: dict[tuple[str, str], TableFile] = {}
        with self._disk():
            if target.exists():
                raise DatasetDirError(f"{target} exists already: choose another place or move it.")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary.mkdir()
            try:
                self._lineage = TableFile(self._temporary / LINEAGE, LINEAGE_SCHEMA)
            except OSError:
                shutil.rmtree(self._temporary, ignore_errors=True)
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for table in [self._lineage, *self._tables.values()]:
            table.abandon()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def add(self, records: Sequence[Record]) -> str:
        """Write the records of one task. They share the split of the first, which is returned."""
        split = split_of(records[0], self._fractions)
        with self._disk():
            for record in records:
                self._table(record.config, split).append(record.as_row(), record.characters())
                for row in lineage_rows(record):
                    self._lineage.append(row)
        return split

    def add_rows(self, config: str, split: str, rows: pa.Table, characters: Ints) -> None:
        """Write rows of one configuration and split; `characters` is how long the texts of each
        are. The bytes are those of `add`, however the rows come in tables."""
        if rows.num_rows:
            with self._disk():
                self._table(config, split).append_rows(rows, characters)

    def add_lineage(self, rows: pa.Table) -> None:
        """Write lineage of rows that went through `add_rows`."""
        with self._disk():
            self._lineage.append_rows(rows, np.zeros(rows.num_rows, dtype=np.int64))

    def counts(self) -> dict[str, dict[str, int]]:
        """Records so far, by configuration and split; empty ones left out."""
        return {
            config: {
                split: self._tables[config, split].rows
                for split in SPLITS
                if (config, split) in self._tables
            }
            for config in RECORD_TYPES
            if any(config == written for written, _ in self._tables)
        }

    def publish(self, *, consensus: Mapping[str, Any] = MAJORITY, **about: Any) -> dict[str, Any]:
        """Finish every file and put the directory in its place; returns the manifest.

        `consensus` is how answers were weighed, its ``method`` is named on the card as well;
        `about` goes into the manifest alone: names, times, versions.
        """
        if not self._tables:
            raise DatasetDirError("There is nothing to write: no record was added.")
        counts = self.counts()
        with self._disk():
            # In the order of the catalog, whatever came first.
            keys = [(config, split) for config in RECORD_TYPES for split in SPLITS]
            self._tables = {key: self._tables[key] for key in keys if key in self._tables}
            files = {LINEAGE: self._lineage.finish()}
            for (config, split), table in self._tables.items():
                files[f"{config}/{split}.parquet"] = table.finish()
            shares = self._fractions.as_dict()
            method = consensus["method"]
            text = card(counts=counts, fractions=shares, method=method, **self._about)
            files[CARD] = _write_text(self._temporary / CARD, text)
            manifest = {
                "schema_version": SCHEMA_VERSION,
                **self._about,
                "fractions": shares,
                "counts": counts,
                "files": dict(sorted(files.items())),
                "digest": digest_of(files),
                **about,
                "consensus": dict(consensus),
            }
            text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
            _write_text(self._temporary / MANIFEST, text)
            self._put_in_place()
        return manifest

    def _table(self, config: str, split: str) -> TableFile:
        key = (config, split)
        if key not in self._tables:
            path = self._temporary / config / f"{split}.parquet"
            self._tables[key] = TableFile(path, RECORD_TYPES[config].schema)
        return self._tables[key]

    def _put_in_place(self) -> None:
        for folder in (*self._temporary.iterdir(), self._temporary):
            if folder.is_dir():
                sync_folder(folder)
        self._temporary.rename(self._target)
        sync_folder(self._target.parent)

    def _disk(self) -> AbstractContextManager[None]:
        return on_disk(self._target)


@contextmanager
def on_disk(target: Path) -> Iterator[None]:
    """Turn what a disk refuses to a file of `target` into a sentence for people."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DatasetDirError(
                f"The disk that holds {target.parent} is full: "
                "free some space and make the snapshot again."
            ) from error
        raise DatasetDirError(
            f"{target} cannot be written ({error.strerror or error}): "
            "correct that and make the snapshot again."
        ) from error


def lineage_rows(record: Record) -> list[dict[str, Any]]:
    """One row of `LINEAGE_SCHEMA` per judgment of `record`."""
    return [
        {
            "record": record.id,
            "config": record.config,
            "task": record.task,
            "judgment": judgment.id,
            "revision": judgment.revision,
            "labeler": judgment.labeler,
        }
        for judgment in record.judgments
    ]


def digest_of(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash for all of them: SHA-256 of ``{path: sha256}`` as sorted JSON."""
    hashes = {path: about["sha256"] for path, about in files.items()}
    text = json.dumps(hashes, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a dataset directory.

    Raises:
        DatasetDirError: there is none, or it is not one that this version reads.
    """
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetDirError(
            f"{directory} is not a dataset directory ({MANIFEST} cannot be read): "
            "name the folder that a snapshot made."
        ) from error
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        raise DatasetDirError(
            f"{directory} was not written with schema version {SCHEMA_VERSION}: export it again."
        )
    return manifest


def read_records(directory: Path, config: str, split: str) -> Iterator[Record]:
    """The records of one file in their order, a few hundred in memory at a time.

    An empty split is no file and gives nothing.

    Raises:
        DatasetDirError: `directory` is no dataset directory, or the names are unknown.
    """
    counts = read_manifest(directory)["counts"]
    if config not in RECORD_TYPES or split not in SPLITS:
        raise DatasetDirError(
            f"{config}/{split}: there are {', '.join(RECORD_TYPES)}, each with {', '.join(SPLITS)}."
        )
    if not counts.get(config, {}).get(split):
        return
    kind = RECORD_TYPES[config]
    with pq.ParquetFile(directory / config / f"{split}.parquet") as table:
        for batch in table.iter_batches(batch_size=READ_ROWS):
            for row in batch.to_pylist():
                yield kind.from_row(row)


def read_in_task_order(
    directory: Path, config: str, splits: Sequence[str] = SPLITS
) -> Iterator[Record]:
    """The records of several splits as one stream, ordered by task as they were collected."""
    streams = [read_records(directory, config, split) for split in splits]
    return heapq.merge(*streams, key=lambda record: task_order(record.task))


def verify(directory: Path) -> list[str]:
    """What is wrong with a dataset directory, one sentence each; nothing when it is whole.

    Raises:
        DatasetDirError: it has no manifest to hold it against.
    """
    manifest = read_manifest(directory)
    wrong = []
    for name, about in manifest["files"].items():
        path = directory / name
        if not path.is_file():
            wrong.append(f"{name} is missing.")
            continue
        with open(path, "rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != about["sha256"]:
                wrong.append(f"{name} is not what was written: its SHA-256 differs.")
    if digest_of(manifest["files"]) != manifest["digest"]:
        wrong.append(f"{MANIFEST} was changed: its digest is not that of its files.")
    known = {MANIFEST, *manifest["files"]}
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    wrong += [f"{path} does not belong here." for path in sorted(found) if str(path) not in known]
    return wrong


def _write_text(path: Path, text: str) -> dict[str, Any]:
    with HashedFile(path) as file:
        file.write(text.encode())
        file.sync()
        return {"sha256": file.hexdigest(), "bytes": file.size}
