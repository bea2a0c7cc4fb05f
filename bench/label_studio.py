"""Label Studio on this machine, as a peer: complete cycles of eight labelers and the wait for the
next task, with its default database.

It is installed from PyPI into a throw-away environment, which takes minutes, and started as its
manual says. A cycle is what its page does: store an annotation, then ask for the next task.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from bench import throwaway
from bench.contract import progress, report
from config.addresses import free_port_or_given

VERSION = "1.23.2"
LABELERS = 8
TASKS = 2_000
SECONDS = 40.0
_TO_START = 600.0
_CONFIG = """<View>
  <Text name="prompt" value="$prompt"/>
  <Pairwise name="choice" toName="first,second"/>
  <Text name="first" value="$first"/><Text name="second" value="$second"/>
</View>"""
_ANSWER = {
    "from_name": "choice",
    "to_name": "first",
    "type": "pairwise",
    "value": {"selected": "left"},
}


def main() -> None:
    """Measure, and print one line per figure."""
    with throwaway.folder() as made, _running(made) as address:
        project = _project(_signed_up(address, "admin@example.com"), address)
        sessions = [_signed_up(address, f"labeler{n}@example.com") for n in range(LABELERS)]
        progress(f"{LABELERS} labelers at work for {SECONDS:.0f} s")
        seconds, cycles, nexts = _labeled(sessions, address, project)
    beside = f"Label Studio {VERSION}, SQLite, its own server, {LABELERS} labelers, {TASKS} tasks"
    report(
        "label_studio_cycles_per_second_8",
        ours=len(cycles) / seconds,
        unit="cycles/s",
        goal=None,
        detail=beside,
    )
    for name, found in (("cycle", cycles), ("next_task", nexts)):
        report(
            f"label_studio_{name}_ms",
            ours=statistics.median(found),
            unit="ms",
            goal=None,
            higher_is_better=False,
            detail=f"95th percentile {sorted(found)[int(len(found) * 0.95)]:.0f} ms; {beside}",
        )


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    """The address of a Label Studio that was installed and started in `folder`."""
    progress(f"installing label-studio=={VERSION}; this takes some minutes")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    pip = [str(environment / "bin" / "pip"), "install", "-q", f"label-studio=={VERSION}"]
    subprocess.run(pip, check=True, stdout=sys.stderr)
    port = free_port_or_given("127.0.0.1", 0)
    environ = {
        **os.environ,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data"),
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "HOST", "PORT"):
        environ.pop(name, None)
    program = [str(environment / "bin" / "label-studio"), "start", "--no-browser"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*program, "--port", str(port)], env=environ, stdout=log, stderr=log, cwd=folder
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/user/login/", process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    progress("starting it")
    end = time.monotonic() + _TO_START
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(address, timeout=30).ok:
                return
        except requests.ConnectionError:
            time.sleep(1)
    raise SystemExit("Label Studio did not start; is PyPI reachable?")


def _signed_up(address: str, email: str) -> requests.Session:
    """The session of a new person; they all share one organisation."""
    session = requests.Session()
    session.trust_env = False
    session.get(f"{address}/user/signup/", timeout=60).raise_for_status()
    form = {"email": email, "password": "a long phrase", "allow_newsletters": "false"}
    form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    session.post(f"{address}/user/signup/", data=form, timeout=60).raise_for_status()
    session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
    return session


def _project(admin: requests.Session, address: str) -> int:
    """A project of pairwise tasks, each wanted once from enough people that none runs out."""
    wanted = {"title": "Essays", "label_config": _CONFIG, "maximum_annotations": 3}
    made = admin.post(f"{address}/api/projects/", json=wanted, timeout=60)
    made.raise_for_status()
    project: int = made.json()["id"]
    text = " ".join(f"word{n}" for n in range(120))
    tasks = [
        {"prompt": f"Question {n}", "first": f"First {n} {text}", "second": f"Second {n} {text}"}
        for n in range(TASKS)
    ]
    stored = admin.post(
        f"{address}/api/projects/{project}/import",
        data=json.dumps(tasks),
        headers={"Content-Type": "application/json"},
        timeout=600,
    )
    stored.raise_for_status()
    return project


def _labeled(
    sessions: list[requests.Session], address: str, project: int
) -> tuple[float, list[float], list[float]]:
    """Seconds, and milliseconds of every cycle and of the wait for the next task in it."""
    cycles: list[float] = []
    nexts: list[float] = []
    end = time.monotonic() + SECONDS

    def work(session: requests.Session) -> None:
        task: int | None = None
        while time.monotonic() < end:
            began = time.perf_counter()
            if task is not None:
                said = {"result": [_ANSWER], "lead_time": 12.5, "project": project}
                url = f"{address}/api/tasks/{task}/annotations/?project={project}"
                session.post(url, json=said, timeout=120).raise_for_status()
            asked = time.perf_counter()
            answer = session.get(f"{address}/api/projects/{project}/next", timeout=120)
            answer.raise_for_status()
            now = time.perf_counter()
            nexts.append(1000 * (now - asked))
            if task is not None:
                cycles.append(1000 * (now - began))
            task = answer.json()["id"]

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began, cycles, nexts
