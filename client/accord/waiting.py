"""Waiting for what the server does in the background."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Callable

from accord.calls import Calls
from accord.errors import AccordError, Json

FIRST = 0.2
LONGEST = 5.0


def wait_for(
    calls: Calls,
    path: str,
    *,
    under_way: Collection[str],
    on_progress: Callable[[Json], None] | None = None,
    timeout: float | None = None,
) -> Json:
    """Ask again and again until the state at `path` is none of `under_way`; returns what is there.

    Raises:
        AccordError: it took longer than `timeout` seconds. The work goes on nevertheless.
    """
    ends = None if timeout is None else time.monotonic() + timeout
    pause = FIRST
    while True:
        found: Json = calls.get(path)
        if on_progress is not None:
            on_progress(found)
        if found["state"] not in under_way:
            return found
        if ends is not None and time.monotonic() + pause > ends:
            raise AccordError(f"It is not done after {timeout:.0f} s; it goes on by itself.")
        calls.sleep(pause)
        pause = min(pause * 1.5, LONGEST)
