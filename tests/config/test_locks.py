"""The lock files: exact, complete, of no one machine, and true of what is installed."""

import re
import tomllib
from importlib.metadata import version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.homes import ROOT


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    found = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in found}


def test_every_line_is_an_exact_version() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        for line in (ROOT / name).read_text().splitlines():
            assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.]+", line), line


def test_what_the_project_names_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = pins("requirements.lock")
    for text in project["dependencies"]:
        requirement = Requirement(text)
        found = locked.get(canonicalize_name(requirement.name), "none")
        assert found in requirement.specifier, text


def test_the_two_files_do_not_overlap() -> None:
    assert not pins("requirements.lock").keys() & pins("requirements-dev.lock").keys()


def test_what_is_locked_is_what_runs_here() -> None:
    locked = pins("requirements.lock") | pins("requirements-dev.lock")
    installed = {name: version(name).partition("+")[0] for name in locked}
    assert installed == locked
