"""Thousands of made-up requests against the API's own description: violations and failures.

The walk of tests/test_api_cases.py, longer: every operation of /api/schema/, as an admin of a house
with something in every room, with valid and with broken requests; `CASES` may be named as argument.
Peer: none; the goal is 0.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.contract import progress, report
from bench.throwaway import folder

CASES = 10_000
WALK = "tests/test_api_cases.py"
ROOT = Path(__file__).resolve().parent.parent


def walked(cases: int) -> dict[str, object]:
    """The summary of a walk; what it found goes to standard error.

    Raises:
        RuntimeError: it could not be walked to the end.
    """
    with folder() as made:
        summary = made / "summary.json"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", WALK, "-q", "-x", "-p", "no:cacheprovider"],
            cwd=ROOT,
            env={
                **os.environ,
                "ACCORD_API_CASES": str(cases),
                "ACCORD_API_SUMMARY": str(summary),
                # The walk is about answers, not about who sends how many.
                "ACCORD_REQUESTS_OF_PERSON": "0",
            },
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            progress(done.stdout)
        if not summary.exists():
            raise RuntimeError("The walk did not reach its end.")
        found: dict[str, object] = json.loads(summary.read_text())
        return found


def main() -> None:
    """Walk, and print what was found by number of violations and of failures."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else CASES
    progress(f"sending {cases} requests")
    found = walked(cases)
    detail = ", ".join(f"{name} {found[name]}" for name in ("cases", "endpoints", "statuses"))
    for name in ("violations", "failures"):
        report(
            f"api_{name}",
            ours=float(str(found[name])),
            unit=name,
            goal="<= 0",
            higher_is_better=False,
            detail=detail,
        )


if __name__ == "__main__":
    main()
