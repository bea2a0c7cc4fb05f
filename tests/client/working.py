"""The work of the background, for tests with a real server and no worker."""

from __future__ import annotations

import threading

from django.db import connection

from annotation import importing
from annotation.models import ImportBatch
from exports import snapshotting


def work() -> None:
    """Read what was sent in, and make the snapshots that were asked for."""
    for uid in ImportBatch.objects.filter(state="queued").values_list("uid", flat=True):
        importing.run_import(uid=str(uid))
    snapshotting.build_waiting()


def work_until(over: threading.Event) -> None:
    """Do so until somebody says that it is enough."""
    try:
        while not over.wait(0.05):
            work()
    finally:
        connection.close()
