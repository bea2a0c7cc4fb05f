"""`./run manage` with nothing running: the database runs for the commands."""

import os
import subprocess
import sys
import time
from pathlib import Path

from config.homes import ROOT

SHOW = ["shell", "--verbosity=0", "-c"]
QUERY = "from django.db import connection; connection.ensure_connection(); "


def manage(home: Path, code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "config.supervising", "manage", *SHOW, QUERY + code],
        cwd=ROOT,
        env=os.environ | {"ACCORD_HOME": str(home), "DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_commands_share_a_database_that_ends_with_the_last(tmp_path: Path) -> None:
    home, marker = tmp_path / "home", tmp_path / "marker"
    first = manage(home, f"open({str(marker)!r}, 'w'); import time; time.sleep(2); print('one')")
    while not marker.exists() and first.poll() is None:
        time.sleep(0.05)
    marker.unlink()
    second = manage(
        home,
        f"open({str(marker)!r}, 'w'); import time; time.sleep(4);"
        " connection.cursor().execute('select 1'); print('two')",
    )
    said, errors = second.communicate(timeout=60)
    assert (said, second.returncode) == ("two\n", 0), errors
    said, errors = first.communicate(timeout=60)
    assert (said, first.returncode) == ("one\n", 0), errors
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()


def test_the_commands_own_status_comes_back(tmp_path: Path) -> None:
    process = manage(tmp_path / "home", "raise SystemExit(7)")
    process.communicate(timeout=60)
    assert process.returncode == 7
