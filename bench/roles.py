"""Who may do what: every address asked for by everybody, as a table; figures: requests, wrong ones.

`./run bench roles` prints the table on standard error; `--json FILE` writes every status that was
answered. The questions and what is expected are those of tests/security.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.contract import report

ROOT = Path(__file__).resolve().parent.parent
TEST = "tests/security/test_roles.py::test_everybody_is_let_in_where_they_may_and_nowhere_else"


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(prog="./run bench roles", description=__doc__)
    parser.add_argument("--json", type=Path, help="a file for every status")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "roles.json"
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST],
            cwd=ROOT,
            env={**os.environ, "ACCORD_ROLES_TO": str(to)},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        seconds = time.monotonic() - began
        if not to.exists():
            sys.exit(f"Nothing was asked: run .venv/bin/python -m pytest {TEST}")
        asked = json.loads(to.read_text())
    if options.json:
        options.json.write_text(json.dumps(asked, indent=1))
    print(table(asked), file=sys.stderr)
    requests = sum(len(each["statuses"]) for each in asked)
    wrong = [each["wrong"] for each in asked if each["wrong"]]
    report(
        "role_requests",
        ours=requests,
        unit="requests",
        goal=None,
        detail=f"{len({each['route'] for each in asked})} addresses in {seconds:.0f} s",
    )
    report(
        "role_wrong",
        ours=len(wrong),
        unit="answers",
        goal=0,
        higher_is_better=False,
        detail="; ".join(wrong),
    )


def table(asked: list[dict[str, Any]]) -> str:
    """One line per address and method, one column per actor: + let in, . refused, ! failed."""
    actors = list(dict.fromkeys(actor for each in asked for actor in each["statuses"]))
    width = max(len(each["route"]) for each in asked) + 10
    lines = [" " * width + " ".join(actors)]
    for each in asked:
        marks = " ".join(f"{_mark(each['statuses'].get(actor)):^{len(actor)}}" for actor in actors)
        line = f"{each['method']:7} /{each['route']}"
        lines.append(f"{line:{width}}{marks}{'  WRONG ' if each['wrong'] else ''}")
    return "\n".join(lines)


def _mark(status: int | None) -> str:
    if status is None:
        return " "
    if status >= 500:
        return "!"
    return "." if status in {401, 403, 404, 405} else "+"


if __name__ == "__main__":
    main()
