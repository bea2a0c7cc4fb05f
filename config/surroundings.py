"""The environment that every process of Accord gets, whoever starts it."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from config.homes import ROOT

_STACK_BYTES = 8 * 1024 * 1024
"""What a thread of an ordinary process has."""


def environment(*, home: Path, url: str, host: str, port: int) -> dict[str, str]:
    """Variables for processes over this home and database; a `url` of "" is the embedded server."""
    environ = {**os.environ, "ACCORD_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"}
    environ |= {"DATABASE_URL": url, "HOST": host, "PORT": str(port)}
    # What it holds is in `url`; or the embedded server is meant in spite of it.
    environ.pop("DATABASE_URL_FILE", None)
    environ |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environ |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(counting_folder(home)))
    # granian's threads have 2 MB by themselves, which linear algebra in a page can overrun;
    # that would end the whole web server.
    return environ | {"RUST_MIN_STACK": str(_STACK_BYTES)}


def counting_folder(home: Path, *, fresh: bool = False) -> Path:
    """Where the web processes of this machine count together; `fresh` forgets former ones.

    In memory where that can be had: the counts are mapped files, and writing into one on a disk
    that has become full would end the process.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, for this user alone
    place = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    folder = place / f"accord-{os.geteuid()}-{name}"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def forget_counts(home: Path) -> None:
    """Remove the folder, when nothing of this home runs any more."""
    shutil.rmtree(counting_folder(home), ignore_errors=True)
