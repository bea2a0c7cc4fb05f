"""The virtual environment beside the project: made, completed and repaired from the lock files.

Runs before anything is installed, so it is plain standard library. A stamp written last says that
the environment is whole; a start without it, or over an environment that has lost something since,
installs what is missing. Progress on screen is `config.install_progress`.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.install_progress import InstallProgress

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "accord-stamp.json"
LOG = ENVIRONMENT / "install.log"
# torch alone takes most of it; less than this cannot end well.
BYTES_NEEDED = 1_500_000_000
_NO_NETWORK = re.compile(
    r"Failed to establish a new connection|name resolution|Network is unreachable|"
    r"Connection refused|ConnectTimeout|ReadTimeout|SSLError|ProxyError|getaddrinfo"
)


class CannotSetUp(Exception):
    """The packages cannot be installed; the message is one sentence that says what to do."""


def set_up(locks: list[str], *, environment: Path = ENVIRONMENT, root: Path = ROOT) -> str:
    """Make sure that everything in these lock files is installed; return the path of its Python.

    Takes about 50 ms when nothing is to be done. Raises CannotSetUp.
    """
    setup = _Setup(environment, root, locks)
    if setup.is_whole():
        return str(setup.python)
    try:
        with _only_one(root):
            if not setup.is_whole():
                setup.complete()
    except OSError as error:
        raise CannotSetUp(_os_sentence(error, environment)) from error
    return str(setup.python)


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    descriptor = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another ./run is installing here; waiting for it.", flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _os_sentence(error: OSError, environment: Path) -> str:
    if error.errno == 28:
        return _full_sentence(environment)
    return (
        f"{environment} cannot be written ({error.strerror}): give this user the right to write "
        "there, or clone Accord into a folder of your own."
    )


def _full_sentence(environment: Path) -> str:
    return (
        f"The disk that holds {environment.parent} or {tempfile.gettempdir()} is full: make some "
        "gigabytes of room and start again; what is installed so far is kept."
    )


class _Setup:
    def __init__(self, environment: Path, root: Path, locks: list[str]) -> None:
        self.environment = environment
        self.python = environment / "bin" / "python"
        self.stamp = environment / STAMP.name
        self.log = environment / LOG.name
        self.locks = [root / lock for lock in locks]

    def is_whole(self) -> bool:
        """Whether the stamp fits the lock files, and Python and every package are still there."""
        try:
            stamp = json.loads(self.stamp.read_text())
            if any(stamp["locks"].get(lock.name) != _digest(lock) for lock in self.locks):
                return False
            packages = Path(stamp["packages"])
            same_top = set(stamp["top"]) <= set(os.listdir(self.environment / packages))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False
        return same_top and self._version() == stamp["python"]

    def complete(self) -> None:
        known = self._stamped_locks()
        self.stamp.unlink(missing_ok=True)
        if self._version() is None or not self._has_pip():
            known = {}
            self._make_environment()
        version = self._version()
        packages = self._packages()
        _drop_damaged(packages)
        if not (packages / "torch").exists():
            free = shutil.disk_usage(packages).free
            if free < BYTES_NEEDED:
                raise CannotSetUp(_full_sentence(self.environment))
        self._install(packages)
        done = known | {lock.name: _digest(lock) for lock in self.locks}
        stamp = {
            "python": version,
            "packages": str(packages.relative_to(self.environment)),
            "locks": done,
            "top": sorted(name for name in os.listdir(packages) if name != "__pycache__"),
        }
        fresh = self.stamp.with_suffix(".new")
        fresh.write_text(json.dumps(stamp))
        fresh.rename(self.stamp)

    def _stamped_locks(self) -> dict[str, str]:
        try:
            locks = json.loads(self.stamp.read_text())["locks"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return {str(name): str(digest) for name, digest in dict(locks).items()}

    def _version(self) -> str | None:
        """The full version of the environment's Python, None when it does not run or is too old."""
        program = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
        try:
            done = subprocess.run(
                [str(self.python), "-I", "-S", "-c", program],
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError:
            return None
        version = done.stdout.strip()
        if done.returncode != 0 or tuple(map(int, version.split(".")))[:2] < (3, 11):
            return None
        return version

    def _has_pip(self) -> bool:
        done = subprocess.run(
            [str(self.python), "-m", "pip", "--version"], capture_output=True, check=False
        )
        return done.returncode == 0

    def _packages(self) -> Path:
        program = "import sysconfig; print(sysconfig.get_path('purelib'))"
        done = subprocess.run(
            [str(self.python), "-I", "-c", program], capture_output=True, text=True, check=True
        )
        return Path(done.stdout.strip())

    def _make_environment(self) -> None:
        try:
            import ensurepip  # noqa: F401
            import venv  # noqa: F401
        except ImportError as error:
            name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
            raise CannotSetUp(
                f"This Python lacks its venv module: install the package {name} "
                f"(on Debian and Ubuntu: apt-get install {name}) and start again."
            ) from error
        print(f"Making {self.environment.name} with Python {sys.version.split()[0]}", flush=True)
        if self.environment.exists():
            shutil.rmtree(self.environment)
        done = subprocess.run(
            [sys.executable, "-m", "venv", str(self.environment)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = done.stdout + done.stderr
            if "No space left" in said:
                raise CannotSetUp(_full_sentence(self.environment))
            last = ([line for line in said.splitlines() if line.strip()] or ["no reason given"])[-1]
            raise CannotSetUp(
                f"{self.environment} cannot be made ({last.strip()}): correct that and start again."
            )

    def _install(self, packages: Path) -> None:
        command = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check"]
        command += ["--no-input", "--progress-bar", "off"]
        wanted = 0
        for lock in self.locks:
            command += ["-r", str(lock)]
            wanted += sum("==" in line for line in lock.read_text().splitlines())
        environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        environ |= {"PYTHONUNBUFFERED": "1", "PIP_USER": "0"}
        progress = InstallProgress(wanted=wanted, packages=packages)
        with self.log.open("w") as log:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=environ,
            )
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            try:
                with progress:
                    for line in process.stdout:
                        log.write(line)
                        progress.heed(line)
            except BaseException:
                process.terminate()
                raise
            finally:
                process.stdout.close()
                process.wait()
        if process.returncode != 0:
            raise CannotSetUp(self._pip_sentence())
        progress.tell_end()

    def _pip_sentence(self) -> str:
        said = self.log.read_text(errors="replace")
        if "No space left on device" in said or "Disk quota exceeded" in said:
            return _full_sentence(self.environment)
        if _NO_NETWORK.search(said):
            return (
                "The Python package index cannot be reached: check the network (and https_proxy or "
                "pip's configuration where you need them) and start again."
            )
        missing = re.search(r"No matching distribution found for (\S+)", said)
        if missing:
            return (
                f"There is no {missing[1]} for Python {self._version()} on this machine: start "
                "with another Python, for example `python3.12 run`, after deleting .venv."
            )
        errors = re.findall(r"^ERROR: (.+)$", said, re.MULTILINE)
        reason = errors[-1].strip() if errors else "pip gave no reason"
        return f"The packages cannot be installed ({reason}): see {self.log} and start again."


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _drop_damaged(packages: Path) -> None:
    """Forget packages with missing or cut-off files, so that pip installs them again.

    pip believes the metadata folder, which it writes before it is done; a kill or a full disk in
    between leaves a package that looks installed.
    """
    for metadata in packages.glob("*.dist-info"):
        if not _is_whole_package(packages, metadata):
            shutil.rmtree(metadata)
    for leftover in packages.glob("~*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _is_whole_package(packages: Path, metadata: Path) -> bool:
    if not (metadata / "INSTALLER").exists():
        return False
    try:
        lines = (metadata / "RECORD").read_text().splitlines()
    except OSError:
        return False
    for line in lines:
        # A name with a comma is quoted; no package of ours has one.
        name, _, rest = line.partition(",")
        size = rest.rpartition(",")[2]
        if name.startswith('"') or name.endswith(".pyc"):
            continue
        try:
            if os.stat(packages / name).st_size != int(size or -1) and size:
                return False
        except OSError:
            return False
    return True
