"""`./run` itself: its help, its bad cases, and a syntax that an old Python can still read."""

import ast
import subprocess
import sys

from config.homes import ROOT

RUN = ROOT / "run"


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, str(RUN), *words], capture_output=True, text=True)


def test_python_3_6_can_read_it() -> None:
    ast.parse(RUN.read_text(), feature_version=(3, 6))


def test_an_old_python_without_a_newer_one_is_one_sentence() -> None:
    program = (
        "import sys, os, runpy; os.environ['PATH'] = '/nowhere'; sys.version_info = (3, 8, 1)\n"
        f"sys.argv = ['run']; runpy.run_path({str(RUN)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Accord needs Python 3.11 or later and this is 3.8: install")
    assert done.stderr.count("\n") == 1


def test_help_explains_commands_and_environment() -> None:
    said = run("--help").stdout
    for word in ("demo", "manage", "test", "bench", "HOST", "PORT", "DATABASE_URL", "ACCORD_HOME"):
        assert word in said
    assert max(map(len, said.splitlines())) <= 100


def test_an_unknown_command_is_one_sentence() -> None:
    done = run("serv")
    assert done.returncode == 1
    assert done.stderr == "There is no command `serv`: see ./run --help.\n"
