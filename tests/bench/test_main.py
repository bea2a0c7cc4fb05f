"""The bench runner: what it lists, and what it says to a name it does not know."""

import subprocess
import sys
from pathlib import Path

from bench.__main__ import benchmarks
from config.homes import ROOT


def test_lists_files_with_a_main_by_their_first_line(tmp_path: Path) -> None:
    (tmp_path / "fast.py").write_text('"""How fast.\n\nMore."""\n\ndef main() -> None: ...\n')
    (tmp_path / "shared.py").write_text('"""No benchmark."""\n')
    assert benchmarks(tmp_path) == {"fast": "How fast."}


def test_unknown_name_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nothing"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "There is no benchmark `nothing`: ./run bench lists them.\n"
