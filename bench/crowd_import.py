"""The real import of judgments by a real crowd, into a throw-away Accord: how fast, how large."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import crowd_files, throwaway
from bench.contract import progress, report
from config.embedded_postgres import EmbeddedPostgres
from config.homes import make_home


def imported(folder: Path) -> None:
    """The real import of all judgments into a throw-away Accord."""
    with a_home() as home:
        from annotation import configuring, importing
        from annotation.models import Judgment
        from labelers.models import Person

        file = home / "judgments.jsonl.gz"
        rows = crowd_files.write_rows(crowd_files.argument_rows(folder), file)
        progress(f"importing {rows} judgments")
        project = configuring.create_project(
            created_by=Person.objects.create(username="admin"),
            name="Arguments",
            slug="arguments",
            kind="pairwise",
        )
        with file.open("rb") as opened:
            batch = importing.receive_file(
                project=project,
                file=opened,
                file_name=file.name,
                format="judgments",
                created_by=None,
                in_background=False,
            )
        before = peak_mb()
        began, busy = time.perf_counter(), time.process_time()
        batch = importing.run_import(uid=str(batch.uid))
        seconds = time.perf_counter() - began
        busy = time.process_time() - busy
        labelers = Judgment.objects.values("imported_labeler").distinct().count()
        counts = ", ".join(f"{count} {name}" for name, count in batch.counts.items() if count)
    report(
        "import_judgments_per_second",
        ours=round(rows / seconds),
        unit="rows/s",
        goal=None,
        detail=f"{rows} rows, {labelers} labelers, checked and written in {seconds:.1f} s "
        f"({busy:.1f} s of this process's own work); "
        f"{counts}",
    )
    report(
        "import_judgments_memory_mb",
        ours=round(peak_mb() - before, 1),
        unit="MB",
        goal=None,
        higher_is_better=False,
        detail=f"growth of the peak while importing, from {before:.0f} MB",
    )


@contextmanager
def a_home(*, durable: bool = False) -> Iterator[Path]:
    """A throw-away home with a database of its own and Django set up for it."""
    with throwaway.folder() as top:
        home = top / "home"
        make_home(home)
        server = EmbeddedPostgres(home, durable=durable)
        try:
            server.start()
            os.environ |= {
                "ACCORD_HOME": str(home),
                "DATABASE_URL": server.conninfo(),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            yield home
        finally:
            server.stop(at_once=True)


def peak_mb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
