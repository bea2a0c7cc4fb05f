"""A backup as files: a folder or one tar file with the same members, checked by SHA-256.

`manifest.json` is written last and names every other member; without it a backup is not one. What
the members are is the business of `config.operations.backing_up`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

MANIFEST = "manifest.json"
_CHUNK = 1024 * 1024


class BackupError(Exception):
    """A backup that cannot be made or used; the message says why and what to do."""


class _Hashed(io.RawIOBase):
    """Reads exactly `size` bytes of a file that may be growing, and hashes them."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__()
        self._file, self._left, self.sha256 = file, size, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; zeros where the file has become shorter meanwhile."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted).ljust(wanted, b"\0")
        self._left -= wanted
        self.sha256.update(data)
        return data


class Writer:
    """Writes a backup beside its target and renames it once it is whole and on disk."""

    def __init__(self, target: Path) -> None:
        self.target = target.absolute()
        self.is_tar = target.suffix == ".tar"
        self.partial = self.target.with_name(f".{self.target.name}.partial")
        self.members: dict[str, dict[str, Any]] = {}
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> Writer:
        if self.target.exists():
            raise BackupError(f"{self.target} is there already: choose another name.")
        self.partial.parent.mkdir(parents=True, exist_ok=True)
        self._remove()
        if self.is_tar:
            # Holds people's passwords and the secret key.
            descriptor = os.open(self.partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._tar = tarfile.open(fileobj=os.fdopen(descriptor, "wb"), mode="w")
        else:
            self.partial.mkdir(mode=0o700)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._tar is not None and self._tar.fileobj is not None:
            with contextlib.suppress(OSError):
                self._tar.fileobj.close()  # type: ignore[attr-defined]
        self._remove()

    def add(self, name: str, path: Path) -> int:
        """Add a file as it is now; returns its size."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            hashed = _Hashed(file, size)
            self._put(name, hashed, size)
        self.members[name] = {"bytes": size, "sha256": hashed.sha256.hexdigest()}
        return size

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, put everything on disk, and give the backup its name."""
        text = json.dumps({**manifest, "members": self.members}, indent=1, sort_keys=True).encode()
        self._put(MANIFEST, io.BytesIO(text), len(text))
        if self._tar is not None:
            self._tar.close()
            file = self._tar.fileobj
            if file is not None:
                file.flush()  # type: ignore[attr-defined]
                os.fsync(file.fileno())  # type: ignore[attr-defined]
        self.partial.rename(self.target)
        _sync_folder(self.target.parent)

    def _put(self, name: str, file: Any, size: int) -> None:
        if self._tar is not None:
            about = tarfile.TarInfo(name)
            about.size, about.mode = size, 0o600
            self._tar.addfile(about, file)
            return
        place = self.partial / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK)
            copy.flush()
            os.fsync(copy.fileno())

    def _remove(self) -> None:
        if self.partial.is_dir():
            shutil.rmtree(self.partial)
        self.partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """Reads a backup that `Writer` made, as a context. Raises BackupError for what is none."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self.manifest: dict[str, Any] = {}
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> Reader:
        if self.source.is_file():
            try:
                self._tar = tarfile.open(self.source)
            except (tarfile.TarError, OSError) as error:
                raise BackupError(f"{self.source} is no backup: choose another file.") from error
        elif not self.source.is_dir():
            raise BackupError(f"There is no backup at {self.source}: correct the path.")
        try:
            self._read_manifest()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._tar is not None:
            self._tar.close()

    def _read_manifest(self) -> None:
        try:
            with self.open(MANIFEST) as file:
                self.manifest = json.load(file)
        except (KeyError, OSError, ValueError, tarfile.TarError) as error:
            raise BackupError(
                f"{self.source} has no readable {MANIFEST}, so it is not whole: "
                "take another backup."
            ) from error
        for name in self.members:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise BackupError(f"{self.source} names {name}, which lies outside of it.")

    @property
    def members(self) -> dict[str, dict[str, Any]]:
        """Name to size and SHA-256."""
        found: dict[str, dict[str, Any]] = self.manifest["members"]
        return found

    def open(self, name: str) -> IO[bytes]:
        """A member for reading. Raises KeyError or OSError where it is absent."""
        if self._tar is None:
            return (self.source / name).open("rb")
        file = self._tar.extractfile(name)
        if file is None:
            raise KeyError(name)
        return file

    def check(self, tell: Callable[[int, int], object] = lambda done, total: None) -> None:
        """Compare every member with its SHA-256. `tell` gets bytes done and in all."""
        total = sum(about["bytes"] for about in self.members.values())
        done = 0
        for name, about in self.members.items():
            digest = hashlib.sha256()
            try:
                for chunk in self.chunks(name):
                    digest.update(chunk)
                    done += len(chunk)
                    tell(done, total)
            except (KeyError, OSError, tarfile.TarError) as error:
                raise BackupError(f"{name} is missing: take another backup.") from error
            if digest.hexdigest() != about["sha256"]:
                raise BackupError(f"{name} is not what was backed up: take another backup.")

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's content, piece by piece."""
        with self.open(name) as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def copy(self, name: str, target: Path) -> None:
        """Write a member to a file that only its owner reads."""
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.restoring")
        with open(fresh, "wb", opener=_private) as file:
            for chunk in self.chunks(name):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
