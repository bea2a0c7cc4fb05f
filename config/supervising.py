"""Everything of one running Accord: database, web server and workers, started, watched, stopped.

`python -m config.supervising serve` serves until Ctrl-C; `... manage ARGUMENTS` runs one of
Django's commands over the same database; `... web` and `... worker` are for several machines
(`config.one_process`). `Supervisor` serves for programs. Restarting one process is
`config.children`.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psutil

from config.addresses import (
    address_of,
    free_port_or_given,
    place_to_listen,
    status_of_first_page,
)
from config.children import Child, Patience, last_line, rotate, trim
from config.database import given_url, prepare_server
from config.embedded_postgres import EmbeddedPostgres
from config.homes import CannotStart, FileLock, explain_os_error, home_folder, make_home
from config.prepared import is_prepared, note_prepared, prepare
from config.processes import end, end_group, identity, is_gone
from config.programs import BACKGROUND_NICE, programs
from config.surroundings import counting_folder, environment, forget_counts
from training.run_dir import RunDir

_SECONDS_TO_FIRST_PAGE = 120.0
_SECONDS_FOR_WEB, _SECONDS_FOR_WORKERS, _SECONDS_FOR_TRAINERS = 10.0, 80.0, 300.0
_BETWEEN_LOOKS = 0.1
_AFTER_A_FAILURE = 5.0


class Supervisor:
    """One Accord over one home. As a context manager it starts on entry and stops on exit.

    `start` must be called in a thread that lives as long as the server: on Linux its children leave
    with it. Raises CannotStart. Port 0 takes a free one; `address` is the page to open.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        database_url: str | None = None,
        samples: bool = True,
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        """`database_url=""` insists on the embedded server, None takes DATABASE_URL.

        `samples=False` makes the first people of a new home but no sample projects.
        """
        self.home = (home or home_folder()).absolute()
        self.host = host
        self.port = port
        self.url = given_url() if database_url is None else database_url
        self.samples = samples
        self.say = say
        self.database = EmbeddedPostgres(self.home, say=say)
        self.children: list[Child] = []
        self.hurry = False
        self.stopping = False
        self._lock = FileLock(self.home / "lock")
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None
        self._patience = Patience()
        self._database_started = 0.0

    def __enter__(self) -> "Supervisor":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        return address_of(self.host, self.port)

    def environment(self) -> dict[str, str]:
        """The environment in which any process meets this home and its database."""
        return environment(home=self.home, url=self.url, host=self.host, port=self.port)

    def start(self) -> None:
        """Start everything and return when the first page answers."""
        make_home(self.home)
        if not self._lock.acquire(note=f"process {os.getpid()}"):
            raise CannotStart(
                f"Accord already runs in {self.home} ({self._lock.note()}): stop it there, "
                "or set ACCORD_HOME to another folder for a second one."
            )
        self._end_leftovers()
        self.port = free_port_or_given(self.host, self.port)
        self._lock.write(f"process {os.getpid()}, {self.address}")
        counting_folder(self.home, fresh=True)
        self._start_database()
        conninfo = self.url or self.database.conninfo()
        if not is_prepared(self.home, conninfo):
            prepare(self.home, environ=self.environment(), say=self.say, samples=self.samples)
            note_prepared(self.home, conninfo)
        for name, program in programs(self.host, self.port).items():
            log = self.home / "logs" / f"{name}.log"
            rotate(log)
            is_web = name == "web"
            environ = self.environment() | {"ACCORD_PROCESS": "web" if is_web else "worker"}
            nice = None if is_web else BACKGROUND_NICE
            child = Child(name, program, log=log, environ=environ, nice=nice)
            self.children.append(child)
            child.start()
            self._note_children()
            if is_web:
                # The workers would compete with it for the processor.
                self._wait_for_first_page(child)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop web, workers, trainers and database, in this order. Harmless when called again."""
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        web = [child for child in self.children if child.name == "web"]
        workers = [child for child in self.children if child.name != "web"]
        self._end(web, _SECONDS_FOR_WEB)
        self._end(workers, _SECONDS_FOR_WORKERS)
        self.children = []
        if self._lock.held:
            self._end_trainers()
            (self.home / "processes.json").unlink(missing_ok=True)
            forget_counts(self.home)
        self.database.stop(at_once=self.hurry)
        self._lock.release()

    def _start_database(self) -> None:
        if self.url:
            prepare_server(self.url)
            return
        rotate(self.database.log)
        while not self.database.acquire():
            self.say(f"Waiting for ./run manage (process {self.database.lock.note()}) to end")
            self._sleep_until(self.database.acquire, 3600.0)
        self.database.start()
        self._database_started = time.monotonic()

    def _wait_for_first_page(self, web: Child) -> None:
        deadline = time.monotonic() + _SECONDS_TO_FIRST_PAGE
        while (status := status_of_first_page(self.address)) is None or status >= 500:
            if not web.is_running() or status is not None or time.monotonic() > deadline:
                what = f"answers with status {status}" if status else "does not start"
                raise CannotStart(f"The web server {what} ({last_line(web.log)}): see {web.log}.")
            time.sleep(0.05)

    def _sleep_until(self, done: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline or self.hurry:
                return False
            time.sleep(0.05)
        return True

    def _watch(self) -> None:
        while not self._over.wait(_BETWEEN_LOOKS):
            try:
                if not self._database_lives():
                    continue
                started = [child.watch(self.say) for child in self.children]
                if any(started):
                    self._note_children()
            except OSError as error:
                # A full disk, say: whoever watches must outlive it.
                self.say(str(explain_os_error(error, self.home)))
                self._over.wait(_AFTER_A_FAILURE)

    def _database_lives(self) -> bool:
        """Whether the embedded server runs, or runs again."""
        if self.url or self.database.is_running():
            trim(self.database.log)
            return True
        pause = self._patience.pause(time.monotonic() - self._database_started)
        when = f"in {pause:g} s" if pause else "at once"
        self.say(f"The database was killed; starting it again {when}")
        if self._over.wait(pause):
            return False
        try:
            self.database.run()
        except CannotStart as error:
            self.say(str(error))
            return False
        self._database_started = time.monotonic()
        return True

    def _note_children(self) -> None:
        """Write down who runs, for the start after a kill -9 of this process."""
        alive = [c.process.pid for c in self.children if c.process is not None and c.is_running()]
        known = [identity(pid) for pid in alive if psutil.pid_exists(pid)]
        (self.home / "processes.json").write_text(json.dumps(known))

    def _end_leftovers(self) -> None:
        try:
            known = json.loads((self.home / "processes.json").read_text())
        except (OSError, ValueError):
            return
        for one in known:
            end_group(one)

    def _end(self, children: list[Child], seconds: float) -> None:
        for child in children:
            child.terminate()
        self._sleep_until(lambda: not any(c.is_running() for c in children), seconds)
        for child in children:
            child.signal(signal.SIGKILL)
            child.wait(5)

    def _end_trainers(self) -> None:
        """Let running trainers write a checkpoint and leave; the next start resumes them."""
        runs = [RunDir(lock.parent) for lock in (self.home / "runs").glob("*/lock")]
        pids = [run.trainer_pid() for run in runs if run.is_locked()]
        trainers = [psutil.Process(pid) for pid in pids if pid and psutil.pid_exists(pid)]
        if not trainers:
            return
        self.say("Waiting for training to save a checkpoint; Ctrl-C again does not wait")
        end(trainers, signal.SIGTERM)
        self._sleep_until(lambda: all(map(is_gone, trainers)), _SECONDS_FOR_TRAINERS)
        end(trainers, signal.SIGKILL)


def serve() -> None:
    """Serve with HOST, PORT, DATABASE_URL and ACCORD_HOME until Ctrl-C or SIGTERM."""
    host, port = place_to_listen()
    supervisor = Supervisor(
        host=host,
        port=port,
        say=lambda line: print(line, flush=True),
    )

    def leave(number: int, frame: object) -> None:
        if supervisor.stopping:
            supervisor.hurry = True
            return
        supervisor.stopping = True
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    began = time.monotonic()
    try:
        supervisor.start()
        seconds = time.monotonic() - began
        supervisor.say(f"Accord is at {supervisor.address} ({seconds:.1f} s); Ctrl-C stops it")
        while True:
            signal.pause()
    except KeyboardInterrupt:
        print("\nStopping", flush=True)
    finally:
        supervisor.stopping = True
        supervisor.stop()


def main(words: list[str]) -> None:
    from config.managing import manage
    from config.one_process import be_one_process, prepare_all

    try:
        if words[:1] == ["manage"]:
            sys.exit(manage(words[1:]))
        if words[:1] == ["prepare"]:
            prepare_all()
        elif words[:1] in (["web"], ["worker"]):
            be_one_process(words)
        else:
            serve()
    except CannotStart as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
