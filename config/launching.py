"""Become another program, safely: `python -I -S launching.py [OPTION=VALUE ...] -- PROGRAM
ARGUMENTS`.

Runs between fork and exec of every child, in a process of its own, because code that runs there
inside the parent can deadlock. It ties the child's life to its parent's and gives root's rights up
for PostgreSQL, which refuses root. It imports nothing but the standard library and is never
imported by a process that stays.

Options: parent=PID (leave at once when that is no longer the parent) and signal=NUMBER (what the
kernel sends when the parent dies, Linux only); nice=N (leave the processor to others by so much);
uid=N with gid=N (become that account);
namespace=UID:GID (keep root's files but appear as that account in a user namespace of one's own,
Linux only).
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def command(program: list[str], **options: object) -> list[str]:
    """The argument list that runs `program` through this file with the given options."""
    given = [f"{name}={value}" for name, value in options.items() if value is not None]
    return [sys.executable, "-I", "-S", __file__, *given, "--", *program]


def _enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "this kernel or container allows no user namespace")
    for name, text in (
        ("setgroups", "deny"),
        ("gid_map", f"{gid} {outer_gid} 1"),
        ("uid_map", f"{uid} {outer_uid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def leave_with_parent(number: int) -> None:
    """Have the kernel send this process a signal when its parent dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def main(argv: list[str]) -> None:
    end = argv.index("--")
    options = dict(word.split("=", 1) for word in argv[:end])
    program = argv[end + 1 :]
    if "namespace" in options:
        uid, gid = options["namespace"].split(":")
        _enter_namespace(int(uid), int(gid))
    if "nice" in options:
        os.nice(int(options["nice"]))
    if "uid" in options:
        os.setgroups([])
        os.setgid(int(options["gid"]))
        os.setuid(int(options["uid"]))
    # After the change of account, which would clear it.
    if "signal" in options:
        leave_with_parent(int(options["signal"]))
    # A parent that died before that line would never be noticed.
    if "parent" in options and os.getppid() != int(options["parent"]):
        sys.exit(0)
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
