"""The tests that `./run test` leaves out because they take long: storms of `kill -9`, full disks,
several processes, every trainer stopped again and again.

Peer: none; the goal is that none fails.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from bench.contract import report

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run them and report how many failed; what they say goes to standard error."""
    began = time.monotonic()
    words = [sys.executable, "-m", "pytest", "-q", "--long", "-m", "long", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(done.stdout)
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    if not counts:
        raise SystemExit("The tests did not run.")
    report(
        "long_tests_failed",
        ours=counts.get("failed", 0) + counts.get("error", 0),
        unit="tests",
        goal="<= 0",
        higher_is_better=False,
        detail=f"{counts.get('passed', 0)} passed in {time.monotonic() - began:.0f} s",
    )


if __name__ == "__main__":
    main()
