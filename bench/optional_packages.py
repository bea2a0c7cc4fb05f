"""What needs packages that Accord does not install: reporters and Ray, tested in an environment of
its own with them.

TensorBoard, Weights & Biases, MLflow and Ray Train come from PyPI into a throw-away environment
beside Accord's own packages, which takes minutes; then their tests run there, none skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from bench import throwaway
from bench.contract import progress, report
from bench.environments import beside_accord

PACKAGES = ("tensorboard", "wandb", "mlflow", "ray[train]")
ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "reporter_tests_passed": "tests/training/trainers/loop/test_reporters.py",
    "ray_tests_passed": "tests/training/trainers/test_on_ray.py",
}


def main() -> None:
    """Install, run the tests of each part, and print one line per part."""
    with throwaway.folder() as made:
        python = beside_accord(made, PACKAGES)
        for name, file in PARTS.items():
            progress(f"running {file}")
            began = time.monotonic()
            passed, skipped = _tested(python, file)
            detail = f"{skipped} skipped, {time.monotonic() - began:.0f} s"
            report(name, ours=passed, unit="tests", goal=None, detail=detail)


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
