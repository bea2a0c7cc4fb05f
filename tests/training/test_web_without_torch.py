"""The web process never loads the training libraries: they cost seconds and a gigabyte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_whole_web_application_imports_no_training_library() -> None:
    script = (
        "import sys, config.wsgi, config.urls\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'accelerate', 'datasets'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
