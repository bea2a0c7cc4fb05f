"""The account that PostgreSQL runs as: it refuses root, and a checkout may lie where only root may
go.

An ordinary user runs it as themselves. Root runs it as the owner of existing data, else as `accord`
or `nobody` when that account can reach both programs and data, else inside a user namespace. No
folder above the home ever changes its mode.
"""

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.homes import CannotStart
from config.launching import command

_PREFERRED = ("accord", "nobody")


@dataclass(frozen=True)
class Account:
    """How to start PostgreSQL's programs: options for `launching`, and who must own its files."""

    options: dict[str, object]
    owner: tuple[int, int] | None

    def command(self, program: list[str], **options: object) -> list[str]:
        return command(program, **self.options, **options)

    def own(self, path: Path) -> None:
        """Give a file or a whole folder to the account where it is not its already."""
        if self.owner is None or path.stat().st_uid == self.owner[0]:
            return
        for folder, folders, files in os.walk(path):
            for name in [*folders, *files]:
                os.chown(Path(folder) / name, *self.owner, follow_symlinks=False)
        # The folder itself last: it is what tells an unfinished pass from a finished one.
        os.chown(path, *self.owner)


def _works(account: Account, program: Path, folder: Path) -> bool:
    test = ["/bin/sh", "-c", 'test -x "$1" && test -x "$2" && "$1" -V', "sh", program, folder]
    words = [str(word) for word in test]
    done = subprocess.run(account.command(words), cwd="/", capture_output=True, check=False)
    return done.returncode == 0


def choose_account(*, program: Path, folder: Path) -> Account:
    """The account for data under `folder` and the server `program`. Raises CannotStart."""
    if os.geteuid() != 0:
        return Account({}, None)
    people = []
    data = folder / "data"
    if data.is_dir() and data.stat().st_uid != 0:
        people.append((data.stat().st_uid, data.stat().st_gid))
    for name in _PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        people.append((entry.pw_uid, entry.pw_gid))
    for uid, gid in people:
        account = Account({"uid": uid, "gid": gid}, (uid, gid))
        if _works(account, program, folder):
            return account
    if sys.platform == "linux" and people:
        uid, gid = people[-1]
        account = Account({"namespace": f"{uid}:{gid}"}, (0, 0))
        if _works(account, program, folder):
            return account
    raise CannotStart(
        f"PostgreSQL does not run as root, and no other account may enter {folder} and "
        f"{program.parent}: run Accord as an ordinary user, move both to a place like /srv, "
        "or set DATABASE_URL."
    )
