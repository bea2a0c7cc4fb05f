"""Environments beside Accord's own packages, for what Accord does not install or not so old."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

from bench.contract import progress


def beside_accord(folder: Path, packages: Sequence[str]) -> Path:
    """Install packages from PyPI into a new environment in ``folder``; its Python.

    It sees Accord's packages too, which pip leaves alone; what is installed here goes before them.
    """
    progress(f"installing {', '.join(packages)}; this takes some minutes")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    words = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    found = subprocess.run(words, check=True, capture_output=True, text=True)
    own = sysconfig.get_path("purelib")
    Path(found.stdout.strip(), "accord.pth").write_text(f"{own}\n")
    pip = [str(python), "-m", "pip", "install", "-q", *packages]
    subprocess.run(pip, check=True, stdout=sys.stderr)
    return python
