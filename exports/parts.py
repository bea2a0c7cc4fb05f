"""The durable parts of a snapshot in the making: what a killed build leaves for the next one.

A folder beside the target holds what was frozen at the beginning and one Arrow file per part and
configuration. A part counts once its note is there, with the hash of every file, and is checked
before it is used. The folder goes when the dataset directory is whole. Where records come from, and
how the directory is laid out, are other modules' business.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exports.dataset_dir import DatasetWriter, on_disk
from exports.durable_tables import HashedFile, sync_folder
from exports.frozen import Frozen
from exports.records import RECORD_TYPES
from exports.splitting import SPLITS
from exports.tables import Made, Table
from exports.tallying import Tally

PART_TASKS = 20_000
VERSION = 1
BEGINNING, LIST = "begin.json", "judgments.arrow"
_LINEAGE = "lineage"
_SPLIT, _CHARACTERS = "_split", "_characters"
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


class Parts:
    """The parts of one snapshot. One process at a time may write them.

    Raises:
        DatasetDirError: the disk is full or refuses; from every method that writes.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self.folder = target.with_name(f".{target.name}.parts")

    def resume(self, about: Mapping[str, Any]) -> tuple[Frozen, dict[str, Any]] | None:
        """What was frozen, and what was learned then, if a build of the same `about` began."""
        try:
            beginning = json.loads((self.folder / BEGINNING).read_text(encoding="utf-8"))
            if beginning["version"] != VERSION or beginning["about"] != dict(about):
                return None
            if _sha256(self.folder / LIST) != beginning["sha256"]:
                return None
            return Frozen.read(self.folder / LIST), beginning["known"]
        except (OSError, ValueError, KeyError, pa.ArrowException):
            return None

    def begin(self, about: Mapping[str, Any], frozen: Frozen, known: Mapping[str, Any]) -> None:
        """Throw away what is there and write down what is frozen."""
        with on_disk(self._target):
            self.remove()
            self.folder.mkdir(parents=True)
            with HashedFile(self.folder / LIST) as file:
                frozen.write(file)
                file.sync()
                digest = file.hexdigest()
            self._note(
                BEGINNING,
                {"version": VERSION, "about": dict(about), "known": known, "sha256": digest},
            )

    def kept(self, number: int) -> Tally | None:
        """What part `number` counted, if it is there and whole."""
        try:
            note = json.loads((self.folder / _note_name(number)).read_text(encoding="utf-8"))
            files = note["files"]
            if any(_sha256(self.folder / name) != digest for name, digest in files.items()):
                return None
        except (OSError, ValueError, KeyError):
            return None
        tally = Tally()
        tally.add_other(note["tally"])
        return tally

    def write(self, number: int, made: Iterable[Made]) -> Tally:
        """Write part `number`; when this returns it is on the disk."""
        tally = Tally()
        with on_disk(self._target), _PartFiles(self.folder, number) as files:
            for each in made:
                tally.add_other(each.tally.state())
                for config, table in each.tables.items():
                    files.append(config, _with_marks(table))
                files.append(_LINEAGE, each.lineage)
            hashes = files.finish()
            self._note(_note_name(number), {"files": hashes, "tally": tally.state()})
        return tally

    def assemble(self, count: int, writer: DatasetWriter) -> None:
        """Give everything in the first `count` parts to `writer`, in order."""
        for number in range(count):
            for config in RECORD_TYPES:
                for rows in self._batches(number, config):
                    _add(writer, config, rows)
            for rows in self._batches(number, _LINEAGE):
                writer.add_lineage(rows)

    def remove(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _batches(self, number: int, name: str) -> Iterator[pa.Table]:
        path = self.folder / _file_name(number, name)
        if not path.exists():
            return
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
            for at in range(file.num_record_batches):
                yield pa.Table.from_batches([file.get_batch(at)])

    def _note(self, name: str, content: Mapping[str, Any]) -> None:
        temporary = self.folder / f"{name}.new"
        temporary.unlink(missing_ok=True)
        with HashedFile(temporary) as file:
            file.write(json.dumps(content, ensure_ascii=False).encode())
            file.sync()
        sync_folder(self.folder)
        temporary.rename(self.folder / name)
        sync_folder(self.folder)


class _PartFiles:
    """The files of one part while they are written."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._number = folder, number
        self._files: dict[str, tuple[HashedFile, pa.ipc.RecordBatchFileWriter]] = {}

    def __enter__(self) -> _PartFiles:
        return self

    def __exit__(self, *about: object) -> None:
        for file, _writer in self._files.values():
            file.close()

    def append(self, name: str, rows: pa.Table) -> None:
        """Add rows of one configuration, or of the lineage."""
        if not rows.num_rows:
            return
        if name not in self._files:
            path = self._folder / _file_name(self._number, name)
            path.unlink(missing_ok=True)
            file = HashedFile(path)
            self._files[name] = file, pa.ipc.new_file(file, rows.schema, options=_OPTIONS)
        self._files[name][1].write_table(rows.combine_chunks())

    def finish(self) -> dict[str, str]:
        """Bring everything to the disk; the hash of each file by name."""
        hashes = {}
        for name, (file, writer) in self._files.items():
            writer.close()
            file.sync()
            hashes[_file_name(self._number, name)] = file.hexdigest()
        return hashes


def _with_marks(table: Table) -> pa.Table:
    marked = table.rows.append_column(_SPLIT, pa.array(table.split))
    return marked.append_column(_CHARACTERS, pa.array(table.characters))


def _add(writer: DatasetWriter, config: str, rows: pa.Table) -> None:
    schema = RECORD_TYPES[config].schema
    for place, split in enumerate(SPLITS):
        some = rows.filter(pc.equal(rows[_SPLIT], place))
        lengths = some[_CHARACTERS].to_numpy()
        writer.add_rows(config, split, some.select(schema.names).cast(schema), lengths)


def _file_name(number: int, name: str) -> str:
    return f"part-{number:05}.{name}.arrow"


def _note_name(number: int) -> str:
    return f"part-{number:05}.json"


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def count_of(tasks: int) -> int:
    """How many parts so many tasks make."""
    return -(-tasks // PART_TASKS)
