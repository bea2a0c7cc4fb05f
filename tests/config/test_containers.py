"""compose.yaml, the Dockerfile and docs/running.md say what the code does.

There is no container engine here: files are read and held against programs and settings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.homes import ROOT
from config.programs import programs

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCUMENT = (ROOT / "docs" / "running.md").read_text()
READS = re.compile(
    r"""(?:environ(?:\.get)?[(\[]|environ\.setdefault\(|secret\(|_list\()\s*["']([A-Z][A-Z_]+)["']"""
)
INNER = {
    *("ACCORD_PROCESS", "DJANGO_SETTINGS_MODULE", "HF_HUB_DISABLE_TELEMETRY", "GOMP_SPINCOUNT"),
    *("PATH", "PYTHONPATH", "CONTENT_LENGTH", "REMOTE_ADDR"),
}
"""What Accord's processes tell each other, and a request its application."""
THEIRS = re.compile(
    r"WANDB_|MLFLOW_|RAY_|(LOCAL_|GROUP_)?RANK$|(LOCAL_)?WORLD_SIZE$|MASTER_|ACCELERATE_"
)
"""What launchers of several processes and reporters set by their own documents."""


def variables_read() -> set[str]:
    files = [ROOT / "run"]
    for app in ("config", "labelers", "annotation", "exports", "training"):
        files += (ROOT / app).rglob("*.py")
    found = {name for file in files for name in READS.findall(file.read_text())}
    return {name for name in found - INNER if not THEIRS.match(name)}


def variables_documented() -> set[str]:
    table = DOCUMENT.partition("## Environment")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def services() -> dict[str, Any]:
    return {name: each for name, each in COMPOSE["services"].items() if name != "database"}


def test_every_variable_is_documented_and_no_other():
    assert variables_read() == variables_documented()


def test_containers_set_only_variables_that_are_read():
    known = variables_read()
    for name, service in services().items():
        for variable in service["environment"]:
            assert variable.removesuffix("_FILE") in known, f"{name}: {variable}"


def test_every_program_has_a_service_and_every_service_a_program():
    known = set(programs("0.0.0.0", 8000))
    said = {tuple(service["command"]) for service in services().values()}
    assert said == {
        ("prepare",),
        ("web",),
        *(("worker", name) for name in known if name != "web"),
    }


def test_secrets_come_as_files_and_are_declared():
    for name, service in COMPOSE["services"].items():
        for variable, value in service["environment"].items():
            if str(value).startswith("/run/secrets/"):
                assert variable.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"], name
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    assert "secrets" in (ROOT / ".dockerignore").read_text().split()


def test_services_wait_for_what_they_need_and_tell_their_health():
    for name, service in services().items():
        waits = {"database"} if name == "prepare" else {"prepare"}
        assert set(service["depends_on"]) == waits
        if name != "prepare":
            assert service["healthcheck"]["test"][:3] == ["CMD", "python", "-m"]
            module = service["healthcheck"]["test"][3].replace(".", "/")
            assert (ROOT / f"{module}.py").exists()
    for name, service in COMPOSE["services"].items():
        named = [place.split(":")[0] for place in service["volumes"]]
        assert set(named) <= set(COMPOSE["volumes"]), name


def test_the_image_holds_what_its_commands_need():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:]]
    for word in copied:
        assert word.startswith("--") or (ROOT / word).exists() or word == "./"
    assert 'ENTRYPOINT ["python", "-m", "config.supervising"]' in lines
    assert "USER accord" in lines


@pytest.mark.parametrize("path", re.findall(r"`/(\w+)` \|", DOCUMENT))
def test_addresses_of_the_guide_exist(path):
    from django.urls import resolve

    assert resolve(f"/{path}").url_name == path


def test_alarms_name_figures_that_are_told():
    from config.operations import exposing, measuring

    told = {name for name, *_ in exposing.FIGURES} | {
        "accord_database_up",
        "accord_home_free_bytes",
    }
    for family in measuring.registry.collect():
        told |= {family.name, f"{family.name}_total", f"{family.name}_bucket"}
    rules = DOCUMENT.partition("groups:")[2].partition("```")[0]
    parsed = yaml.safe_load(f"groups:{rules}")
    for rule in parsed["groups"][0]["rules"]:
        named = set(re.findall(r"accord_\w+", rule["expr"]))
        assert named <= told, rule["alert"]


def test_commands_of_the_guide_are_those_of_run():
    known = set(re.findall(r'^    "(\w+)": \(\[', Path(ROOT / "run").read_text(), re.MULTILINE))
    assert set(re.findall(r"\./run ([a-z]+)", DOCUMENT)) <= known
