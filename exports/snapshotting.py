"""Making snapshots: asked for here, built by a job, and never changed afterwards.

A build may be killed at any moment: what it froze at its beginning and the parts that it finished
are kept for the next one, which gives the same bytes. Only a whole directory and a row that says so
make a snapshot done.
"""

from __future__ import annotations

import logging
import shutil
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from procrastinate.contrib.django import app

from annotation.models import Task
from annotation.task_kinds.catalog import TASK_KINDS
from exports.batches import GoneError
from exports.collecting import Knowledge, Reading
from exports.dataset_dir import DatasetDirError, DatasetWriter
from exports.filters import Filters, FiltersError
from exports.frozen import Frozen
from exports.models import Snapshot
from exports.parts import PART_TASKS, Parts
from exports.splitting import Fractions, FractionsError
from exports.tables import Made, Wanted, made_in
from exports.tallying import Tally
from labelers import audit, erasing
from labelers.models import Person, Project

MOST_ATTEMPTS = 5
PROGRESS_SECONDS = 0.5
log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called now and then with tasks read and tasks in all."""


class NothingToExportError(Exception):
    """No record passes; the message says what is missing."""


@transaction.atomic
def request_snapshot(
    *,
    project: Project,
    created_by: Person | None,
    name: str,
    filters: Mapping[str, Any] | None = None,
    fractions: Mapping[str, Any] | None = None,
) -> Snapshot:
    """Write down what is wanted and let a worker build it.

    Raises:
        ValidationError: by field: ``name``, ``filters`` or ``fractions``.
    """
    errors: dict[str, str] = {}
    name = " ".join(str(name).split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        errors["name"] = "Give a name of 1 to 80 characters."
    elif project.snapshots.filter(name=name).exclude(state=Snapshot.State.FAILED).exists():
        errors["name"] = f"This project has a snapshot called {name}: choose another name."
    asked, shares = Filters(), Fractions()
    try:
        asked = Filters.from_mapping(filters or {})
    except FiltersError as error:
        errors["filters"] = str(error)
    try:
        shares = Fractions.from_mapping(fractions) if fractions else shares
    except FractionsError as error:
        errors["fractions"] = str(error)
    if errors:
        raise ValidationError(errors)
    try:
        with transaction.atomic():
            snapshot = Snapshot.objects.create(
                project=project,
                name=name,
                filters=asked.as_dict(),
                fractions=shares.as_dict(),
                created_by=created_by,
            )
    except IntegrityError as error:
        raise ValidationError(
            {"name": f"This project has a snapshot called {name}: choose another name."}
        ) from error
    audit.record(
        actor=created_by,
        action="snapshot.requested",
        project=project,
        subject=f"snapshot:{snapshot.uid}",
        name=name,
        filters=snapshot.filters,
        fractions=snapshot.fractions,
    )
    job = app.configure_task("exports.build_snapshot", queue="light")
    job.defer(snapshot_uid=str(snapshot.uid))
    return snapshot


def build_snapshot(*, snapshot_uid: UUID | str, on_progress: Progress | None = None) -> Snapshot:
    """Build a snapshot that is waiting, or that a killed build left; returns it as it then is.

    A snapshot that is done or failed, or that another process builds right now, is left alone. May
    not be called inside a transaction, or nobody would see its progress.

    Raises:
        OperationalError: the database went away; calling again continues.
        GoneError: somebody's data was erased meanwhile; calling again begins anew.
    """
    snapshot = Snapshot.objects.select_related("project", "created_by").get(uid=snapshot_uid)
    if not snapshot.is_working:
        return snapshot
    with Reading(snapshot.project, Filters.from_mapping(snapshot.filters)) as reading:
        if not reading.try_lock(f"snapshot {snapshot.uid}"):
            return snapshot
        snapshot.refresh_from_db()
        if not snapshot.is_working:
            return snapshot
        try:
            if snapshot.attempts >= MOST_ATTEMPTS:
                raise NothingToExportError(
                    f"It was broken off {MOST_ATTEMPTS} times: "
                    "see the log of the worker, then make a new snapshot."
                )
            _build(snapshot, reading, on_progress)
        except (DatasetDirError, NothingToExportError) as error:
            _fail(snapshot, str(error))
        except (OperationalError, GoneError):
            # The row still waits: the next round begins anew, or continues.
            raise
        except Exception as error:
            log.exception("building snapshot %s", snapshot.uid)
            _fail(snapshot, f"An unexpected error ({error!r}): see the log of the worker.")
            raise
    return snapshot


def build_waiting() -> int:
    """Build every snapshot that no process is building; how many it took up."""
    waiting = Snapshot.objects.filter(state__in=[Snapshot.State.QUEUED, Snapshot.State.RUNNING])
    uids = list(waiting.order_by("id").values_list("uid", flat=True))
    for uid in uids:
        build_snapshot(snapshot_uid=uid)
    return len(uids)


def _build(snapshot: Snapshot, reading: Reading, on_progress: Progress | None) -> None:
    parts = Parts(snapshot.path)
    Snapshot.objects.filter(pk=snapshot.pk).update(
        state=Snapshot.State.RUNNING, attempts=F("attempts") + 1, rows_done=0
    )
    about = _about(snapshot)
    begun = parts.resume(about)
    if begun is None or begun[0].in_turns:
        frozen, known = reading.freeze(), reading.knowledge()
        parts.begin(about, frozen, known.as_dict())
    else:
        frozen, known = begun[0], Knowledge.from_dict(begun[1])
    total = len(frozen.tasks())
    Snapshot.objects.filter(pk=snapshot.pk).update(rows_total=total)
    if not total:
        raise NothingToExportError(_what_is_missing(snapshot.project))
    progress = _Telling(snapshot, total, on_progress)
    try:
        tally, count = _make_parts(parts, frozen, known, reading, snapshot, progress)
    except GoneError:
        parts.remove()
        raise
    if not tally.used:
        raise NothingToExportError(tally.why_empty())
    # A build killed between the rename and the row left a whole directory that nobody was shown.
    shutil.rmtree(snapshot.path, ignore_errors=True)
    with DatasetWriter(
        snapshot.path,
        project=snapshot.project.slug,
        filters=snapshot.filters,
        fractions=Fractions.from_mapping(snapshot.fractions),
    ) as writer:
        parts.assemble(count, writer)
        manifest = writer.publish(
            name=snapshot.name,
            uid=str(snapshot.uid),
            created_at=snapshot.created_at.isoformat(),
            guideline_versions=sorted(tally.guideline_versions),
            code_version=_code_version(),
            consensus=dict(known.about),
        )
    _finish(snapshot, tally, manifest, erasures=about["erasures"])
    parts.remove()


def _about(snapshot: Snapshot) -> dict[str, Any]:
    """What must be the same for the parts of a killed build to be of use."""
    return {
        "project": snapshot.project.slug,
        "filters": snapshot.filters,
        "fractions": snapshot.fractions,
        "code_version": _code_version(),
        "part_tasks": PART_TASKS,
        "erasures": erasing.done_so_far(),
    }


class _Telling:
    """Writes down now and then how far a build is."""

    def __init__(self, snapshot: Snapshot, total: int, on_progress: Progress | None) -> None:
        self._snapshot, self._total, self._on_progress = snapshot, total, on_progress
        self._told = time.monotonic()
        self.done = 0

    def add(self, tasks: int) -> None:
        """So many tasks more are done."""
        self.done += tasks
        if time.monotonic() - self._told >= PROGRESS_SECONDS or self.done == self._total:
            self._told = time.monotonic()
            Snapshot.objects.filter(pk=self._snapshot.pk).update(rows_done=self.done)
            if self._on_progress:
                self._on_progress(self.done, self._total)


def _make_parts(
    parts: Parts,
    frozen: Frozen,
    known: Knowledge,
    reading: Reading,
    snapshot: Snapshot,
    progress: _Telling,
) -> tuple[Tally, int]:
    """Write the parts that are not there yet; what all of them count, and how many they are."""
    tally, count = Tally(), 0
    wanted = Wanted(
        snapshot.project.slug,
        Filters.from_mapping(snapshot.filters),
        Fractions.from_mapping(snapshot.fractions),
    )
    for count, part in enumerate(frozen.in_parts(PART_TASKS), 1):
        found = parts.kept(count - 1)
        if found is not None:
            progress.add(found.tasks)
        else:
            made = _made(reading, part, known, wanted, progress)
            found = parts.write(count - 1, made)
        tally.add_other(found.state())
    return tally, count


def _made(
    reading: Reading, part: Frozen, known: Knowledge, wanted: Wanted, progress: _Telling
) -> Iterator[Made]:
    for made in made_in(reading, part, known, wanted):
        yield made
        progress.add(made.tally.tasks)


@transaction.atomic
def _finish(
    snapshot: Snapshot, tally: Tally, manifest: Mapping[str, Any], *, erasures: int
) -> None:
    erasing.wait_for_erasures()
    if erasing.done_so_far() != erasures:
        shutil.rmtree(snapshot.path, ignore_errors=True)
        raise GoneError("Somebody's data was erased meanwhile.")
    snapshot.refresh_from_db()
    snapshot.state = Snapshot.State.DONE
    snapshot.rows_done = tally.tasks
    snapshot.counts = {**tally.as_dict(), "splits": manifest["counts"]}
    snapshot.digest = manifest["digest"]
    snapshot.folder = f"snapshots/{snapshot.uid}"
    snapshot.finished_at = timezone.now()
    snapshot.save()
    audit.record(
        actor=snapshot.created_by,
        action="snapshot.done",
        project=snapshot.project,
        subject=f"snapshot:{snapshot.uid}",
        digest=snapshot.digest,
        records=snapshot.counts["records"],
    )


@transaction.atomic
def _fail(snapshot: Snapshot, sentence: str) -> None:
    Parts(snapshot.path).remove()
    snapshot.refresh_from_db()
    snapshot.state = Snapshot.State.FAILED
    snapshot.error = sentence
    snapshot.finished_at = timezone.now()
    snapshot.save()
    audit.record(
        actor=snapshot.created_by,
        action="snapshot.failed",
        project=snapshot.project,
        subject=f"snapshot:{snapshot.uid}",
        error=sentence,
    )


def _code_version() -> str:
    with open(Path(settings.BASE_DIR) / "pyproject.toml", "rb") as handle:
        return str(tomllib.load(handle)["project"]["version"])


def _what_is_missing(project: Project) -> str:
    tasks = Task.objects.filter(Q(is_gold=False) | Q(counted__gt=0), project=project)
    if not tasks.exists():
        if TASK_KINDS[project.settings.kind].max_responses == 0:
            return "The project has no tasks yet: import prompts first."
        return "The project has no tasks yet: import prompts with responses first."
    if not tasks.filter(judgments__is_current=True).exists():
        return "Nothing has been labeled in this project yet: collect judgments first."
    return "No label passes the filters on time, language, tags and source: loosen them."
