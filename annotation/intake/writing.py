"""Storing what a checked file holds, a block per transaction, in which its position moves too.

So an import that was killed goes on behind the last row that was stored, and none is stored twice.
The next block is read while the database is busy with this one, and no block waits for the disk:
the end of the import does, for all of them.
"""

from __future__ import annotations

import json
import queue
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotation import tasking
from annotation.intake import batches, checking, spool
from annotation.intake.batches import Progress, State
from annotation.models import ImportBatch
from annotation.planning import Laid, laid_again

ATTEMPTS = 3
AHEAD = 1


def write(batch: ImportBatch, tell: Progress) -> None:
    """Store the good rows, from where the last transaction left off."""
    reading = batches.reading_of(batch)
    folder = batches.folder_of(batch)
    if not spool.is_there(folder, batches.made_by(batch, reading)):
        checking.make_ready(batch)
    if not batches.note(batch, working_since=timezone.now(), rows_before=batch.rows_done, error=""):
        return
    with _ahead(spool.blocks(folder, batch.rows_done)) as ready:
        for rows, laid in ready:
            if not _store(batch, rows, laid):
                return
            tell(batch)
    if batches.finish(batch, State.DONE):
        spool.remove(folder)


def _store(batch: ImportBatch, rows: int, laid: list[Laid]) -> bool:
    """One block in one transaction; False where the import is no longer ours to write."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _store_once(batch, rows, laid)
        except IntegrityError:
            # Somebody made one of these prompts by hand meanwhile; the next look finds it.
            if attempt == ATTEMPTS:
                raise
    return False


@transaction.atomic
def _store_once(batch: ImportBatch, rows: int, laid: list[Laid]) -> bool:
    with connection.cursor() as cursor:
        # What a crash of the database loses, rows and position alike, is stored again.
        cursor.execute("SET LOCAL synchronous_commit = off")
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.rows_done != batch.rows_done or locked.state != State.WRITING:
        # Paused, cancelled, or taken over by another worker.
        batch.refresh_from_db()
        return False
    made = tasking.add_laid_out(
        project=batch.project,
        added_by=batch.created_by,
        rows=laid,
        make_tasks=batch.make_tasks,
        ask_people=batch.ask_people,
    )
    locked.counts = dict(Counter(locked.counts) + Counter(made))
    locked.rows_done += rows
    locked.save(update_fields=["rows_done", "counts"])
    batch.rows_done, batch.counts = locked.rows_done, locked.counts
    return True


class _ahead:
    """What `blocks` gives, decoded by a thread that is one block ahead."""

    def __init__(self, blocks: Iterator[tuple[int, bytes]]) -> None:
        self._blocks = blocks
        self._ready: queue.Queue[Any] = queue.Queue(AHEAD)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Iterator[tuple[int, list[Laid]]]:
        self._thread.start()
        return self._given()

    def __exit__(self, *_exception: object) -> None:
        self._left.set()
        while self._thread.is_alive():
            # It may be waiting for room.
            try:
                self._ready.get(timeout=0.05)
            except queue.Empty:
                continue

    def _read(self) -> None:
        try:
            for rows, data in self._blocks:
                self._ready.put((rows, [laid_again(values) for values in json.loads(data)]))
                if self._left.is_set():
                    return
            self._ready.put(None)
        except Exception as problem:
            self._ready.put(problem)

    def _given(self) -> Iterator[tuple[int, list[Laid]]]:
        while (found := self._ready.get()) is not None:
            if isinstance(found, Exception):
                raise found
            yield found
