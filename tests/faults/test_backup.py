"""A backup made while labelers work, put back into an empty home: all is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import requests

from bench.fault_load import LoadOfLabelers
from bench.fault_site import Site, wait_for
from config.embedded_postgres import EmbeddedPostgres
from config.homes import ROOT
from config.supervising import Supervisor
from exports.dataset_dir import verify


def manage(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.supervising", "manage", *words],
        cwd=ROOT,
        env=os.environ | {"ACCORD_HOME": str(home), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def backup(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was made in the middle of work, with a snapshot in it."""
    target = tmp_path_factory.mktemp("kept") / "accord.tar"
    with LoadOfLabelers(site.labelers, site.slug) as load:
        load.wait_for(20)
        uid = site.admin.post(f"projects/{site.slug}/snapshots/", {"name": "kept"})["uid"]
        wait_for(lambda: site.admin.get(f"snapshots/{uid}/")["state"] == "done")
        done = manage(site.supervisor.home, "backup", str(target))
        load.wait_for(5)
    assert done.returncode == 0, done.stderr
    assert load.errors() == []
    return target


def test_a_backup_is_whole_and_private(backup: Path):
    assert backup.stat().st_mode & 0o077 == 0
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]


def test_an_accord_that_runs_is_not_restored_into(site: Site, backup: Path):
    refused = manage(site.supervisor.home, "restore", str(backup), "--replace")
    assert refused.returncode == 1
    assert "Accord runs in" in refused.stderr
    assert site.is_ready()


def test_a_damaged_backup_changes_nothing(backup: Path, tmp_path: Path):
    damaged = bytearray(backup.read_bytes())
    damaged[len(damaged) // 3] ^= 1
    broken = tmp_path / "broken.tar"
    broken.write_bytes(damaged)
    refused = manage(tmp_path / "home", "restore", str(broken))
    assert refused.returncode == 1
    assert "take another backup" in refused.stderr
    assert not (tmp_path / "home" / "snapshots").exists()


def test_it_comes_back_with_every_row_file_and_session(site: Site, backup: Path, tmp_path: Path):
    home = tmp_path / "home"
    done = manage(home, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert "Restored." in done.stdout
    manifest = _manifest(backup)
    refused = manage(home, "restore", str(backup))
    assert refused.returncode == 1
    assert "restore into an empty home, or say --replace" in refused.stderr
    with Supervisor(home, database_url="") as restored:
        with psycopg.connect(restored.database.conninfo()) as connection:
            for table in ("annotation_judgment", "annotation_task", "labelers_person"):
                row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
                assert row == (manifest["rows"][table],)
            assert manifest["rows"]["annotation_judgment"] >= 20
            digests = dict(
                connection.execute(
                    "SELECT uid::text, digest FROM exports_snapshot WHERE state = 'done'"
                ).fetchall()
            )
        assert digests == manifest["snapshots"] != {}
        for uid in digests:
            assert verify(home / "snapshots" / uid) == []
        # Whoever was signed in still is: sessions and the secret key came along.
        page = requests.get(
            f"{restored.address}/projects/{site.slug}/",
            cookies=site.admin.session.cookies.get_dict(),
            timeout=60,
        )
        assert page.status_code == 200
        assert "Faults" in page.text
    assert EmbeddedPostgres(home).acquire()


def _manifest(backup: Path) -> dict[str, dict[str, int]]:
    listed = subprocess.run(
        ["tar", "-xOf", str(backup), "manifest.json"], capture_output=True, check=True
    )
    found: dict[str, dict[str, int]] = json.loads(listed.stdout)
    return found
