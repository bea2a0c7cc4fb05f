"""A PostgreSQL server of Accord's own, kept in its home and run as a child of one Accord process.

It listens on a Unix socket in a private folder and on no network, asks every client for a password,
and is safe against kill -9 of itself and of its parent. Making its data is `config.postgres_data`;
what lies in the database is not its business.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from psycopg.conninfo import make_conninfo

from config.homes import CannotStart, FileLock, explain_os_error, make_home
from config.postgres_account import Account, choose_account
from config.postgres_data import (
    DATABASE,
    ROLE,
    check_version,
    make_data,
    postgres_sentence,
    server_programs,
    write_private,
)
from config.processes import end, parent_of, postgres_processes_in, wait_until_gone

_PORT = "5432"
# macOS allows 103 bytes for the path of a socket, Linux 107.
_LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")
# Commas and quotes have a meaning in PostgreSQL's and libpq's lists of folders.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+@ -]+")
_SECONDS_UNTIL_TOLD = 3.0
_SECONDS_TO_STOP = 60.0


def connection_parameters(home: Path) -> dict[str, str]:
    """Host (a socket folder), port, user, password and database name of a home's embedded server.

    Before the server was first made the password is empty. Reads files only.
    """
    folder = home / "postgres"
    password, elsewhere = folder / "password", folder / "socket_folder"
    socket = elsewhere.read_text().strip() if elsewhere.exists() else str(folder / "socket")
    return {
        "host": socket,
        "port": _PORT,
        "user": ROLE,
        "password": password.read_text().strip() if password.exists() else "",
        "dbname": DATABASE,
    }


class EmbeddedPostgres:
    """The server of one home. `start` makes the data on first use; one process owns it."""

    def __init__(
        self, home: Path, *, durable: bool = True, say: Callable[[str], object] = lambda _: None
    ) -> None:
        """`durable=False` gives up safety against power loss for speed; `say` gets progress."""
        self.home = home.absolute()
        self.folder = self.home / "postgres"
        self.data = self.folder / "data"
        self.log = self.home / "logs" / "postgres.log"
        self.durable = durable
        self.say = say
        self.lock = FileLock(self.folder / "lock")
        self.process: subprocess.Popen[bytes] | None = None

    @cached_property
    def programs(self) -> Path:
        return server_programs()

    @cached_property
    def account(self) -> Account:
        return choose_account(program=self.programs / "postgres", folder=self.folder)

    def conninfo(self, *, dbname: str = DATABASE) -> str:
        """A libpq connection string for the application's role."""
        return make_conninfo(**{**connection_parameters(self.home), "dbname": dbname})

    def acquire(self) -> bool:
        """Become the one process that may run this server; False when another already is."""
        make_home(self.home)
        try:
            self.folder.mkdir(exist_ok=True)
            return self.lock.held or self.lock.acquire(note=str(os.getpid()))
        except OSError as error:
            raise explain_os_error(error, self.folder) from error

    def start(self) -> None:
        """Make the data if need be, start the server and wait until it takes connections.

        Raises CannotStart when another process runs it, the disk is full, or the server gives up.
        """
        if not self.acquire():
            raise CannotStart(
                f"Process {self.lock.note()} already runs the database in {self.home}: stop it, "
                "or set ACCORD_HOME to another folder."
            )
        try:
            if not (self.data / "PG_VERSION").exists():
                self.say("Making the database (only the first time)")
                make_data(
                    folder=self.folder,
                    programs=self.programs,
                    account=self.account,
                    durable=self.durable,
                )
            check_version(data=self.data, programs=self.programs)
            self.run()
        except OSError as error:
            self.lock.release()
            raise explain_os_error(error, self.folder) from error
        except BaseException:
            self.lock.release()
            raise

    def run(self) -> None:
        """Start the server over existing data; also how it is started again after it died."""
        self._end_leftovers()
        self.account.own(self.data)
        with self.log.open("ab") as log:
            before = log.tell()
            self.process = subprocess.Popen(
                self.account.command(
                    self._program(), parent=os.getpid(), signal=int(signal.SIGINT)
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        try:
            self._wait_until_ready(before)
        except BaseException:
            self._stop_process(at_once=False)
            raise

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, *, at_once: bool = False) -> None:
        """Fast shutdown, or with `at_once` an immediate one that the next start recovers from."""
        self._stop_process(at_once=at_once)
        elsewhere = self.folder / "socket_folder"
        if self.lock.held and elsewhere.exists():
            shutil.rmtree(elsewhere.read_text().strip(), ignore_errors=True)
            elsewhere.unlink()
        self.lock.release()

    def _program(self) -> list[str]:
        safety = "on" if self.durable else "off"
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self._make_socket_folder(),
            "unix_socket_permissions": "0700",
            "port": _PORT,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            # Statements and what they quote of rows hold what people wrote.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "fsync": safety,
            "full_page_writes": safety,
        }
        program = [str(self.programs / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            program += ["-c", f"{name}={value}"]
        return program

    def _make_socket_folder(self) -> str:
        """A private folder whose path is short enough, inside the home where it can be."""
        elsewhere, socket = self.folder / "socket_folder", self.folder / "socket"
        name = str(socket)
        if len(os.fsencode(name)) <= _LONGEST_SOCKET_FOLDER and _PLAIN_PATH.fullmatch(name):
            elsewhere.unlink(missing_ok=True)
        elif self.process is not None and elsewhere.exists():
            # Started again: the clients know this folder already.
            socket = Path(elsewhere.read_text().strip())
        else:
            socket = Path(tempfile.mkdtemp(prefix="accord-"))
            write_private(elsewhere, str(socket))
        socket.mkdir(mode=0o700, exist_ok=True)
        self.account.own(socket)
        return str(socket)

    def _stop_process(self, *, at_once: bool) -> None:
        if self.process is None:
            return
        for number in (signal.SIGQUIT,) if at_once else (signal.SIGINT, signal.SIGQUIT):
            if self.process.poll() is None:
                self.process.send_signal(number)
                try:
                    self.process.wait(_SECONDS_TO_STOP)
                except subprocess.TimeoutExpired:
                    self.say("PostgreSQL takes long to stop; telling it to leave at once")
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _end_leftovers(self) -> None:
        """End what a killed parent or server left at work on these data; we hold the lock.

        Asked of the kernel (who works in this folder?), never of `postmaster.pid`, whose number may
        by now belong to another program.
        """
        left = postgres_processes_in(self.data)
        pids = {process.pid for process in left}
        end([process for process in left if parent_of(process) not in pids], signal.SIGINT)
        alive = wait_until_gone(left, _SECONDS_TO_STOP)
        end(alive, signal.SIGKILL)
        wait_until_gone(alive, 10)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _wait_until_ready(self, log_position: int) -> None:
        assert self.process is not None  # noqa: S101 - `run` has just set it
        started, told = time.monotonic(), False
        while self.process.poll() is None:
            try:
                lines = (self.data / "postmaster.pid").read_text().splitlines()
            except OSError:
                lines = []
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return
            if not told and time.monotonic() - started > _SECONDS_UNTIL_TOLD:
                self.say("PostgreSQL recovers from an unclean stop; this can take a while")
                told = True
            time.sleep(0.01)
        with self.log.open("rb") as log:
            log.seek(log_position)
            said = log.read().decode(errors="replace")
        raise CannotStart(postgres_sentence(self.data, "does not start", said))
