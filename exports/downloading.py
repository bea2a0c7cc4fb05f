"""A download of a snapshot: one format, one split or all of them, as a stream of bytes."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from exports.dataset_dir import read_in_task_order
from exports.formats.base import EVERY, Format, FormatError, clean_options
from exports.formats.catalog import FORMATS
from exports.models import Snapshot
from exports.records import PreferencePair, Record
from exports.splitting import SPLITS, task_order
from labelers import audit
from labelers.models import Person

ALL = "all"
PIECE_BYTES = 64 * 1024


class DownloadError(ValueError):
    """A download that cannot be had; the message says what to choose instead."""


class NotReadyError(DownloadError):
    """The snapshot is not done, or failed."""


@dataclass(frozen=True)
class Download:
    """A file that is made while it is sent."""

    file_name: str
    content_type: str
    pieces: Iterator[bytes]


@transaction.atomic
def open_download(
    *,
    snapshot: Snapshot,
    asked_by: Person | None,
    format: str,
    split: str = ALL,
    options: Mapping[str, Any] | None = None,
    gzip: bool = False,
) -> Download:
    """`snapshot` in `format`; with all splits the records come in the order of their tasks.

    Everything that could go wrong with the request is said here, before the first byte.

    Raises:
        NotReadyError: see `require_done`.
        DownloadError: a name is unknown, the split is empty, or records have no place in the
            format.
    """
    require_done(snapshot)
    if format not in FORMATS:
        raise DownloadError(f"format: choose one of {', '.join(FORMATS)}.")
    if split not in (ALL, *SPLITS):
        raise DownloadError(f"split: choose one of {', '.join((ALL, *SPLITS))}.")
    chosen = FORMATS[format]
    try:
        settings = clean_options(chosen, options or {})
    except FormatError as error:
        raise DownloadError(str(error)) from error
    counts = counts_of(chosen, snapshot)
    if not (sum(counts.values()) if split == ALL else counts.get(split)):
        raise DownloadError(
            f"There is no {chosen.config} in {split}: choose another format or another split."
        )
    refused = snapshot.counts["refused"].get(format, 0)
    if refused and chosen.may_refuse(settings):
        raise DownloadError(
            f"{refused} records have no place in this form (system messages or turns inside a "
            "message): ask for skip_unwritable=true to leave them out, or choose another format."
        )
    audit.record(
        actor=asked_by,
        action="snapshot.downloaded",
        project=snapshot.project,
        subject=f"snapshot:{snapshot.uid}",
        format=format,
        split=split,
    )
    records = _records(snapshot, chosen, SPLITS if split == ALL else [split])
    parts = [snapshot.project.slug, slugify(snapshot.name) or str(snapshot.uid), format]
    name = "-".join([*parts, *([] if split == ALL else [split])])
    made = Download(
        file_name=f"{name}.{chosen.suffix}",
        content_type=chosen.content_type,
        pieces=_joined(chosen.write(records, settings)),
    )
    return _gzipped(made) if gzip else made


def counts_of(format: Format, snapshot: Snapshot) -> dict[str, int]:
    """How many records `format` would read, by split."""
    splits = snapshot.counts["splits"]
    if format.config != EVERY:
        return dict(splits.get(format.config, {}))
    return {
        split: count
        for split in SPLITS
        if (count := sum(counts.get(split, 0) for counts in splits.values()))
    }


def _records(snapshot: Snapshot, format: Format, splits: Sequence[str]) -> Iterator[Record]:
    """The records that `format` reads, in the order of their tasks."""
    if format.config != EVERY:
        return read_in_task_order(snapshot.path, format.config, splits)
    # Those of whole tasks first, then pairs made of them.
    configs = sorted(snapshot.counts["splits"], key=lambda config: config == PreferencePair.config)
    streams = [read_in_task_order(snapshot.path, config, splits) for config in configs]
    return heapq.merge(*streams, key=lambda record: task_order(record.task))


def _gzipped(made: Download) -> Download:
    """The same, compressed while it is sent."""

    def pieces() -> Iterator[bytes]:
        packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        for piece in made.pieces:
            if packed := packer.compress(piece):
                yield packed
        yield packer.flush()

    return Download(f"{made.file_name}.gz", "application/gzip", pieces())


def require_done(snapshot: Snapshot) -> None:
    """Return if `snapshot` has files.

    Raises:
        NotReadyError: it is not done, or failed.
    """
    if snapshot.state == Snapshot.State.FAILED:
        raise NotReadyError(f"Snapshot {snapshot.name} failed ({snapshot.error}): make a new one.")
    if snapshot.files_deleted_at is not None:
        raise NotReadyError(f"The files of snapshot {snapshot.name} were deleted: make a new one.")
    if snapshot.state != Snapshot.State.DONE:
        raise NotReadyError(f"Snapshot {snapshot.name} is not ready: wait until it is.")


def _joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces, each of which costs a round through the server."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
