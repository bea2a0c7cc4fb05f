"""`./run test`: everything that CI runs; the arguments go to pytest.

Style, format, types, missing migrations, known weaknesses of packages; then, when another
PostgreSQL's programs are on this machine, the tests that reach the database over that one; then all
tests over the embedded PostgreSQL, or over DATABASE_URL where it is set. A whole run has several
processes, each with a database of its own, which take the files of tests from one heap.
"""

import os
import subprocess
import sys
import time

from config.database import given_url
from config.homes import ROOT, CannotStart
from tests import throwaway
from tests.second_postgres import programs_on_this_machine, running_server

_PYTHON = [sys.executable]
_CHECKS = {
    "style": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "known weaknesses of packages": ["-m", "tests.dependency_audit"],
}
_NO_TESTS = 5
# One more than there are processors: tests that drive a browser or another process mostly wait.
_PROCESSES = str((os.cpu_count() or 1) + 1)
_SEVERAL = ["-q", "-n", _PROCESSES, "--dist", "loadfile", "--no-loadscope-reorder"]


def _passes(what: str, words: list[str], **environ: str) -> bool:
    print(f"\n--- {what}", flush=True)
    began = time.monotonic()
    done = subprocess.run([*_PYTHON, *words], cwd=ROOT, env={**os.environ, **environ}, check=False)
    print(f"--- {what}: {time.monotonic() - began:.0f} s", flush=True)
    # Arguments that pick tests may pick none of those that reach the database.
    return done.returncode in (0, _NO_TESTS) if "second" in what else done.returncode == 0


def main(words: list[str]) -> int:
    """Run it all and return 0 when everything passed."""
    own_server = not given_url()
    throwaway.provide()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # more processes than processors
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    failed = [what for what, check in _CHECKS.items() if not _passes(what, check)]
    del os.environ["DJANGO_SETTINGS_MODULE"]
    failed += _tests(words or _SEVERAL, own_server)
    throwaway.remove()
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _tests(words: list[str], own_server: bool) -> list[str]:
    """Run the tests that `words` pick; returns what failed."""
    failed = []
    programs = programs_on_this_machine() if own_server else None
    if programs is not None:
        what = f"database tests on a second PostgreSQL ({programs})"
        pytest = ["-m", "pytest", "-p", "tests.second_postgres", *words]
        with running_server(programs) as url:
            if not _passes(what, pytest, DATABASE_URL=url):
                failed.append(what)
    elif own_server:
        print("\n--- no second PostgreSQL (15 or later) is on this machine")
    if not _passes("tests", ["-m", "pytest", *words]):
        failed.append("tests")
    return failed


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as error:
        sys.exit(str(error))
