"""What a person sees while pip works: one line that counts, or on a log file a line now and then.

Reads pip's output line by line and counts installed packages in the folder; decides nothing.
"""

import re
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

_BAR = 24
_SECONDS_BETWEEN_LINES = 15.0


class InstallProgress:
    """A context manager around one run of pip. `wanted` packages end up in `packages`."""

    def __init__(self, *, wanted: int, packages: Path) -> None:
        self.wanted = wanted
        self.packages = packages
        self.seen: set[str] = set()
        self.now = "asking the package index"
        self.installing = False
        self.live = sys.stdout.isatty()
        self._started = time.monotonic()
        self._last_line = 0.0
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def heed(self, line: str) -> None:
        """Take one line of pip's output in."""
        if found := re.match(r"\s*(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            self.seen.add(found[1].lower().replace("_", "-"))
            self.now = found[1]
        elif found := re.match(r"\s*Downloading (\S+?)-\d\S* \((.+)\)", line):
            self.now = f"downloading {found[1].rsplit('/', 1)[-1]}, {found[2]}"
        elif line.startswith("Installing collected packages"):
            self.installing = True
            self.now = "writing files"

    def __enter__(self) -> "InstallProgress":
        print(
            f"Installing {self.wanted} packages (some minutes the first time, mostly torch)",
            flush=True,
        )
        self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._ticker.join()
        if self.live:
            sys.stdout.write("\r\033[K")

    def tell_end(self) -> None:
        print(f"  done in {_clock(time.monotonic() - self._started)}", flush=True)

    def _tick(self) -> None:
        while not self._over.wait(0.25 if self.live else 1.0):
            now = time.monotonic()
            if self.live:
                sys.stdout.write("\r\033[K" + self.text())
                sys.stdout.flush()
            elif now - self._last_line >= _SECONDS_BETWEEN_LINES:
                self._last_line = now
                print(self.text(), flush=True)

    def text(self) -> str:
        """The line of this moment, at most 79 columns."""
        if self.installing:
            # Counting folders shows movement in the phase in which pip says nothing.
            done, what = sum(1 for _ in self.packages.glob("*.dist-info")), "installed"
        else:
            done, what = len(self.seen), "collected"
        total = max(self.wanted, len(self.seen), done)
        full = _BAR * done // max(total, 1)
        bar = "#" * full + "." * (_BAR - full)
        clock = _clock(time.monotonic() - self._started)
        return f"  [{bar}] {done}/{total} {what} {clock} {self.now}"[:79]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
