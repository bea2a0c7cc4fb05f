"""A whole Accord: it starts, refuses a second, outlives kill -9 of its parts, and leaves nothing
running.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.addresses import free_port_or_given, status_of_first_page
from config.homes import ROOT, CannotStart
from config.processes import wait_until_gone
from config.supervising import Supervisor

TRAINER = """
import os, signal, sys, time
from pathlib import Path
from training.run_dir import RunDir
run = RunDir(sys.argv[1])
def leave(*_):
    (run.path / "checkpointed").touch()
    sys.exit(75)
signal.signal(signal.SIGTERM, leave)
with run.lock():
    print("locked", flush=True)
    time.sleep(60)
"""


def within(seconds: float, done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def answers(address: str) -> bool:
    status = status_of_first_page(address)
    return status is not None and status < 500


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the supervisor said."""
    return []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, told: list[str]) -> Iterator[Supervisor]:
    """One Accord over an embedded server for all tests here; a first start takes a while."""
    home = tmp_path_factory.mktemp("whole") / "home with space"
    with Supervisor(home, database_url="", samples=False, say=told.append) as supervisor:
        yield supervisor


def test_first_page_answers_and_first_people_are_told_once(
    running: Supervisor, told: list[str]
) -> None:
    assert answers(running.address)
    assert any("admin" in line for line in told)
    logs = "".join(path.read_text() for path in (running.home / "logs").iterdir())
    password = next(line.split()[1] for line in told if line.split()[:1] == ["admin"])
    assert password not in logs


def test_second_start_in_one_home_is_refused(running: Supervisor) -> None:
    with pytest.raises(CannotStart, match=f"already runs in .*{running.address}"):
        Supervisor(running.home, database_url="").start()


def test_web_process_knows_no_torch(running: Supervisor) -> None:
    web = next(child for child in running.children if child.name == "web")
    assert web.process is not None
    mapped = "".join(
        entry.path
        for process in [psutil.Process(web.process.pid), *descendants(web.process.pid)]
        for entry in process.memory_maps()
    )
    assert "psycopg" in mapped
    assert "torch" not in mapped


def test_threads_of_the_web_server_have_room_for_linear_algebra(running: Supervisor) -> None:
    web = next(child for child in running.children if child.name == "web")
    assert web.process is not None
    (worker, *_rest) = descendants(web.process.pid)
    # What granian's threads get: those of its own making have 2 MB.
    assert int(worker.environ()["RUST_MIN_STACK"]) >= 8 * 1024 * 1024


@pytest.mark.parametrize("name", ["web", "light", "training"])
def test_a_killed_process_comes_back(running: Supervisor, name: str) -> None:
    child = next(child for child in running.children if child.name == name)
    assert child.process is not None
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    assert within(20, lambda: child.is_running() and child.process.pid != first)
    assert within(20, lambda: answers(running.address))


def test_a_killed_database_comes_back(running: Supervisor) -> None:
    assert running.database.process is not None
    first = running.database.process.pid
    os.kill(first, signal.SIGKILL)
    assert within(
        20, lambda: running.database.is_running() and running.database.process.pid != first
    )
    assert within(20, lambda: answers(running.address))


def test_commands_reach_the_running_database(running: Supervisor) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.supervising", "manage", "migrate", "--check"],
        cwd=ROOT,
        env=running.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert running.database.is_running()


def test_stop_leaves_nothing_and_lets_trainers_save(running: Supervisor) -> None:
    run = running.home / "runs" / "one"
    run.mkdir(parents=True)
    trainer = subprocess.Popen(
        [sys.executable, "-c", TRAINER, str(run)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert trainer.stdout is not None
    trainer.stdout.readline()
    leaders = [child.process.pid for child in running.children if child.process]
    ours = [psutil.Process(pid) for pid in leaders]
    ours += [child for pid in leaders for child in descendants(pid)]
    running.stop()
    assert trainer.wait(10) == 75
    trainer.stdout.close()
    assert (run / "checkpointed").exists()
    assert wait_until_gone(ours, 5) == []
    assert not running.database.is_running()


def serve(home: Path, port: int) -> "subprocess.Popen[str]":
    environ = os.environ | {"ACCORD_HOME": str(home), "PORT": str(port), "DATABASE_URL": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.supervising", "serve"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(f"Accord is at http://127.0.0.1:{port}"), line
    return process


def test_it_starts_again_after_kill_9(running: Supervisor) -> None:
    running.stop()
    port = free_port_or_given("127.0.0.1", 0)
    first = serve(running.home, port)
    family = descendants(first.pid)
    first.kill()
    first.wait()
    second = serve(running.home, port)
    assert wait_until_gone(family, 15) == []
    family = descendants(second.pid)
    second.send_signal(signal.SIGINT)
    assert second.wait(30) == 0
    assert wait_until_gone(family, 5) == []
    for process in (first, second):
        assert process.stdout is not None
        process.stdout.close()
