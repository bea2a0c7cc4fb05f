"""One process of an Accord that is spread over machines: a web server, or the worker of a queue.

Everything that `config.supervising` does for one machine (the database, restarts, migrations) is
here somebody else's: DATABASE_URL names the server, a service manager restarts, and `prepare` is
run once per release. The process becomes the program itself, so signals and exit codes are its own.
"""

import os
import subprocess
import sys
import time
from typing import NoReturn

from config.addresses import place_to_listen
from config.database import given_url, prepare_server
from config.homes import ROOT, CannotStart, home_folder, make_home
from config.prepared import prepare
from config.programs import programs
from config.surroundings import environment

_SECONDS_TO_WAIT = 600.0
_BETWEEN_LOOKS = 3.0


def _surroundings(what: str) -> dict[str, str]:
    url = given_url()
    if not url:
        raise CannotStart(
            f"./run {what} is for several machines over one database: set DATABASE_URL to it, "
            "or start everything on this machine with ./run."
        )
    home = home_folder()
    make_home(home)
    host, port = place_to_listen()
    return environment(home=home, url=url, host=host, port=port)


def prepare_all() -> None:
    """Bring database and home up to date and make the first people: once per release."""
    environ = _surroundings("prepare")
    prepare_server(environ["DATABASE_URL"])
    prepare(home_folder(), environ=environ, say=lambda line: print(line, flush=True))
    print("Prepared", flush=True)


def be_one_process(words: list[str]) -> NoReturn:
    """Become `web`, or `worker light`, or `worker training`. Raises CannotStart."""
    environ = _surroundings(" ".join(words))
    host, port = environ["HOST"], int(environ["PORT"])
    known = programs(host, port)
    name = words[0] if words[0] == "web" else "".join(words[1:2])
    if name not in known or len(words) > 2 or (words[0] == "worker" and name == "web"):
        workers = " or ".join(f"`./run worker {each}`" for each in known if each != "web")
        raise CannotStart(f"There is no `./run {' '.join(words)}`: start `./run web`, {workers}.")
    if name == "web" and port == 0:
        raise CannotStart("PORT is 0: name the port that the proxy in front expects.")
    environ["ACCORD_PROCESS"] = "web" if name == "web" else "worker"
    _wait_until_prepared(environ)
    os.chdir(ROOT)
    os.execve(known[name][0], known[name], environ)  # noqa: S606 - a list of our own


def _wait_until_prepared(environ: dict[str, str]) -> None:
    """Wait for `./run prepare` of this release; a database that is ahead of it will do."""
    deadline, told = time.monotonic() + _SECONDS_TO_WAIT, False
    check = [sys.executable, "manage.py", "migrate", "--check"]
    while True:
        done = subprocess.run(check, cwd=ROOT, env=environ, capture_output=True, text=True)
        if done.returncode == 0:
            return
        if time.monotonic() > deadline:
            raise CannotStart(
                "The database is not up to date: run `./run prepare` of this release, "
                "and see that DATABASE_URL names its database."
            )
        if not told:
            print("Waiting for the database and for `./run prepare` of this release", flush=True)
            told = True
        time.sleep(_BETWEEN_LOOKS)
