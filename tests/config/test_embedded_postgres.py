"""The embedded server: made once, private, and unharmed by kill -9 of itself and of its parent."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded_postgres import EmbeddedPostgres
from config.homes import ROOT, CannotStart
from config.processes import is_gone, wait_until_gone


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    yield server
    server.stop()


def count(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.conninfo()) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def keep_a_row(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.conninfo()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (x int)")
        connection.execute("INSERT INTO kept VALUES (1)")


def test_is_private_utf8_and_no_superuser(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.conninfo()) as connection:
        row = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('is_superuser'),"
            " current_setting('server_encoding'), current_setting('TimeZone')"
        ).fetchone()
    assert row == ("", "off", "UTF8", "UTC")
    for path in (server.folder / "password", server.folder / "superuser_password"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700


def test_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.conninfo(), password="wrong")


def test_data_survive_stop_and_start(server: EmbeddedPostgres) -> None:
    keep_a_row(server)
    server.stop()
    assert not server.is_running()
    server.start()
    assert count(server) == 1


def test_killed_server_runs_again_over_the_same_data(server: EmbeddedPostgres) -> None:
    keep_a_row(server)
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.run()
    assert count(server) == 1


def test_second_owner_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(CannotStart, match=f"Process {os.getpid()} already runs the database"):
        EmbeddedPostgres(server.home).start()


def test_a_process_id_used_again_does_not_stop_the_start(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n1\n5432\n\n\n\n\n")
    server.start()
    keep_a_row(server)


def test_killed_owner_leaves_no_second_server(home: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from config.embedded_postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]), durable=False); server.start()\n"
        "print(server.process.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert owner.stdout is not None
    first = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    owner.stdout.close()
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    try:
        assert is_gone(first)
        keep_a_row(server)
    finally:
        server.stop()


def test_moved_and_deeply_nested_home(server: EmbeddedPostgres) -> None:
    keep_a_row(server)
    server.stop()
    deep = server.home.parent / ("long " * 20) / "moved, home"
    deep.parent.mkdir()
    server.home.rename(deep)
    moved = EmbeddedPostgres(deep, durable=False)
    moved.start()
    try:
        assert count(moved) == 1
        socket = Path((moved.folder / "socket_folder").read_text())
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    finally:
        moved.stop()
    assert not socket.exists()


def test_half_made_data_are_made_anew(home: Path) -> None:
    half = home / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    try:
        keep_a_row(server)
    finally:
        server.stop()
    assert not half.exists()


def test_other_versions_data_are_refused(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 12"):
        server.start()


def test_stopping_ends_every_process(home: Path) -> None:
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    assert server.process is not None
    postmaster = psutil.Process(server.process.pid)
    processes = [postmaster, *postmaster.children()]
    server.stop()
    assert wait_until_gone(processes, 5) == []
