"""Imports in every state that a page shows: to be confirmed, paused, and ended before its time."""

from __future__ import annotations

import io
import json

from annotation import importing
from annotation.models import ImportBatch
from labelers.models import Person, Project

ROWS = [
    {"prompt": "τί;", "responses": ["ἓν", "δύο"], "language": "el"},
    {"prompt": "ποῦ; ἄ@παράδειγμα, 090-1234-5678", "responses": ["ὧδε", "ἐκεῖ"]},
    {"prompt": "πότε;", "responses": ["νῦν"]},
    {"prompt": ""},
]


def furnish_imports(project: Project, admin: Person) -> list[ImportBatch]:
    """A preview with something of everything, a paused import and a cancelled one."""
    return [preview(project, admin), paused(project, admin), cancelled(project, admin)]


def received(project: Project, admin: Person, name: str, **options) -> ImportBatch:
    """The rows above, received as a file of that name."""
    data = b"\n".join(json.dumps(row).encode() for row in ROWS)
    return importing.receive_file(
        project=project,
        file=io.BytesIO(data),
        file_name=f"{name}.jsonl",
        format="accord",
        created_by=admin,
        in_background=False,
        **options,
    )


def preview(project: Project, admin: Person) -> ImportBatch:
    """An import that waits to be confirmed."""
    batch = received(project, admin, "β", previews=True, personal="cover")
    return importing.run_import(uid=str(batch.uid))


def paused(project: Project, admin: Person) -> ImportBatch:
    """An import that somebody holds."""
    batch = received(project, admin, "γ")
    importing.pause(batch=batch, paused_by=admin)
    return batch


def cancelled(project: Project, admin: Person) -> ImportBatch:
    """An import that somebody ended."""
    batch = received(project, admin, "δ")
    importing.cancel(batch=batch, cancelled_by=admin)
    return batch
