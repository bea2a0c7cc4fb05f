"""Taking a snapshot out of use: withdrawn, replaced by one of the same filters, its files deleted.

What is frozen never changes; what is said about it may, and its files may go.
"""

from __future__ import annotations

import shutil

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from exports import snapshotting
from exports.models import Snapshot
from labelers import audit
from labelers.models import Person


@transaction.atomic
def freeze_again(*, snapshot: Snapshot, asked_by: Person | None, name: str = "") -> Snapshot:
    """Make a snapshot with the filters of `snapshot` from what is there now, and withdraw the old.

    Raises:
        ValidationError: `snapshot` is not done, was replaced already, or the name is taken.
    """
    snapshot = Snapshot.objects.select_for_update().get(pk=snapshot.pk)
    if snapshot.state != Snapshot.State.DONE:
        raise ValidationError({"snapshot": "Only a snapshot that is ready can be made again."})
    if snapshot.superseded_by_id is not None:
        raise ValidationError({"snapshot": "It was made again already: look at its successor."})
    made = snapshotting.request_snapshot(
        project=snapshot.project,
        created_by=asked_by,
        name=name or _next_name(snapshot),
        filters=snapshot.filters,
        fractions=snapshot.fractions,
    )
    snapshot.superseded_by = made
    snapshot.withdrawn_at = snapshot.withdrawn_at or timezone.now()
    snapshot.save(update_fields=["superseded_by", "withdrawn_at"])
    audit.record(
        actor=asked_by,
        action="snapshot.superseded",
        project=snapshot.project,
        subject=f"snapshot:{snapshot.uid}",
        by=str(made.uid),
    )
    return made


@transaction.atomic
def delete_files(*, snapshot: Snapshot, asked_by: Person | None, confirmed_name: str) -> None:
    """Delete the files of a withdrawn snapshot; its row, counts and hash stay.

    Raises:
        ValidationError: it is not withdrawn, or `confirmed_name` is not its name.
    """
    snapshot = Snapshot.objects.select_for_update().get(pk=snapshot.pk)
    if snapshot.withdrawn_at is None:
        raise ValidationError({"snapshot": "Make it again first: only then may its files go."})
    if confirmed_name != snapshot.name:
        raise ValidationError({"name": "Write the name of the snapshot to confirm."})
    if snapshot.files_deleted_at is not None:
        return
    snapshot.files_deleted_at = timezone.now()
    snapshot.save(update_fields=["files_deleted_at"])
    audit.record(
        actor=asked_by,
        action="snapshot.files_deleted",
        project=snapshot.project,
        subject=f"snapshot:{snapshot.uid}",
        digest=snapshot.digest,
    )
    path = snapshot.path
    transaction.on_commit(lambda: shutil.rmtree(path, ignore_errors=True))


def _next_name(snapshot: Snapshot) -> str:
    """The name with the next number behind it."""
    taken = set(snapshot.project.snapshots.values_list("name", flat=True))
    stem = snapshot.name[:74]
    return next(name for n in range(2, 10_000) if (name := f"{stem} ({n})") not in taken)
