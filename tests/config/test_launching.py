"""Launching: a child leaves with its parent, and does not begin under another one."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from config.homes import ROOT
from config.launching import command
from config.processes import wait_until_gone

SLEEP = ["/bin/sleep", "60"]


def test_becomes_the_program_itself() -> None:
    done = subprocess.run(command(["/bin/echo", "a b", "--", "c=d"]), capture_output=True)
    assert done.stdout == b"a b -- c=d\n"


def test_leaves_the_processor_to_others_as_asked() -> None:
    told = [command(["/usr/bin/nice"], nice=nice) for nice in (None, 3)]
    before, after = (int(subprocess.run(words, capture_output=True).stdout) for words in told)
    assert after == min(before + 3, 19)


def test_does_not_start_when_the_parent_has_gone() -> None:
    done = subprocess.run(command(["/bin/echo", "late"], parent=1), capture_output=True)
    assert done.stdout == b""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
def test_child_leaves_when_its_parent_is_killed() -> None:
    program = (
        "import os, subprocess, sys; from config.launching import command\n"
        f"child = subprocess.Popen(command({SLEEP}, parent=os.getpid(), signal=15),"
        " start_new_session=True)\n"
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        while child.name() != "sleep":
            time.sleep(0.01)
        parent.kill()
    assert wait_until_gone([child], 5) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_root_becomes_another_account_for_good() -> None:
    check = "import os\ntry: os.setuid(0)\nexcept OSError: print(os.getuid(), os.getgroups())"
    program = command(["/usr/bin/env", "python3", "-c", check], uid=65534, gid=65534)
    done = subprocess.run(
        program, capture_output=True, cwd="/", text=True, env={"PATH": "/usr/bin"}
    )
    assert done.stdout == "65534 []\n", done.stderr


def test_signal_of_parents_death_is_the_one_asked_for() -> None:
    words = command(SLEEP, parent=os.getpid(), signal=int(signal.SIGINT))
    assert words[-3:] == ["--", *SLEEP]
    assert f"signal={int(signal.SIGINT)}" in words
