"""A disk that fills up under a working Accord, its database on it: told, nothing lost, back alone.

The whole home lies on a disk of its own, which a file then fills to the last byte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bench.fault_load import LoadOfLabelers, broken_promises
from bench.fault_site import Site, import_pairs, import_state, make_site, wait_for, write_pairs
from bench.throwaway import password_of
from config.supervising import Supervisor
from tests.faults.disks import fill, small_disk

pytestmark = pytest.mark.long

MEGABYTES = 400


@pytest.fixture(scope="module")
def cramped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """An Accord on a small disk, and where that is."""
    place = tmp_path_factory.mktemp("disk") / "small"
    said: list[str] = []
    patched = pytest.MonkeyPatch()
    patched.setenv("ACCORD_DISK_RESERVE_MB", "20")
    try:
        with small_disk(place, megabytes=MEGABYTES):
            home = place / "home"
            with Supervisor(home, database_url="", samples=False, say=said.append) as supervisor:
                password = password_of("admin", said)
                yield make_site(supervisor, password, tasks=200, people=2), place
    except PermissionError as error:
        pytest.skip(f"a disk of one's own cannot be mounted here: {error}")
    finally:
        patched.undo()


def test_a_full_disk_is_told_and_nothing_is_lost(cramped: tuple[Site, Path], tmp_path: Path):
    site, place = cramped
    with LoadOfLabelers(site.labelers, site.slug) as load:
        load.wait_for(10)
        ballast = fill(place)
        rows = write_pairs(tmp_path / "more.jsonl", 50_000, start=1000)
        with rows.open("rb") as file:
            refused = requests.post(
                f"{site.admin.address}/api/v1/projects/{site.slug}/imports/",
                data={"format": "accord"},
                files={"file": ("more.jsonl", file)},
                headers={"X-CSRFToken": site.admin.session.cookies.get("csrftoken") or ""},
                cookies=site.admin.session.cookies.get_dict(),
                timeout=60,
            )
        assert refused.status_code in (503, 507), refused.text
        assert refused.headers["Retry-After"]
        assert refused.json()["detail"]
        ready = requests.get(f"{site.admin.address}/readyz", timeout=20)
        assert ready.status_code == 503
        assert not ready.json()["checks"]["disk"]["ok"]
        # Write-ahead log fills what PostgreSQL has set aside, and then even that is over.
        ballast_of_log = fill(place)
        assert ballast_of_log == ballast
        os.unlink(ballast)
        site.wait_until_alive(90)
        load.wait_for(10)
    assert load.errors() == []
    assert "500" not in load.ledger.answers, load.ledger.answers
    found = broken_promises(load.ledger, site.conninfo)
    assert set(found.as_dict().values()) == {0}, found
    kept = [path for path in (site.supervisor.home / "imports").iterdir() if any(path.iterdir())]
    assert len(kept) == len(site.rows("SELECT 1 FROM annotation_importbatch"))


def test_with_room_again_everything_goes_on(cramped: tuple[Site, Path], tmp_path: Path):
    site, _ = cramped
    batch = import_pairs(site.admin, site.slug, tmp_path / "rest.jsonl", 100, start=500)
    wait_for(lambda: import_state(site.admin, site.slug, batch) == "done")


def test_a_database_that_finds_no_room_to_start_comes_back_when_there_is(
    cramped: tuple[Site, Path],
):
    """Killed with the disk full: recovery itself cannot write, and must be tried again."""
    site, place = cramped
    with LoadOfLabelers(site.labelers, site.slug) as load:
        load.wait_for(5)
        ballast = fill(place)
        site.kill("database")
        answer = requests.get(f"{site.admin.address}/healthz", timeout=20)
        assert answer.status_code == 200
        fill(place)
        os.unlink(ballast)
        site.wait_until_alive(90)
        load.wait_for(5)
    assert load.errors() == []
    found = broken_promises(load.ledger, site.conninfo)
    assert set(found.as_dict().values()) == {0}, found
