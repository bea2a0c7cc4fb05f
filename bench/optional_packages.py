"""What needs packages that Accord does not install: reporters and Ray, tested in an environment of
its own with them.

TensorBoard, Weights & Biases, MLflow and Ray Train come from PyPI into a throw-away environment
beside Accord's own packages, which takes minutes; then their tests run there, none skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

from bench import throwaway
from bench.contract import progress, report

PACKAGES = ("tensorboard", "wandb", "mlflow", "ray[train]")
ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "reporter_tests_passed": "tests/training/trainers/loop/test_reporters.py",
    "ray_tests_passed": "tests/training/trainers/test_on_ray.py",
}


def main() -> None:
    """Install, run the tests of each part, and print one line per part."""
    with throwaway.folder() as made:
        python = _environment(made)
        for name, file in PARTS.items():
            progress(f"running {file}")
            began = time.monotonic()
            passed, skipped = _tested(python, file)
            detail = f"{skipped} skipped, {time.monotonic() - began:.0f} s"
            report(name, ours=passed, unit="tests", goal=None, detail=detail)


def _environment(folder: Path) -> Path:
    """The Python of an environment that has Accord's packages and the optional ones."""
    progress(f"installing {', '.join(PACKAGES)}; this takes some minutes")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    words = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    found = subprocess.run(words, check=True, capture_output=True, text=True)
    # pip then leaves alone what Accord's own packages already offer.
    own = sysconfig.get_path("purelib")
    Path(found.stdout.strip(), "accord.pth").write_text(f"{own}\n")
    pip = [str(python), "-m", "pip", "install", "-q", *PACKAGES]
    subprocess.run(pip, check=True, stdout=sys.stderr)
    return python


def _tested(python: Path, file: str) -> tuple[int, int]:
    """Tests that passed and that were skipped; any that failed ends the benchmark."""
    words = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", file]
    done = subprocess.run(words, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{file} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|skipped)", done.stdout)
    }
    return counts.get("passed", 0), counts.get("skipped", 0)
