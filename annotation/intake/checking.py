"""Reading a whole file before anything of it is stored: what is wrong with it, and what it holds.

What was read is kept ready in a spool beside the upload, so that writing reads nothing twice; rows
that are refused are kept as JSON lines for whoever mends them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone

from annotation.intake import batches, previewing, spool
from annotation.intake.batches import Progress, State
from annotation.intake.blocks import Place, blocks_of
from annotation.intake.findings import Findings
from annotation.intake.rows import Block
from annotation.models import ImportBatch

PROGRESS_EVERY = 0.5


def check(batch: ImportBatch, tell: Progress) -> None:
    """Read the whole file without storing; refuse it when rows are bad and none may be skipped."""
    since = (State.QUEUED, State.CHECKING)
    began = timezone.now()
    if not batches.move(
        batch, to=State.CHECKING, since=since, working_since=began, bytes_read=0, error=""
    ):
        return
    findings, rows = Findings(), 0
    for place, block in _kept_ready(batch):
        findings.add(block.findings)
        rows += block.rows
        if place is not None:
            seen = {"bytes_read": place.bytes_read, "rows_bad": findings.bad}
            if not batches.note(batch, **seen, problems=findings.problems):
                return
            tell(batch)
    _settle(batch, findings, rows)


def _settle(batch: ImportBatch, findings: Findings, rows: int) -> None:
    """What the check comes to: confirm, write or refuse."""
    found: dict[str, Any] = {
        "bytes_read": batch.size,
        "rows_total": rows,
        "rows_bad": findings.bad,
        "problems": findings.problems,
        "findings": findings.said(),
    }
    if rows and batch.previews:
        found["findings"]["news"] = previewing.news(batch)
    if not batches.note(batch, **found):
        return
    if rows == 0:
        batches.finish(batch, State.FAILED, "The file has no rows.")
    elif batch.previews:
        batches.move(batch, to=State.PREVIEW, since=(State.CHECKING,), working_since=None)
    elif findings.bad and not batch.skip_bad:
        refuse_bad(batch)
    else:
        batches.move(batch, to=State.WRITING, since=(State.CHECKING,), working_since=None)


def refuse_bad(batch: ImportBatch) -> None:
    """End an import whose bad rows may not be skipped."""
    batches.finish(
        batch,
        State.FAILED,
        f"{batch.rows_bad} of {batch.rows_total} rows are bad, so nothing was kept: mend them, or "
        "import again and skip bad rows.",
    )


def make_ready(batch: ImportBatch) -> None:
    """Make the spool again, where it is gone or the project asks otherwise since."""
    for _place, _block in _kept_ready(batch):
        pass


def _kept_ready(batch: ImportBatch) -> Iterator[tuple[Place | None, Block]]:
    """Every block of the file, kept in the spool; with a place now and then, to tell of it."""
    reading = batches.reading_of(batch)
    folder, place = batches.folder_of(batch), Place()
    kept = spool.Spool(folder, batches.made_by(batch, reading))
    told = time.monotonic()
    try:
        with (folder / previewing.REFUSED).open("w", encoding="utf-8") as refused:
            for block in blocks_of(Path(batch.path), reading, place):
                kept.add(block.rows, block.laid)
                for line, field, problem, row in block.refused:
                    said = {"line": line, "field": field, "problem": problem, "row": row}
                    refused.write(json.dumps(said, ensure_ascii=False) + "\n")
                due = time.monotonic() - told > PROGRESS_EVERY
                told = time.monotonic() if due else told
                yield (place if due else None), block
        kept.finish()
    finally:
        kept.close()
