"""Where Accord keeps what it makes: the folder ACCORD_HOME, or `var/` beside manage.py.

Finds and makes that folder and holds the locks that keep two servers out of one home. Nothing here
knows Django or the database. `CannotStart` is the one error of starting: one sentence for the
person at the terminal.
"""

import errno
import fcntl
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class CannotStart(Exception):
    """Starting is impossible; the message is one sentence on what is wrong and what to do."""


def home_folder() -> Path:
    """The absolute path of this process's home; it need not exist yet."""
    given = os.environ.get("ACCORD_HOME", "").strip()
    return Path(given).expanduser().absolute() if given else ROOT / "var"


def explain_os_error(error: OSError, place: Path) -> CannotStart:
    """One sentence for a file operation that failed under `place`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CannotStart(disk_full_sentence(place))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return CannotStart(
            f"{place} cannot be written: give this user the right to write there, "
            "or set ACCORD_HOME to a folder of your own."
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return CannotStart(f"{place} is not a folder: set ACCORD_HOME to a folder.")
    return CannotStart(f"{place} cannot be used ({error.strerror}): set ACCORD_HOME elsewhere.")


def disk_full_sentence(place: Path) -> str:
    return f"The disk that holds {place} is full: make room there, or set ACCORD_HOME to another."


def make_home(home: Path) -> None:
    """Make the home when it is absent and check that it can be written. Raises CannotStart.

    Others may not list it. Root's may be passed through, since PostgreSQL runs as another account
    below it.
    """
    try:
        if not home.is_dir():
            home.mkdir(parents=True)
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (home / "logs").mkdir(mode=0o700, exist_ok=True)
        probe = home / "logs" / f".probe-{os.getpid()}"
        # A full disk still takes an empty file.
        probe.write_bytes(b"\0" * 65536)
        probe.unlink()
    except OSError as error:
        raise explain_os_error(error, home) from error


class FileLock:
    """An advisory lock that the kernel frees when its holder dies; the file's text says who holds
    it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self, *, note: str = "", shared: bool = False, wait: bool = False) -> bool:
        """Take the lock; False when another process holds it and `wait` is off."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        if not shared:
            self.write(note)
        return True

    def write(self, note: str) -> None:
        """Replace the holder's note."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, note.encode(), 0)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def note(self) -> str:
        """What the holder wrote, or an empty string."""
        try:
            return self.path.read_text(errors="replace").strip()
        except OSError:
            return ""
