"""`python -m tests.dependency_audit`: known weaknesses in the packages that the lock files name.

pip-audit asks PyPI's advisories. A machine without a way to them passes and says plainly that
nothing was checked: pip-audit itself calls that "no known vulnerabilities". So a package with a
well-known weakness is asked for first, and only an answer that names it counts as a way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from config.homes import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
KNOWN_TO_BE_WEAK = "jinja2==2.10"
SECONDS = 300


def audit(requirements: Path) -> list[dict[str, Any]] | None:
    """What pip-audit says of each package; None where it could not ask."""
    words = ["-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(
            [sys.executable, *words, "--progress-spinner", "off", "-r", str(requirements)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return list(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None


def weaknesses(said: list[dict[str, Any]]) -> list[str]:
    """One line for each weakness: package, version, its number, and what mends it."""
    return [
        f"{package['name']} {package['version']}: {found['id']}, mended in "
        f"{', '.join(found['fix_versions']) or 'no version yet'}"
        for package in said
        for found in package.get("vulns", [])
    ]


def has_a_way() -> bool:
    """Whether the advisories can be asked: they know a package that is known to be weak."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "requirements.txt"
        asked.write_text(KNOWN_TO_BE_WEAK + "\n")
        said = audit(asked)
    return bool(said and weaknesses(said))


def main() -> int:
    """Print what was found; 1 only where a package is known to be weak."""
    if not has_a_way():
        print("NOT CHECKED: this machine has no way to PyPI's advisories.")
        return 0
    found: list[str] = []
    for name in LOCKS:
        said = audit(ROOT / name)
        if said is None:
            print(f"NOT CHECKED: {name}; the advisories stopped answering.")
            continue
        skipped = [package["name"] for package in said if "skip_reason" in package]
        print(f"{name}: {len(said) - len(skipped)} packages checked, not known there: {skipped}")
        found += weaknesses(said)
    print("\n".join(found) or "No weakness is known.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
